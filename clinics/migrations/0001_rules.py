from django.db import migrations

from dentalogic.core.sqlpatch import SqlPatch


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [SqlPatch("clinics/0001_rules.sql")]
