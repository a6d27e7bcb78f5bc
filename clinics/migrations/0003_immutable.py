from django.db import migrations

from dentalogic.core.sqlpatch import SqlPatch


class Migration(migrations.Migration):
    dependencies = [("clinics", "0002_tables")]
    operations = [SqlPatch("clinics/0003_immutable.sql")]
