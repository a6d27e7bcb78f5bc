import dentalogic.core.clock
import dentalogic.core.sqlpatch
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_robot'),
        ('tenancy', '0001_people'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='tenancy/0002_pauses.sql',
            state=[migrations.AddField(
                model_name='clinic',
                name='drop_after',
                field=models.DateField(blank=True, null=True, verbose_name='se elimina después de'),
            ), migrations.AddField(
                model_name='clinic',
                name='frozen_at',
                field=models.DateTimeField(blank=True, null=True, verbose_name='congelada'),
            ), migrations.CreateModel(
                name='LoginPause',
                fields=[
                    ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ('failures', models.IntegerField(default=0)),
                    ('failed_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('wait_until', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'db_table': 'login_pauses',
                    'indexes': [models.Index(fields=['failed_at'], name='login_pause_age')],
                },
            )],
        ),
    ]
