import dentalogic.core.clock
import dentalogic.core.sqlpatch
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_kernel'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='core/0003_robot.sql',
            state=[migrations.CreateModel(
                name='ClinicSchema',
                fields=[
                    ('schema_name', models.CharField(max_length=63, primary_key=True, serialize=False)),
                    ('clinic_id', models.UUIDField()),
                    ('fingerprint', models.CharField(max_length=64)),
                    ('catalogue', models.CharField(max_length=64)),
                    ('reading', models.CharField(max_length=20)),
                    ('updated_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'verbose_name': 'esquema',
                    'verbose_name_plural': 'esquemas',
                    'db_table': 'clinic_schemas',
                },
            )],
        ),
    ]
