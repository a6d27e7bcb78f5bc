import dentalogic.core.clock
import dentalogic.core.sqlpatch
import dentalogic.core.tenant_models
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clinics', '0001_rules'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='agent/0001_turns.sql',
            state=[migrations.CreateModel(
                name='Turn',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('conversation_id', models.UUIDField()),
                    ('turn_no', models.BigIntegerField()),
                    ('prompt_version', models.CharField(max_length=40)),
                    ('model', models.CharField(max_length=80)),
                    ('outcome', models.CharField(choices=[('running', 'En curso'), ('answered', 'Respondió'), ('stale', 'Superado por mensajes nuevos'), ('handed_off', 'Derivó'), ('failed', 'Falló')], default='running', max_length=12)),
                    ('reply', models.TextField(blank=True, default='')),
                    ('error', models.CharField(blank=True, default='', max_length=80)),
                    ('prompt_tokens', models.IntegerField(default=0)),
                    ('completion_tokens', models.IntegerField(default=0)),
                    ('started_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('finished_at', models.DateTimeField(null=True)),
                ],
                options={
                    'db_table': 'turns',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('conversation_id', 'turn_no'), name='turn_once'), models.CheckConstraint(condition=models.Q(('outcome__in', ['running', 'answered', 'stale', 'handed_off', 'failed'])), name='turn_outcome_known')],
                },
            ), migrations.CreateModel(
                name='Step',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('position', models.IntegerField()),
                    ('kind', models.CharField(choices=[('model', 'Modelo'), ('tool', 'Herramienta')], max_length=8)),
                    ('content', models.JSONField()),
                    ('milliseconds', models.IntegerField(default=0)),
                    ('at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('turn', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='agent.turn')),
                ],
                options={
                    'db_table': 'turn_steps',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('turn', 'position'), name='turn_step_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['model', 'tool'])), name='turn_step_kind_known')],
                },
            )],
        ),
    ]
