import dentalogic.core.clock
import dentalogic.core.sqlpatch
import dentalogic.core.tenant_models
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinics', '0001_rules'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='clinics/0002_tables.sql',
            state=[migrations.CreateModel(
                name='CalendarState',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('calendar_id', models.CharField(max_length=200)),
                    ('trust', models.CharField(choices=[('live', 'Al día'), ('delayed', 'Con demora'), ('broken', 'Sin conexión')], default='broken', max_length=10)),
                    ('read_at', models.DateTimeField(null=True)),
                    ('window_from', models.DateTimeField(null=True)),
                    ('window_to', models.DateTimeField(null=True)),
                    ('failed_at', models.DateTimeField(null=True)),
                    ('last_error', models.CharField(blank=True, default='', max_length=80)),
                ],
                options={
                    'db_table': 'calendar_states',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('calendar_id',), name='calendar_state_once'), models.CheckConstraint(condition=models.Q(('trust__in', ['live', 'delayed', 'broken'])), name='calendar_trust_known')],
                },
            ), migrations.CreateModel(
                name='Chair',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('name', models.CharField(max_length=60)),
                    ('is_active', models.BooleanField(default=True)),
                ],
                options={
                    'db_table': 'chairs',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('name',), name='chair_name_once')],
                },
            ), migrations.CreateModel(
                name='Closure',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField()),
                    ('name', models.CharField(max_length=80)),
                    ('opens', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'db_table': 'closures',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'indexes': [models.Index(fields=['ends_on'], name='closure_upcoming')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='closure_ends_after_start')],
                },
            ), migrations.CreateModel(
                name='DailyCashFlow',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('day', models.DateField()),
                    ('currency', models.CharField(max_length=3)),
                    ('opening', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('cash_income', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('card_income', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('transfer_income', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('insurer_income', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('expenses', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('net', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14)),
                    ('counted_cash', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('difference', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('closed_by', models.UUIDField(blank=True, null=True)),
                    ('reopened_reason', models.CharField(blank=True, default='', max_length=200)),
                    ('version', models.IntegerField(default=1)),
                ],
                options={
                    'db_table': 'daily_cash_flow',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('day', 'currency'), name='cash_flow_one_per_day'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('counted_cash__isnull', False)), _connector='OR'), name='cash_flow_closed_whole')],
                },
            ), migrations.CreateModel(
                name='Event',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('number', models.BigIntegerField(null=True)),
                    ('type', models.CharField(choices=[('NEW_APPOINTMENT', 'New Appointment'), ('APPOINTMENT_UPDATED', 'Appointment Updated'), ('NEW_MESSAGE', 'New Message'), ('HUMAN_HANDOFF', 'Human Handoff'), ('PATIENT_UPDATED', 'Patient Updated'), ('TRIAGE_RAISED', 'Triage Raised'), ('CALENDAR_TRUST_CHANGED', 'Calendar Trust Changed')], max_length=30)),
                    ('data', models.JSONField()),
                    ('occurred_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'db_table': 'events',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'indexes': [models.Index(condition=models.Q(('number', None)), fields=['created_at', 'id'], name='event_unnumbered')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('number', None), _negated=True), fields=('number',), name='event_number_once'), models.CheckConstraint(condition=models.Q(('type__in', ['NEW_APPOINTMENT', 'APPOINTMENT_UPDATED', 'NEW_MESSAGE', 'HUMAN_HANDOFF', 'PATIENT_UPDATED', 'TRIAGE_RAISED', 'CALENDAR_TRUST_CHANGED'])), name='event_type_known')],
                },
            ), migrations.CreateModel(
                name='GoogleBlock',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('calendar_id', models.CharField(max_length=200)),
                    ('event_id', models.CharField(max_length=1024)),
                    ('instance', models.CharField(blank=True, default='', max_length=40)),
                    ('starts_at', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('etag', models.CharField(blank=True, default='', max_length=80)),
                    ('read_at', models.DateTimeField()),
                ],
                options={
                    'db_table': 'google_calendar_blocks',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'indexes': [models.Index(fields=['calendar_id', 'starts_at'], name='google_block_window')],
                    'constraints': [models.UniqueConstraint(fields=('calendar_id', 'event_id', 'instance'), name='google_block_once'), models.CheckConstraint(condition=models.Q(('ends_at__gte', models.F('starts_at'))), name='google_block_ends_after_start')],
                },
            ), migrations.CreateModel(
                name='Insurer',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('name', models.CharField(max_length=80)),
                    ('name_key', models.CharField(editable=False, max_length=200)),
                    ('synonyms', models.JSONField(blank=True, default=list)),
                    ('is_active', models.BooleanField(default=True)),
                ],
                options={
                    'db_table': 'insurers',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('name_key',), name='insurer_once')],
                },
            ), migrations.CreateModel(
                name='Patient',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('first_name', models.CharField(blank=True, default='', max_length=80)),
                    ('last_name', models.CharField(blank=True, default='', max_length=80)),
                    ('name_key', models.CharField(blank=True, default='', editable=False, max_length=200)),
                    ('document_type', models.CharField(default='DNI', max_length=10)),
                    ('dni', models.CharField(blank=True, max_length=15, null=True)),
                    ('birth_date', models.DateField(blank=True, null=True)),
                    ('insurance', models.CharField(blank=True, default='', max_length=80)),
                    ('insurance_plan', models.CharField(blank=True, default='', max_length=80)),
                    ('member_number', models.CharField(blank=True, default='', max_length=40)),
                    ('phone', models.CharField(blank=True, max_length=20, null=True)),
                    ('email', models.EmailField(blank=True, default='', max_length=254)),
                    ('medical_history', models.JSONField(blank=True, default=dict)),
                    ('status', models.CharField(choices=[('guest', 'Interesado'), ('active', 'Paciente')], default='guest', max_length=10)),
                    ('version', models.IntegerField(default=1)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('insurer', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='clinics.insurer')),
                    ('merged_into', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='clinics.patient')),
                    ('possible_duplicate_of', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinics.patient')),
                ],
                options={
                    'db_table': 'patients',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Guardian',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('relation', models.CharField(blank=True, default='', max_length=40)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('dependant', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guardians', to='clinics.patient')),
                    ('guardian', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dependants', to='clinics.patient')),
                ],
                options={
                    'db_table': 'guardians',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='ChannelIdentity',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('channel', models.CharField(default='whatsapp', max_length=12)),
                    ('raw_id', models.CharField(max_length=80)),
                    ('bsuid', models.CharField(blank=True, default='', max_length=80)),
                    ('phone', models.CharField(blank=True, max_length=20, null=True)),
                    ('send_to', models.CharField(max_length=80)),
                    ('profile_name', models.CharField(blank=True, default='', max_length=120)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='identities', to='clinics.patient')),
                ],
                options={
                    'db_table': 'channel_identities',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Appointment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('starts_at', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('status', models.CharField(choices=[('held', 'Reservado por unos minutos'), ('pending_confirmation', 'A confirmar por la clínica'), ('scheduled', 'Agendado'), ('confirmed', 'Confirmado'), ('arrived', 'En la sala'), ('in_chair', 'En atención'), ('completed', 'Atendido'), ('cancelled', 'Cancelado'), ('no_show', 'Ausente')], max_length=20)),
                    ('hold_expires_at', models.DateTimeField(blank=True, null=True)),
                    ('conversation_id', models.UUIDField(blank=True, null=True)),
                    ('source', models.CharField(choices=[('agent', 'Asistente'), ('staff', 'Equipo'), ('import', 'Importación'), ('demo', 'Demostración')], max_length=10)),
                    ('request_key', models.CharField(blank=True, max_length=120, null=True)),
                    ('notes', models.CharField(blank=True, default='', max_length=500)),
                    ('overbooked', models.BooleanField(default=False)),
                    ('overbook_reason', models.CharField(blank=True, default='', max_length=200)),
                    ('cancelled_by', models.CharField(blank=True, default='', max_length=60)),
                    ('cancel_reason', models.CharField(blank=True, default='', max_length=200)),
                    ('google_calendar_id', models.CharField(blank=True, default='', max_length=200)),
                    ('google_calendar_event_id', models.CharField(blank=True, default='', max_length=200)),
                    ('google_generation', models.IntegerField(default=0)),
                    ('google_synced_version', models.IntegerField(default=0)),
                    ('google_synced_at', models.DateTimeField(blank=True, null=True)),
                    ('arrived_at', models.DateTimeField(blank=True, null=True)),
                    ('seated_at', models.DateTimeField(blank=True, null=True)),
                    ('completed_at', models.DateTimeField(blank=True, null=True)),
                    ('version', models.IntegerField(default=1)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('updated_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('chair', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinics.chair')),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinics.patient')),
                ],
                options={
                    'db_table': 'appointments',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='AccountingTransaction',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('occurred_on', models.DateField()),
                    ('recorded_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('recorded_by', models.UUIDField()),
                    ('kind', models.CharField(choices=[('income', 'Ingreso'), ('expense', 'Egreso'), ('insurance_claim', 'Reclamo a obra social'), ('refund', 'Devolución')], max_length=16)),
                    ('method', models.CharField(choices=[('cash', 'Efectivo'), ('card', 'Tarjeta'), ('transfer', 'Transferencia'), ('insurer', 'Obra social')], max_length=10)),
                    ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('currency', models.CharField(max_length=3)),
                    ('description', models.CharField(blank=True, default='', max_length=200)),
                    ('reverses', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='clinics.accountingtransaction')),
                    ('appointment', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='clinics.appointment')),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='clinics.patient')),
                ],
                options={
                    'db_table': 'accounting_transactions',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='PatientFact',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('field', models.CharField(choices=[('full_name', 'Nombre y apellido'), ('dni', 'DNI'), ('insurance', 'Obra social'), ('phone', 'Teléfono'), ('birth_date', 'Fecha de nacimiento')], max_length=20)),
                    ('value', models.CharField(max_length=200)),
                    ('source', models.CharField(choices=[('message', 'Mensaje del paciente'), ('staff', 'Equipo'), ('channel', 'Número que escribe')], max_length=10)),
                    ('conversation_id', models.UUIDField(blank=True, null=True)),
                    ('message_id', models.UUIDField(blank=True, null=True)),
                    ('quoted_text', models.CharField(blank=True, default='', max_length=500)),
                    ('recorded_by', models.UUIDField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('superseded_at', models.DateTimeField(blank=True, null=True)),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='clinics.patient')),
                ],
                options={
                    'db_table': 'patient_facts',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Professional',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('user_id', models.UUIDField(blank=True, null=True)),
                    ('title', models.CharField(blank=True, default='', max_length=20)),
                    ('first_name', models.CharField(max_length=80)),
                    ('last_name', models.CharField(max_length=80)),
                    ('name_key', models.CharField(editable=False, max_length=200)),
                    ('specialty', models.CharField(blank=True, default='', max_length=80)),
                    ('registration_number', models.CharField(blank=True, default='', max_length=40)),
                    ('working_hours', models.JSONField(default=dict)),
                    ('is_active', models.BooleanField(default=True)),
                    ('google_calendar_id', models.CharField(blank=True, default='', max_length=200)),
                    ('google_read_calendars', models.JSONField(blank=True, default=list)),
                    ('version', models.IntegerField(default=1)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'db_table': 'professionals',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.CheckConstraint(condition=models.Func(models.F('working_hours'), function='valid_working_hours', output_field=models.BooleanField()), name='professional_working_hours_valid'), models.UniqueConstraint(condition=models.Q(('user_id', None), _negated=True), fields=('user_id',), name='professional_one_per_user')],
                },
            ), migrations.CreateModel(
                name='ClinicalRecord',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('author_user_id', models.UUIDField()),
                    ('position', models.IntegerField()),
                    ('kind', models.CharField(choices=[('evolution', 'Evolución'), ('odontogram', 'Odontograma'), ('addendum', 'Addenda')], max_length=12)),
                    ('text', models.TextField(blank=True, default='')),
                    ('content', models.JSONField(blank=True, default=dict)),
                    ('signed_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('previous_hash', models.CharField(blank=True, default='', max_length=64)),
                    ('hash', models.CharField(max_length=64)),
                    ('addendum_to', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='addenda', to='clinics.clinicalrecord')),
                    ('patient', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='clinics.patient')),
                    ('professional', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='clinics.professional')),
                ],
                options={
                    'db_table': 'clinical_records',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.AddField(
                model_name='appointment',
                name='professional',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinics.professional'),
            ), migrations.CreateModel(
                name='Absence',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('starts_at', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('reason', models.CharField(blank=True, default='', max_length=120)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('professional', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to='clinics.professional')),
                ],
                options={
                    'db_table': 'absences',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Treatment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('code', models.SlugField(max_length=40)),
                    ('name', models.CharField(max_length=120)),
                    ('name_key', models.CharField(editable=False, max_length=200)),
                    ('minutes', models.IntegerField()),
                    ('urgent', models.BooleanField(default=False)),
                    ('price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                    ('price_public', models.BooleanField(default=False)),
                    ('is_active', models.BooleanField(default=True)),
                    ('version', models.IntegerField(default=1)),
                ],
                options={
                    'db_table': 'treatments',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'constraints': [models.UniqueConstraint(fields=('code',), name='treatment_code_once'), models.CheckConstraint(condition=models.Q(('minutes__gte', 5), ('minutes__lte', 480)), name='treatment_minutes_sane')],
                },
            ), migrations.CreateModel(
                name='ProfessionalTreatment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('professional', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offered_treatments', to='clinics.professional')),
                    ('treatment', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offered_by', to='clinics.treatment')),
                ],
                options={
                    'db_table': 'professional_treatments',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.CreateModel(
                name='Offer',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('conversation_id', models.UUIDField()),
                    ('code', models.CharField(max_length=8)),
                    ('kind', models.CharField(choices=[('slot', 'Turno'), ('request', 'Pedido a confirmar')], max_length=10)),
                    ('starts_at', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('urgent', models.BooleanField(default=False)),
                    ('expires_at', models.DateTimeField()),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('chair', dentalogic.core.tenant_models.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinics.chair')),
                    ('professional', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinics.professional')),
                    ('treatment', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinics.treatment')),
                ],
                options={
                    'db_table': 'offers',
                    'abstract': False,
                    'base_manager_name': 'objects',
                },
            ), migrations.AddField(
                model_name='appointment',
                name='treatment',
                field=dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinics.treatment'),
            ), migrations.CreateModel(
                name='AppointmentChange',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('tenant_id', dentalogic.core.tenant_models.TenantIdField(editable=False)),
                    ('at', models.DateTimeField(default=dentalogic.core.clock.now)),
                    ('actor', models.CharField(max_length=60)),
                    ('from_status', models.CharField(blank=True, default='', max_length=20)),
                    ('to_status', models.CharField(max_length=20)),
                    ('reason', models.CharField(blank=True, default='', max_length=200)),
                    ('changed', models.JSONField(default=dict)),
                    ('appointment', dentalogic.core.tenant_models.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='clinics.appointment')),
                ],
                options={
                    'db_table': 'appointment_changes',
                    'abstract': False,
                    'base_manager_name': 'objects',
                    'indexes': [models.Index(fields=['appointment', 'at'], name='appointment_history')],
                },
            ), migrations.AddIndex(
                model_name='patient',
                index=models.Index(condition=models.Q(('dni', None), _negated=True), fields=['dni'], name='patient_by_dni'),
            ), migrations.AddIndex(
                model_name='patient',
                index=models.Index(condition=models.Q(('phone', None), _negated=True), fields=['phone'], name='patient_by_phone'),
            ), migrations.AddIndex(
                model_name='patient',
                index=models.Index(fields=['name_key', 'id'], name='patient_by_name'),
            ), migrations.AddConstraint(
                model_name='patient',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['guest', 'active'])), name='patient_status_known'),
            ), migrations.AddConstraint(
                model_name='patient',
                constraint=models.CheckConstraint(condition=models.Q(('phone', None), ('phone__regex', '^\\+[1-9][0-9]{6,14}$'), _connector='OR'), name='patient_phone_e164'),
            ), migrations.AddConstraint(
                model_name='patient',
                constraint=models.CheckConstraint(condition=models.Func(models.F('medical_history'), function='valid_medical_history', output_field=models.BooleanField()), name='patient_medical_history_valid'),
            ), migrations.AddConstraint(
                model_name='patient',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), models.Q(models.Q(('first_name', ''), _negated=True), models.Q(('last_name', ''), _negated=True), ('dni__isnull', False), models.Q(('insurance', ''), _negated=True), ('phone__isnull', False)), _connector='OR'), name='patient_active_has_facts'),
            ), migrations.AddConstraint(
                model_name='guardian',
                constraint=models.UniqueConstraint(fields=('guardian', 'dependant'), name='guardian_once'),
            ), migrations.AddConstraint(
                model_name='guardian',
                constraint=models.CheckConstraint(condition=models.Q(('guardian', models.F('dependant')), _negated=True), name='guardian_of_another'),
            ), migrations.AddIndex(
                model_name='channelidentity',
                index=models.Index(condition=models.Q(('phone', None), _negated=True), fields=['phone'], name='identity_by_phone'),
            ), migrations.AddConstraint(
                model_name='channelidentity',
                constraint=models.UniqueConstraint(fields=('channel', 'raw_id'), name='channel_identity_once'),
            ), migrations.AddIndex(
                model_name='accountingtransaction',
                index=models.Index(fields=['occurred_on', 'id'], name='transaction_by_day'),
            ), migrations.AddConstraint(
                model_name='accountingtransaction',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['income', 'expense', 'insurance_claim', 'refund'])), name='transaction_kind_known'),
            ), migrations.AddConstraint(
                model_name='accountingtransaction',
                constraint=models.CheckConstraint(condition=models.Q(('method__in', ['cash', 'card', 'transfer', 'insurer'])), name='transaction_method_known'),
            ), migrations.AddConstraint(
                model_name='accountingtransaction',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('reverses', None)), models.Q(('amount__lt', 0), ('reverses__isnull', False)), _connector='OR'), name='transaction_sign_matches'),
            ), migrations.AddConstraint(
                model_name='accountingtransaction',
                constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='transaction_reversed_once'),
            ), migrations.AddConstraint(
                model_name='patientfact',
                constraint=models.CheckConstraint(condition=models.Q(('field__in', ['full_name', 'dni', 'insurance', 'phone', 'birth_date'])), name='fact_field_known'),
            ), migrations.AddConstraint(
                model_name='patientfact',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('message_id__isnull', False), ('recorded_by', None), ('source', 'message')), models.Q(('recorded_by__isnull', False), ('source', 'staff')), models.Q(('conversation_id__isnull', False), ('source', 'channel')), _connector='OR'), name='fact_has_its_source'),
            ), migrations.AddConstraint(
                model_name='patientfact',
                constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('patient', 'field'), name='fact_one_current'),
            ), migrations.AddConstraint(
                model_name='clinicalrecord',
                constraint=models.UniqueConstraint(fields=('patient', 'position'), name='clinical_record_position_once'),
            ), migrations.AddConstraint(
                model_name='clinicalrecord',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['evolution', 'odontogram', 'addendum'])), name='clinical_record_kind_known'),
            ), migrations.AddConstraint(
                model_name='clinicalrecord',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('addendum_to__isnull', False), ('kind', 'addendum')), models.Q(models.Q(('kind', 'addendum'), _negated=True), ('addendum_to', None)), _connector='OR'), name='clinical_record_addendum_names_its_entry'),
            ), migrations.AddIndex(
                model_name='absence',
                index=models.Index(fields=['professional', 'ends_at'], name='absence_upcoming'),
            ), migrations.AddConstraint(
                model_name='absence',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_ends_after_start'),
            ), migrations.AddConstraint(
                model_name='professionaltreatment',
                constraint=models.UniqueConstraint(fields=('professional', 'treatment'), name='professional_treatment_once'),
            ), migrations.AddConstraint(
                model_name='offer',
                constraint=models.UniqueConstraint(fields=('conversation_id', 'code'), name='offer_code_once'),
            ), migrations.AddConstraint(
                model_name='offer',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['slot', 'request'])), name='offer_kind_known'),
            ), migrations.AddIndex(
                model_name='appointment',
                index=models.Index(fields=['starts_at', 'id'], name='appointment_by_start'),
            ), migrations.AddIndex(
                model_name='appointment',
                index=models.Index(fields=['professional', 'starts_at'], name='appointment_agenda'),
            ), migrations.AddIndex(
                model_name='appointment',
                index=models.Index(fields=['patient', 'starts_at'], name='appointment_of_patient'),
            ), migrations.AddIndex(
                model_name='appointment',
                index=models.Index(condition=models.Q(('google_calendar_event_id', ''), _negated=True), fields=['google_calendar_event_id'], name='appointment_by_google_event'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='appointment_ends_after_start'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed', 'cancelled', 'no_show'])), name='appointment_status_known'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(('source__in', ['agent', 'staff', 'import', 'demo'])), name='appointment_source_known'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(('patient__isnull', False), ('status', 'held'), _connector='OR'), name='appointment_only_holds_lack_a_patient'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('hold_expires_at__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), ('hold_expires_at', None)), _connector='OR'), name='appointment_only_holds_expire'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.CheckConstraint(condition=models.Q(('overbooked', False), models.Q(('overbook_reason', ''), _negated=True), _connector='OR'), name='appointment_overbooked_with_reason'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed']), ('overbooked', False)), expressions=[('professional', '='), (models.Func(models.F('starts_at'), models.F('ends_at'), models.Value('[)'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='appointment_professional_free'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed'])), expressions=[('chair', '='), (models.Func(models.F('starts_at'), models.F('ends_at'), models.Value('[)'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='appointment_chair_free'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed']), models.Q(('status', 'held'), _negated=True)), expressions=[('patient', '='), (models.Func(models.F('starts_at'), models.F('ends_at'), models.Value('[)'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='appointment_patient_free'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.UniqueConstraint(condition=models.Q(('request_key', None), _negated=True), fields=('request_key',), name='appointment_request_once'),
            ), migrations.AddConstraint(
                model_name='appointment',
                constraint=models.UniqueConstraint(condition=models.Q(('status', 'held')), fields=('conversation_id',), name='appointment_one_hold_per_conversation'),
            )],
        ),
    ]
