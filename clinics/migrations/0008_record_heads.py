import dentalogic.core.sqlpatch
import dentalogic.core.tenant_models
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agent', '0001_turns'),
        ('clinics', '0007_audit'),
        ('whatsapp', '0001_channel'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='clinics/0008_record_heads.sql',
            state=[migrations.CreateModel(
                name='RecordHead',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('entries', models.IntegerField()),
                    ('last_hash', models.CharField(max_length=64)),
                    ('seal', models.CharField(max_length=64)),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='record_heads', to='clinics.patient')),
                ],
                options={
                    'db_table': 'record_heads',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('patient',), name='record_head_once'), models.CheckConstraint(condition=models.Q(('entries__gt', 0)), name='record_head_counts')],
                },
            )],
        ),
    ]
