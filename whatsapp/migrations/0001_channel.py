import dentalogic.core.clock
import dentalogic.core.sqlpatch
import dentalogic.core.tenant_models
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clinics', '0004_agenda_read'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='whatsapp/0001_channel.sql',
            state=[migrations.CreateModel(
                name='Conversation',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('line_id', models.UUIDField()),
                    ('language', models.CharField(blank=True, default='', max_length=5)),
                    ('last_inbound_at', models.DateTimeField(null=True)),
                    ('last_message_at', models.DateTimeField(null=True)),
                    ('burst_began_at', models.DateTimeField(null=True)),
                    ('answer_due_at', models.DateTimeField(null=True)),
                    ('turn_no', models.BigIntegerField(default=0)),
                    ('turn_leased_until', models.DateTimeField(null=True)),
                    ('open_turn_no', models.BigIntegerField(null=True)),
                    ('open_turn_upto', models.BigIntegerField(null=True)),
                    ('human_until', models.DateTimeField(null=True)),
                    ('handoff_reason', models.CharField(blank=True, default='', max_length=200)),
                    ('failures', models.IntegerField(default=0)),
                    ('unread', models.IntegerField(default=0)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('identity', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='clinics.channelidentity')),
                ],
                options={
                    'db_table': 'conversations',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='InboxItem',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('provider', models.CharField(max_length=10)),
                    ('external_id', models.CharField(max_length=40)),
                    ('item_id', models.CharField(max_length=200)),
                    ('kind', models.CharField(max_length=12)),
                    ('body', models.JSONField()),
                    ('received_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('ingested_at', models.DateTimeField(null=True)),
                    ('failed_at', models.DateTimeField(null=True)),
                    ('error', models.CharField(blank=True, default='', max_length=80)),
                ],
                options={
                    'db_table': 'inbox_items',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'indexes': [models.Index(condition=models.Q(('failed_at', None), ('ingested_at', None)), fields=['received_at', 'id'], name='inbox_waiting')],
                    'constraints': [models.UniqueConstraint(fields=('provider', 'external_id', 'item_id'), name='inbox_item_once')],
                },
            ), migrations.CreateModel(
                name='Message',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('position', models.BigIntegerField()),
                    ('author', models.CharField(choices=[('patient', 'Paciente'), ('agent', 'Asistente'), ('staff', 'Equipo')], max_length=8)),
                    ('kind', models.CharField(default='text', max_length=12)),
                    ('text', models.TextField(blank=True, default='')),
                    ('provider_id', models.CharField(blank=True, max_length=200, null=True)),
                    ('sent_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('turn_id', models.UUIDField(blank=True, null=True)),
                    ('status', models.CharField(blank=True, choices=[('queued', 'En cola'), ('sending', 'Enviando'), ('maybe_sent', 'Quizá enviado'), ('sent', 'Enviado'), ('delivered', 'Entregado'), ('read', 'Leído'), ('failed', 'Falló'), ('dropped', 'Descartado')], max_length=12, null=True)),
                    ('error', models.CharField(blank=True, default='', max_length=80)),
                    ('attempts', models.IntegerField(default=0)),
                    ('attempted_at', models.DateTimeField(blank=True, null=True)),
                    ('conversation', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='whatsapp.conversation')),
                ],
                options={
                    'db_table': 'messages',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.AddIndex(
                model_name='conversation',
                index=models.Index(fields=['last_message_at'], name='conversation_recent'),
            ), migrations.AddConstraint(
                model_name='conversation',
                constraint=models.UniqueConstraint(fields=('identity', 'line_id'), name='conversation_once'),
            ), migrations.AddConstraint(
                model_name='conversation',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer_due_at', None), ('burst_began_at', None)), models.Q(('answer_due_at__isnull', False), ('burst_began_at__isnull', False)), _connector='OR'), name='conversation_burst_whole'),
            ), migrations.AddConstraint(
                model_name='conversation',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('open_turn_no', None), ('open_turn_upto', None)), models.Q(('open_turn_no__isnull', False), ('open_turn_upto__isnull', False)), _connector='OR'), name='conversation_open_turn_whole'),
            ), migrations.AddIndex(
                model_name='message',
                index=models.Index(condition=models.Q(('author', 'patient'), ('turn_id', None)), fields=['conversation', 'position'], name='message_unanswered'),
            ), migrations.AddIndex(
                model_name='message',
                index=models.Index(condition=models.Q(('status__in', ['queued', 'sending', 'maybe_sent'])), fields=['conversation', 'position'], name='message_underway'),
            ), migrations.AddIndex(
                model_name='message',
                index=models.Index(condition=models.Q(('provider_id', None), _negated=True), fields=['provider_id'], name='message_by_provider_id'),
            ), migrations.AddConstraint(
                model_name='message',
                constraint=models.UniqueConstraint(fields=('conversation', 'position'), name='message_position_once'),
            ), migrations.AddConstraint(
                model_name='message',
                constraint=models.UniqueConstraint(condition=models.Q(('provider_id', None), _negated=True), fields=('conversation', 'provider_id'), name='message_provider_id_once'),
            ), migrations.AddConstraint(
                model_name='message',
                constraint=models.CheckConstraint(condition=models.Q(('author__in', ['patient', 'agent', 'staff'])), name='message_author_known'),
            ), migrations.AddConstraint(
                model_name='message',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('author', 'patient'), ('status', None)), models.Q(models.Q(('author', 'patient'), _negated=True), ('status__in', ['queued', 'sending', 'maybe_sent', 'sent', 'delivered', 'read', 'failed', 'dropped'])), _connector='OR'), name='message_status_of_outgoing'),
            )],
        ),
    ]
