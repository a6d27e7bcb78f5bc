from django.db import migrations

from dentalogic.core.sqlpatch import SqlPatch


class Migration(migrations.Migration):
    dependencies = [("clinics", "0006_staff_contract")]
    operations = [SqlPatch("clinics/0007_audit.sql")]
