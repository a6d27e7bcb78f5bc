import datetime
import dentalogic.core.clock
import dentalogic.core.encryption
import dentalogic.core.sqlpatch
import django.db.models.deletion
import django.db.models.functions.text
import django_tenants.postgresql_backend.base
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_extensions'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='tenancy/0001_people.sql',
            state=[migrations.CreateModel(
                name='Clinic',
                fields=[
                    ('schema_name', models.CharField(db_index=True, max_length=63, unique=True, validators=[django_tenants.postgresql_backend.base._check_schema_name])),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=120, verbose_name='nombre')),
                    ('timezone', models.CharField(default='America/Argentina/Buenos_Aires', max_length=60, verbose_name='zona horaria')),
                    ('country', models.CharField(default='AR', max_length=2, verbose_name='país')),
                    ('language', models.CharField(default='es', max_length=5, verbose_name='idioma')),
                    ('calendar_provider', models.CharField(choices=[('local', 'Propia'), ('google', 'Google Calendar')], default='local', max_length=10, verbose_name='calendario')),
                    ('settings', models.JSONField(default=dict, verbose_name='ajustes')),
                    ('clock_offset', models.DurationField(default=datetime.timedelta)),
                    ('is_active', models.BooleanField(default=True, verbose_name='abierta')),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                ],
                options={
                    'verbose_name': 'clínica',
                    'verbose_name_plural': 'clínicas',
                    'db_table': 'clinics',
                    'constraints': [models.CheckConstraint(condition=models.Q(('schema_name__regex', '^[a-z][a-z0-9_]{0,62}$'), models.Q(('schema_name__in', ['public', 'extensions']), _negated=True)), name='clinic_schema_name_plain'), models.CheckConstraint(condition=models.Q(('calendar_provider__in', ['local', 'google'])), name='clinic_calendar_provider_known')],
                },
            ), migrations.CreateModel(
                name='User',
                fields=[
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('email', models.EmailField(max_length=254, unique=True, verbose_name='correo')),
                    ('first_name', models.CharField(max_length=80, verbose_name='nombre')),
                    ('last_name', models.CharField(max_length=80, verbose_name='apellido')),
                    ('phone', models.CharField(blank=True, default='', max_length=20, verbose_name='teléfono')),
                    ('is_active', models.BooleanField(default=True, verbose_name='habilitado')),
                    ('is_superuser', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now, verbose_name='desde')),
                    ('last_clinic', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tenancy.clinic')),
                ],
                options={
                    'verbose_name': 'usuario',
                    'verbose_name_plural': 'usuarios',
                    'db_table': 'users',
                },
            ), migrations.CreateModel(
                name='Domain',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('domain', models.CharField(db_index=True, max_length=253, unique=True)),
                    ('is_primary', models.BooleanField(db_index=True, default=True)),
                    ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='tenancy.clinic')),
                ],
                options={
                    'verbose_name': 'dominio',
                    'verbose_name_plural': 'dominios',
                    'db_table': 'clinic_domains',
                },
            ), migrations.CreateModel(
                name='Line',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('provider', models.CharField(choices=[('meta', 'Meta Cloud API'), ('ycloud', 'YCloud')], default='meta', max_length=10)),
                    ('external_id', models.CharField(max_length=40)),
                    ('phone', models.CharField(max_length=20)),
                    ('app_secret', dentalogic.core.encryption.EncryptedTextField(blank=True, null=True)),
                    ('access_token', dentalogic.core.encryption.EncryptedTextField(blank=True, null=True)),
                    ('is_active', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='tenancy.clinic')),
                ],
                options={
                    'verbose_name': 'línea de WhatsApp',
                    'verbose_name_plural': 'líneas de WhatsApp',
                    'db_table': 'lines',
                },
            ), migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('role', models.CharField(choices=[('ceo', 'Dirección'), ('professional', 'Profesional'), ('secretary', 'Secretaría')], max_length=12, verbose_name='rol')),
                    ('status', models.CharField(choices=[('pending', 'Pendiente'), ('active', 'Activo'), ('suspended', 'Suspendido')], default='pending', max_length=10, verbose_name='estado')),
                    ('specialty', models.CharField(blank=True, default='', max_length=80, verbose_name='especialidad')),
                    ('registration_number', models.CharField(blank=True, default='', max_length=40, verbose_name='matrícula')),
                    ('requested_at', models.DateTimeField(default=dentalogic.core.clock.real_now, verbose_name='pidió entrar')),
                    ('activated_at', models.DateTimeField(blank=True, null=True, verbose_name='activado')),
                    ('activated_by', models.UUIDField(blank=True, null=True, verbose_name='activado por')),
                    ('suspended_at', models.DateTimeField(blank=True, null=True, verbose_name='suspendido')),
                    ('suspended_by', models.UUIDField(blank=True, null=True, verbose_name='suspendido por')),
                    ('ceos_told_at', models.DateTimeField(blank=True, null=True)),
                    ('omega_at', models.DateTimeField(blank=True, null=True)),
                    ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='tenancy.clinic')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'integrante',
                    'verbose_name_plural': 'equipo',
                    'db_table': 'memberships',
                },
            ), migrations.CreateModel(
                name='QuarantinedItem',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('provider', models.CharField(max_length=10)),
                    ('reason', models.CharField(max_length=40)),
                    ('external_id', models.CharField(blank=True, default='', max_length=80)),
                    ('digest', models.CharField(max_length=64)),
                    ('body', dentalogic.core.encryption.EncryptedTextField()),
                    ('received_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('released_at', models.DateTimeField(null=True)),
                ],
                options={
                    'verbose_name': 'mensaje en cuarentena',
                    'verbose_name_plural': 'cuarentena',
                    'db_table': 'quarantine',
                    'indexes': [models.Index(fields=['received_at'], name='quarantine_age')],
                    'constraints': [models.UniqueConstraint(fields=('provider', 'digest'), name='quarantine_once')],
                },
            ), migrations.CreateModel(
                name='RefreshFamily',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('current_jti', models.UUIDField()),
                    ('created_at', models.DateTimeField(default=dentalogic.core.clock.real_now)),
                    ('expires_at', models.DateTimeField()),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refresh_families', to='tenancy.membership')),
                ],
                options={
                    'verbose_name': 'sesión de la API',
                    'verbose_name_plural': 'sesiones de la API',
                    'db_table': 'refresh_families',
                },
            ), migrations.AddConstraint(
                model_name='user',
                constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower'),
            ), migrations.AddConstraint(
                model_name='line',
                constraint=models.UniqueConstraint(fields=('provider', 'external_id'), name='line_once'),
            ), migrations.AddConstraint(
                model_name='line',
                constraint=models.CheckConstraint(condition=models.Q(('provider__in', ['meta', 'ycloud'])), name='line_provider_known'),
            ), migrations.AddIndex(
                model_name='membership',
                index=models.Index(fields=['clinic', 'status'], name='membership_by_status'),
            ), migrations.AddConstraint(
                model_name='membership',
                constraint=models.UniqueConstraint(fields=('user', 'clinic'), name='membership_one_per_clinic'),
            ), migrations.AddConstraint(
                model_name='membership',
                constraint=models.CheckConstraint(condition=models.Q(('role__in', ['ceo', 'professional', 'secretary'])), name='membership_role_known'),
            ), migrations.AddConstraint(
                model_name='membership',
                constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'active', 'suspended'])), name='membership_status_known'),
            ), migrations.AddConstraint(
                model_name='membership',
                constraint=models.CheckConstraint(condition=models.Q(('status', 'pending'), ('activated_at__isnull', False), ('status', 'suspended'), _connector='OR'), name='membership_active_was_activated'),
            ), migrations.AddIndex(
                model_name='refreshfamily',
                index=models.Index(fields=['expires_at'], name='refresh_family_age'),
            )],
        ),
    ]
