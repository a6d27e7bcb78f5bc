"""Clinics, people and lines: the tables of `public` that say who belongs where."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django_tenants.models import DomainMixin, TenantMixin

from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core.clock import real_now
from dentalogic.core.encryption import EncryptedTextField


class Role(models.TextChoices):
    CEO = "ceo", "Dirección"
    PROFESSIONAL = "professional", "Profesional"
    SECRETARY = "secretary", "Secretaría"


class MembershipStatus(models.TextChoices):
    PENDING = "pending", "Pendiente"
    ACTIVE = "active", "Activo"
    SUSPENDED = "suspended", "Suspendido"


class CalendarProvider(models.TextChoices):
    LOCAL = "local", "Propia"
    GOOGLE = "google", "Google Calendar"


class Provider(models.TextChoices):
    META = "meta", "Meta Cloud API"
    YCLOUD = "ycloud", "YCloud"


class Clinic(TenantMixin):
    """A tenant: one schema, one row. `id` is the `tenant_id` of every row of that schema."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nombre", max_length=120)
    timezone = models.CharField(
        "zona horaria", max_length=60, default="America/Argentina/Buenos_Aires"
    )
    country = models.CharField("país", max_length=2, default="AR")
    language = models.CharField("idioma", max_length=5, default="es")
    calendar_provider = models.CharField(
        "calendario", max_length=10, choices=CalendarProvider, default=CalendarProvider.LOCAL
    )
    settings = models.JSONField("ajustes", default=dict)
    # Business time of this clinic runs ahead of real time by this much: demos and evaluations.
    clock_offset = models.DurationField(default=timedelta)
    is_active = models.BooleanField("abierta", default=True)
    # A clinic that leaves: exported, frozen, and dropped after a period.
    frozen_at = models.DateTimeField("congelada", null=True, blank=True)
    drop_after = models.DateField("se elimina después de", null=True, blank=True)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "clinics"
        verbose_name = "clínica"
        verbose_name_plural = "clínicas"
        constraints = [
            models.CheckConstraint(
                name="clinic_schema_name_plain",
                condition=Q(schema_name__regex=r"^[a-z][a-z0-9_]{0,62}$")
                & ~Q(schema_name__in=["public", "extensions"]),
            ),
            models.CheckConstraint(
                name="clinic_calendar_provider_known",
                condition=Q(calendar_provider__in=CalendarProvider.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Validate the settings, whoever writes them."""
        self.settings = ClinicSettings.model_validate(self.settings).model_dump(
            exclude_unset=True, mode="json"
        )
        super().save(*args, **kwargs)  # type: ignore[no-untyped-call]  # django-tenants

    @property
    def preferences(self) -> ClinicSettings:
        """The settings with their defaults filled in."""
        return ClinicSettings.model_validate(self.settings)


class Domain(DomainMixin):
    """A domain of a clinic's own. Optional: one host serves all clinics."""

    class Meta:
        db_table = "clinic_domains"
        verbose_name = "dominio"
        verbose_name_plural = "dominios"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create the operator: who runs the platform, and sees no clinical content."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who logs in by e-mail. What they may do is said by their memberships.

    `is_active` is the operator's global switch, not a clinic's. Users are never deleted: clinics
    refer to them by id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("correo", unique=True)
    first_name = models.CharField("nombre", max_length=80)
    last_name = models.CharField("apellido", max_length=80)
    phone = models.CharField("teléfono", max_length=20, blank=True, default="")
    is_active = models.BooleanField("habilitado", default=True)
    is_superuser = models.BooleanField(default=False)
    last_clinic = models.ForeignKey(
        Clinic, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("desde", default=real_now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        db_table = "users"
        verbose_name = "usuario"
        verbose_name_plural = "usuarios"
        constraints = [
            models.CheckConstraint(name="user_email_lower", condition=Q(email=Lower("email")))
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    # The admin asks these; the answer for anyone but the operator is the permission table's.
    @property
    def is_staff(self) -> bool:
        return self.is_active

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser


class Membership(models.Model):
    """What one user is in one clinic. Everybody is born `pending`; only a CEO of it activates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=12, choices=Role)
    status = models.CharField(
        "estado", max_length=10, choices=MembershipStatus, default=MembershipStatus.PENDING
    )
    # What a professional said of themselves at registration; used when they are activated.
    specialty = models.CharField("especialidad", max_length=80, blank=True, default="")
    registration_number = models.CharField("matrícula", max_length=40, blank=True, default="")
    requested_at = models.DateTimeField("pidió entrar", default=real_now)
    activated_at = models.DateTimeField("activado", null=True, blank=True)
    # A user id, or NULL for the system (the first CEO of a clinic).
    activated_by = models.UUIDField("activado por", null=True, blank=True)
    suspended_at = models.DateTimeField("suspendido", null=True, blank=True)
    suspended_by = models.UUIDField("suspendido por", null=True, blank=True)
    # When the CEOs were told of the registration by mail, and when that failed and the emergency
    # channel was used instead (once, however often the mail is tried).
    ceos_told_at = models.DateTimeField(null=True, blank=True)
    omega_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "memberships"
        verbose_name = "integrante"
        verbose_name_plural = "equipo"
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic"], name="membership_one_per_clinic"),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_status_known", condition=Q(status__in=MembershipStatus.values)
            ),
            models.CheckConstraint(
                name="membership_active_was_activated",
                condition=Q(status=MembershipStatus.PENDING)
                | Q(activated_at__isnull=False)
                | Q(status=MembershipStatus.SUSPENDED),
            ),
        ]
        indexes = [models.Index(fields=["clinic", "status"], name="membership_by_status")]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class RefreshFamily(models.Model):
    """The descendants of one log-in. Only the newest refresh token of a family is good; an older
    one that comes back ends them all. No token text is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="refresh_families")
    current_jti = models.UUIDField()
    created_at = models.DateTimeField(default=real_now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "refresh_families"
        verbose_name = "sesión de la API"
        verbose_name_plural = "sesiones de la API"
        indexes = [models.Index(fields=["expires_at"], name="refresh_family_age")]

    def __str__(self) -> str:
        return f"refresh family {self.pk}"


class Line(models.Model):
    """A business number of a clinic at a provider: how a webhook finds its clinic."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="lines")
    provider = models.CharField(max_length=10, choices=Provider, default=Provider.META)
    # The provider's own id of the number: Meta's phone_number_id, YCloud's E.164.
    external_id = models.CharField(max_length=40)
    phone = models.CharField(max_length=20)
    app_secret = EncryptedTextField(null=True, blank=True)
    access_token = EncryptedTextField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "lines"
        verbose_name = "línea de WhatsApp"
        verbose_name_plural = "líneas de WhatsApp"
        constraints = [
            models.UniqueConstraint(fields=["provider", "external_id"], name="line_once"),
            models.CheckConstraint(
                name="line_provider_known", condition=Q(provider__in=Provider.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} line {self.pk}"


class QuarantinedItem(models.Model):
    """A signed webhook item that belongs to no clinic or can't be read. Encrypted, for 30 days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80, blank=True, default="")
    digest = models.CharField(max_length=64)
    body = EncryptedTextField()
    received_at = models.DateTimeField(default=real_now)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "quarantine"
        verbose_name = "mensaje en cuarentena"
        verbose_name_plural = "cuarentena"
        constraints = [
            models.UniqueConstraint(fields=["provider", "digest"], name="quarantine_once")
        ]
        indexes = [models.Index(fields=["received_at"], name="quarantine_age")]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"


class LoginPause(models.Model):
    """Failed log-ins of one account or address, and until when the next one waits.

    `key` is a keyed digest: neither e-mails nor addresses are stored.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField(default=0)
    failed_at = models.DateTimeField(default=real_now)
    wait_until = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "login_pauses"
        indexes = [models.Index(fields=["failed_at"], name="login_pause_age")]

    def __str__(self) -> str:
        return f"login pause {self.key[:8]}"
