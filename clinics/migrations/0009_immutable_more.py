from django.db import migrations

from dentalogic.core.sqlpatch import SqlPatch


class Migration(migrations.Migration):
    dependencies = [("clinics", "0008_record_heads")]
    operations = [SqlPatch("clinics/0009_immutable_more.sql")]
