import dentalogic.core.clock
import dentalogic.core.sqlpatch
import dentalogic.core.tenant_models
import django.contrib.postgres.indexes
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agent', '0001_turns'),
        ('clinics', '0004_agenda_read'),
        ('whatsapp', '0001_channel'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='clinics/0005_staff.sql',
            state=[migrations.CreateModel(
                name='AuditEntry',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('actor', models.CharField(max_length=60)),
                    ('table_name', models.CharField(max_length=63)),
                    ('row_id', models.UUIDField()),
                    ('action', models.CharField(choices=[('insert', 'Alta'), ('update', 'Cambio'), ('delete', 'Baja')], max_length=6)),
                    ('before', models.JSONField(null=True)),
                    ('after', models.JSONField(null=True)),
                ],
                options={
                    'db_table': 'audit_entries',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Breach',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('found_at', models.DateTimeField()),
                    ('happened_at', models.DateTimeField(blank=True, null=True)),
                    ('description', models.TextField()),
                    ('affected', models.CharField(max_length=300)),
                    ('measures', models.TextField(blank=True, default='')),
                    ('authority_told_at', models.DateTimeField(blank=True, null=True)),
                    ('people_told_at', models.DateTimeField(blank=True, null=True)),
                    ('recorded_by', models.UUIDField()),
                    ('recorded_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                ],
                options={
                    'db_table': 'breaches',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='CashFlowStep',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('closed', models.BooleanField()),
                    ('at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('by', models.UUIDField()),
                    ('reason', models.CharField(blank=True, default='', max_length=200)),
                    ('net', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('counted_cash', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('difference', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ],
                options={
                    'db_table': 'cash_flow_steps',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Consent',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('given_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('how', models.CharField(max_length=60)),
                    ('message_id', models.UUIDField(blank=True, null=True)),
                    ('recorded_by', models.UUIDField(blank=True, null=True)),
                    ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                    ('withdrawn_by', models.UUIDField(blank=True, null=True)),
                ],
                options={
                    'db_table': 'consents',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='ConsentText',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('kind', models.CharField(choices=[('data', 'Tratamiento de datos'), ('messaging', 'Mensajes por WhatsApp'), ('treatment', 'Consentimiento informado'), ('images', 'Uso de imágenes')], max_length=12)),
                    ('text_version', models.IntegerField()),
                    ('text', models.TextField()),
                    ('published_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('published_by', models.UUIDField()),
                ],
                options={
                    'db_table': 'consent_texts',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Coverage',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('accepted', models.BooleanField(default=True)),
                    ('needs_authorisation', models.BooleanField(default=False)),
                    ('authorisation_note', models.CharField(blank=True, default='', max_length=300)),
                    ('copay_amount', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                    ('copay_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                    ('version', models.IntegerField(default=1)),
                ],
                options={
                    'db_table': 'coverages',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='InsurerPlan',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('name', models.CharField(max_length=80)),
                    ('name_key', models.CharField(editable=False, max_length=200)),
                    ('is_active', models.BooleanField(default=True)),
                ],
                options={
                    'db_table': 'insurer_plans',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='MoveRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('cause', models.CharField(choices=[('absence', 'Ausencia del profesional'), ('closure', 'Cierre de la clínica')], max_length=10)),
                    ('cause_id', models.UUIDField()),
                    ('created_by', models.UUIDField()),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('told_at', models.DateTimeField(blank=True, null=True)),
                    ('settled', models.CharField(blank=True, default='', max_length=10)),
                    ('settled_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'db_table': 'move_requests',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='PlanItem',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('position', models.IntegerField()),
                    ('tooth', models.IntegerField(blank=True, null=True)),
                    ('faces', models.CharField(blank=True, default='', max_length=5)),
                    ('description', models.CharField(blank=True, default='', max_length=200)),
                    ('visit', models.IntegerField(default=1)),
                    ('days_after_previous', models.IntegerField(default=0)),
                    ('price', models.DecimalField(decimal_places=2, max_digits=12)),
                    ('insurer_pays', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=12)),
                    ('status', models.CharField(choices=[('pending', 'Pendiente'), ('done', 'Hecho'), ('cancelled', 'Cancelado')], default='pending', max_length=10)),
                    ('done_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'db_table': 'plan_items',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='PrivacyRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('kind', models.CharField(choices=[('access', 'Acceso'), ('rectification', 'Rectificación'), ('erasure', 'Supresión')], max_length=13)),
                    ('asked_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('due_on', models.DateField()),
                    ('recorded_by', models.UUIDField()),
                    ('settled_at', models.DateTimeField(blank=True, null=True)),
                    ('settled_by', models.UUIDField(blank=True, null=True)),
                    ('outcome', models.JSONField(blank=True, default=dict)),
                    ('note', models.CharField(blank=True, default='', max_length=300)),
                ],
                options={
                    'db_table': 'privacy_requests',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='RecordAttachment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('name', models.CharField(max_length=120)),
                    ('content_type', models.CharField(max_length=60)),
                    ('size', models.IntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('stored_as', models.CharField(max_length=120)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                ],
                options={
                    'db_table': 'record_attachments',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='RecordRead',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('user_id', models.UUIDField()),
                    ('role', models.CharField(max_length=12)),
                    ('what', models.CharField(max_length=12)),
                    ('why', models.CharField(blank=True, default='', max_length=200)),
                    ('at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'db_table': 'record_reads',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='TreatmentPlan',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('title', models.CharField(max_length=120)),
                    ('status', models.CharField(choices=[('draft', 'Borrador'), ('proposed', 'Presupuestado'), ('approved', 'Aprobado'), ('done', 'Terminado'), ('rejected', 'Rechazado'), ('cancelled', 'Cancelado')], default='draft', max_length=10)),
                    ('currency', models.CharField(max_length=3)),
                    ('valid_until', models.DateField(blank=True, null=True)),
                    ('notes', models.CharField(blank=True, default='', max_length=1000)),
                    ('created_by', models.UUIDField()),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('decided_at', models.DateTimeField(blank=True, null=True)),
                    ('decided_by', models.UUIDField(blank=True, null=True)),
                    ('decision_note', models.CharField(blank=True, default='', max_length=200)),
                    ('version', models.IntegerField(default=1)),
                ],
                options={
                    'db_table': 'treatment_plans',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='WaitingEntry',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('from_day', models.DateField()),
                    ('until_day', models.DateField()),
                    ('preferred_hours', models.JSONField(blank=True, default=dict)),
                    ('status', models.CharField(choices=[('waiting', 'En espera'), ('offered', 'Turno ofrecido'), ('booked', 'Agendado'), ('withdrawn', 'Retirado'), ('expired', 'Vencido')], default='waiting', max_length=10)),
                    ('source', models.CharField(choices=[('agent', 'Asistente'), ('staff', 'Equipo'), ('import', 'Importación'), ('demo', 'Demostración')], max_length=10)),
                    ('conversation_id', models.UUIDField(blank=True, null=True)),
                    ('note', models.CharField(blank=True, default='', max_length=200)),
                    ('offered_at', models.DateTimeField(blank=True, null=True)),
                    ('offered_starts_at', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('version', models.IntegerField(default=1)),
                ],
                options={
                    'db_table': 'waiting_list',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.RemoveConstraint(
                model_name='clinicalrecord',
                name='clinical_record_kind_known',
            ), migrations.RemoveConstraint(
                model_name='patient',
                name='patient_active_has_facts',
            ), migrations.AddField(
                model_name='accountingtransaction',
                name='insurer',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='clinics.insurer'),
            ), migrations.AddField(
                model_name='accountingtransaction',
                name='late_reason',
                field=models.CharField(blank=True, default='', max_length=200),
            ), migrations.AddField(
                model_name='appointment',
                name='authorisation_number',
                field=models.CharField(blank=True, default='', max_length=40),
            ), migrations.AddField(
                model_name='clinicalrecord',
                name='appointment',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='clinics.appointment'),
            ), migrations.AddField(
                model_name='clinicalrecord',
                name='signed_as',
                field=models.CharField(blank=True, default='', max_length=200),
            ), migrations.AddField(
                model_name='dailycashflow',
                name='cash_out',
                field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14),
            ), migrations.AddField(
                model_name='dailycashflow',
                name='refunds',
                field=models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14),
            ), migrations.AddField(
                model_name='patient',
                name='anonymised_at',
                field=models.DateTimeField(blank=True, null=True),
            ), migrations.AlterField(
                model_name='clinicalrecord',
                name='kind',
                field=models.CharField(choices=[('evolution', 'Evolución'), ('odontogram', 'Odontograma'), ('anamnesis', 'Anamnesis'), ('addendum', 'Addenda')], max_length=12),
            ), migrations.AddIndex(
                model_name='patient',
                index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('name_key'), name='gin_trgm_ops'), name='patient_name_parts'),
            ), migrations.AddConstraint(
                model_name='clinicalrecord',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['evolution', 'odontogram', 'anamnesis', 'addendum'])), name='clinical_record_kind_known'),
            ), migrations.AddConstraint(
                model_name='patient',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), models.Q(models.Q(('first_name', ''), _negated=True), models.Q(('last_name', ''), _negated=True), ('dni__isnull', False), models.Q(('insurance', ''), _negated=True), ('phone__isnull', False)), ('anonymised_at__isnull', False), _connector='OR'), name='patient_active_has_facts'),
            ), migrations.AddIndex(
                model_name='auditentry',
                index=models.Index(fields=['table_name', 'row_id', 'at'], name='audit_of_row'),
            ), migrations.AddIndex(
                model_name='auditentry',
                index=models.Index(fields=['at', 'id'], name='audit_by_time'),
            ), migrations.AddConstraint(
                model_name='auditentry',
                constraint=models.CheckConstraint(condition=models.Q(('action__in', ['insert', 'update', 'delete'])), name='audit_action_known'),
            ), migrations.AddField(
                model_name='breach',
                name='follows',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='clinics.breach'),
            ), migrations.AddField(
                model_name='cashflowstep',
                name='cash_flow',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='clinics.dailycashflow'),
            ), migrations.AddField(
                model_name='consent',
                name='patient',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='clinics.patient'),
            ), migrations.AddConstraint(
                model_name='consenttext',
                constraint=models.UniqueConstraint(fields=('kind', 'text_version'), name='consent_text_once'),
            ), migrations.AddConstraint(
                model_name='consenttext',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['data', 'messaging', 'treatment', 'images'])), name='consent_text_kind_known'),
            ), migrations.AddField(
                model_name='consent',
                name='text',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='clinics.consenttext'),
            ), migrations.AddField(
                model_name='coverage',
                name='insurer',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='clinics.insurer'),
            ), migrations.AddField(
                model_name='coverage',
                name='professional',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='clinics.professional'),
            ), migrations.AddField(
                model_name='coverage',
                name='treatment',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='clinics.treatment'),
            ), migrations.AddField(
                model_name='insurerplan',
                name='insurer',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='clinics.insurer'),
            ), migrations.AddField(
                model_name='coverage',
                name='plan',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='clinics.insurerplan'),
            ), migrations.AddField(
                model_name='moverequest',
                name='appointment',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='move_requests', to='clinics.appointment'),
            ), migrations.AddField(
                model_name='planitem',
                name='appointment',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan_items', to='clinics.appointment'),
            ), migrations.AddField(
                model_name='planitem',
                name='treatment',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plan_items', to='clinics.treatment'),
            ), migrations.AddField(
                model_name='privacyrequest',
                name='patient',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='privacy_requests', to='clinics.patient'),
            ), migrations.AddField(
                model_name='recordattachment',
                name='record',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='clinics.clinicalrecord'),
            ), migrations.AddField(
                model_name='recordread',
                name='patient',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='record_reads', to='clinics.patient'),
            ), migrations.AddField(
                model_name='recordread',
                name='record',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reads', to='clinics.clinicalrecord'),
            ), migrations.AddField(
                model_name='treatmentplan',
                name='patient',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='clinics.patient'),
            ), migrations.AddField(
                model_name='treatmentplan',
                name='professional',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='clinics.professional'),
            ), migrations.AddField(
                model_name='planitem',
                name='plan',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='clinics.treatmentplan'),
            ), migrations.AddField(
                model_name='accountingtransaction',
                name='plan',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='clinics.treatmentplan'),
            ), migrations.AddIndex(
                model_name='accountingtransaction',
                index=models.Index(fields=['patient', 'occurred_on'], name='transaction_of_patient'),
            ), migrations.AddIndex(
                model_name='accountingtransaction',
                index=models.Index(condition=models.Q(('plan', None), _negated=True), fields=['plan'], name='transaction_of_plan'),
            ), migrations.AddField(
                model_name='waitingentry',
                name='booked',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waited_for', to='clinics.appointment'),
            ), migrations.AddField(
                model_name='waitingentry',
                name='instead_of',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entries', to='clinics.appointment'),
            ), migrations.AddField(
                model_name='waitingentry',
                name='patient',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entries', to='clinics.patient'),
            ), migrations.AddField(
                model_name='waitingentry',
                name='professional',
                field=dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entries', to='clinics.professional'),
            ), migrations.AddField(
                model_name='waitingentry',
                name='treatment',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entries', to='clinics.treatment'),
            ), migrations.AddIndex(
                model_name='breach',
                index=models.Index(fields=['found_at'], name='breach_by_time'),
            ), migrations.AddIndex(
                model_name='cashflowstep',
                index=models.Index(fields=['cash_flow', 'at'], name='cash_flow_history'),
            ), migrations.AddConstraint(
                model_name='cashflowstep',
                constraint=models.CheckConstraint(condition=models.Q(('closed', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='cash_flow_step_says_why'),
            ), migrations.AddConstraint(
                model_name='consent',
                constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('patient', 'text'), name='consent_one_current'),
            ), migrations.AddConstraint(
                model_name='insurerplan',
                constraint=models.UniqueConstraint(fields=('insurer', 'name_key'), name='insurer_plan_once'),
            ), migrations.AddConstraint(
                model_name='coverage',
                constraint=models.UniqueConstraint(fields=('insurer', 'plan', 'professional', 'treatment'), name='coverage_once', nulls_distinct=False),
            ), migrations.AddConstraint(
                model_name='coverage',
                constraint=models.CheckConstraint(condition=models.Q(('copay_amount', None), ('copay_percent', None), _connector='OR'), name='coverage_one_copay'),
            ), migrations.AddConstraint(
                model_name='coverage',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('copay_amount', None), ('copay_amount__gte', 0), _connector='OR'), models.Q(('copay_percent', None), models.Q(('copay_percent__gte', 0), ('copay_percent__lte', 100)), _connector='OR')), name='coverage_copay_sane'),
            ), migrations.AddIndex(
                model_name='moverequest',
                index=models.Index(fields=['cause_id'], name='move_by_cause'),
            ), migrations.AddConstraint(
                model_name='moverequest',
                constraint=models.CheckConstraint(condition=models.Q(('cause__in', ['absence', 'closure'])), name='move_cause_known'),
            ), migrations.AddConstraint(
                model_name='moverequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled', ''), ('settled_at', None)), models.Q(('settled__in', ['moved', 'cancelled', 'kept']), ('settled_at__isnull', False)), _connector='OR'), name='move_settled_whole'),
            ), migrations.AddConstraint(
                model_name='moverequest',
                constraint=models.UniqueConstraint(condition=models.Q(('settled', '')), fields=('appointment',), name='move_one_open'),
            ), migrations.AddIndex(
                model_name='privacyrequest',
                index=models.Index(fields=['due_on'], name='privacy_request_due'),
            ), migrations.AddConstraint(
                model_name='privacyrequest',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['access', 'rectification', 'erasure'])), name='privacy_request_kind_known'),
            ), migrations.AddConstraint(
                model_name='privacyrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('settled_by', None)), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='privacy_request_settled_whole'),
            ), migrations.AddConstraint(
                model_name='recordattachment',
                constraint=models.UniqueConstraint(fields=('stored_as',), name='attachment_stored_once'),
            ), migrations.AddConstraint(
                model_name='recordattachment',
                constraint=models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='attachment_not_empty'),
            ), migrations.AddIndex(
                model_name='recordread',
                index=models.Index(fields=['patient', 'at'], name='record_read_of_patient'),
            ), migrations.AddIndex(
                model_name='treatmentplan',
                index=models.Index(fields=['patient', 'created_at'], name='plan_of_patient'),
            ), migrations.AddIndex(
                model_name='treatmentplan',
                index=models.Index(fields=['status', 'created_at'], name='plan_by_status'),
            ), migrations.AddConstraint(
                model_name='treatmentplan',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'proposed', 'approved', 'done', 'rejected', 'cancelled'])), name='plan_status_known'),
            ), migrations.AddConstraint(
                model_name='treatmentplan',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='plan_decided_whole'),
            ), migrations.AddIndex(
                model_name='planitem',
                index=models.Index(condition=models.Q(('appointment', None), _negated=True), fields=['appointment'], name='plan_item_of_appointment'),
            ), migrations.AddConstraint(
                model_name='planitem',
                constraint=models.UniqueConstraint(fields=('plan', 'position'), name='plan_item_position_once'),
            ), migrations.AddConstraint(
                model_name='planitem',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'done', 'cancelled'])), name='plan_item_status_known'),
            ), migrations.AddConstraint(
                model_name='planitem',
                constraint=models.CheckConstraint(condition=models.Q(('insurer_pays__gte', 0), ('insurer_pays__lte', models.F('price')), ('price__gte', 0)), name='plan_item_shares_within_price'),
            ), migrations.AddConstraint(
                model_name='planitem',
                constraint=models.CheckConstraint(condition=models.Q(('days_after_previous__gte', 0), ('visit__gte', 1), ('visit__lte', 60)), name='plan_item_visit_sane'),
            ), migrations.AddConstraint(
                model_name='planitem',
                constraint=models.CheckConstraint(condition=models.Q(('tooth', None), ('tooth__range', (11, 18)), ('tooth__range', (21, 28)), ('tooth__range', (31, 38)), ('tooth__range', (41, 48)), ('tooth__range', (51, 55)), ('tooth__range', (61, 65)), ('tooth__range', (71, 75)), ('tooth__range', (81, 85)), _connector='OR'), name='plan_item_tooth_fdi'),
            ), migrations.AddIndex(
                model_name='waitingentry',
                index=models.Index(condition=models.Q(('status__in', ['waiting', 'offered'])), fields=['created_at', 'id'], name='waiting_in_order'),
            ), migrations.AddConstraint(
                model_name='waitingentry',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'offered', 'booked', 'withdrawn', 'expired'])), name='waiting_status_known'),
            ), migrations.AddConstraint(
                model_name='waitingentry',
                constraint=models.CheckConstraint(condition=models.Q(('source__in', ['agent', 'staff', 'import', 'demo'])), name='waiting_source_known'),
            ), migrations.AddConstraint(
                model_name='waitingentry',
                constraint=models.CheckConstraint(condition=models.Q(('until_day__gte', models.F('from_day'))), name='waiting_days_in_order'),
            ), migrations.AddConstraint(
                model_name='waitingentry',
                constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'offered'])), fields=('patient', 'treatment'), name='waiting_once'),
            )],
        ),
    ]
