import dentalogic.core.sqlpatch
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0001_people'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='tenancy/0002_gatekeeper.sql',
            state=[migrations.AddField(
                model_name='membership',
                name='ceos_told_at',
                field=models.DateTimeField(blank=True, null=True),
            ), migrations.AddField(
                model_name='membership',
                name='omega_at',
                field=models.DateTimeField(blank=True, null=True),
            )],
        ),
    ]
