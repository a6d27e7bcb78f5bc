import dentalogic.core.sqlpatch
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('clinics', '0005_staff'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='clinics/0006_staff_contract.sql',
            state=[],
        ),
    ]
