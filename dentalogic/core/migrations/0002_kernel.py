import dentalogic.core.clock
import dentalogic.core.sqlpatch
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_extensions'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='core/0002_kernel.sql',
            state=[migrations.CreateModel(
                name='ClinicPatch',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('schema_name', models.CharField(max_length=63)),
                    ('app', models.CharField(max_length=40)),
                    ('migration', models.CharField(max_length=120)),
                    ('checksum', models.CharField(max_length=64)),
                    ('started_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('error', models.CharField(blank=True, default='', max_length=500)),
                ],
                options={
                    'verbose_name': 'parche',
                    'verbose_name_plural': 'parches',
                    'db_table': 'clinic_patches',
                    'constraints': [models.UniqueConstraint(fields=('schema_name', 'app', 'migration'), name='clinic_patch_once')],
                },
            ), migrations.CreateModel(
                name='IdempotencyKey',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('clinic_id', models.UUIDField()),
                    ('user_id', models.UUIDField()),
                    ('route', models.CharField(max_length=80)),
                    ('key', models.CharField(max_length=200)),
                    ('request_hash', models.CharField(max_length=64)),
                    ('result_id', models.UUIDField()),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'verbose_name': 'pedido repetible',
                    'verbose_name_plural': 'pedidos repetibles',
                    'db_table': 'idempotency_keys',
                    'indexes': [models.Index(fields=['created_at'], name='idempotency_key_age')],
                    'constraints': [models.UniqueConstraint(fields=('user_id', 'clinic_id', 'route', 'key'), name='idempotency_key_once')],
                },
            ), migrations.CreateModel(
                name='OutboxMessage',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('clinic_id', models.UUIDField()),
                    ('topic', models.CharField(max_length=80)),
                    ('sink', models.CharField(max_length=20)),
                    ('key', models.CharField(max_length=120, null=True)),
                    ('payload', models.JSONField(default=dict)),
                    ('generation', models.IntegerField(default=0)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('due_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('attempts', models.IntegerField(default=0)),
                    ('lease_no', models.BigIntegerField(default=0)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('done_at', models.DateTimeField(null=True)),
                    ('dead_at', models.DateTimeField(null=True)),
                    ('last_error', models.CharField(blank=True, default='', max_length=200)),
                ],
                options={
                    'verbose_name': 'entrega',
                    'verbose_name_plural': 'entregas pendientes',
                    'db_table': 'outbox',
                    'indexes': [models.Index(condition=models.Q(('dead_at', None), ('done_at', None)), fields=['due_at', 'id'], name='outbox_waiting'), models.Index(condition=models.Q(('done_at', None), _negated=True), fields=['done_at'], name='outbox_done')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('done_at', None), ('dead_at', None), _connector='OR'), name='outbox_done_or_dead_not_both'), models.UniqueConstraint(condition=models.Q(('dead_at', None), ('done_at', None)), fields=('clinic_id', 'topic', 'sink', 'key'), name='outbox_one_pending_per_key')],
                },
            )],
        ),
    ]
