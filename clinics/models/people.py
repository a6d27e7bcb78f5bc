"""The people of a clinic: professionals, patients, and how patients reach us."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q

from clinics.models.catalog import Insurer, Treatment
from dentalogic.core.clock import real_now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


def _valid(function: str, column: str) -> Func:
    return Func(F(column), function=function, output_field=models.BooleanField())


class Professional(TenantModel):
    """Who treats. Bookable only while active, with hours, and while their user is active."""

    # The user in `public`, without a foreign key across schemas; users are never deleted.
    user_id = models.UUIDField(null=True, blank=True)
    title = models.CharField(max_length=20, blank=True, default="")
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=200, editable=False)
    specialty = models.CharField(max_length=80, blank=True, default="")
    registration_number = models.CharField(max_length=40, blank=True, default="")
    # {"0".."6": [{"start": "09:00", "end": "13:00"}]}, 0 = Monday, wall time of the clinic.
    working_hours = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    google_calendar_id = models.CharField(max_length=200, blank=True, default="")
    google_read_calendars = models.JSONField(default=list, blank=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "professionals"
        constraints = [
            models.CheckConstraint(
                name="professional_working_hours_valid",
                condition=_valid("valid_working_hours", "working_hours"),
            ),
            models.UniqueConstraint(
                fields=["user_id"], name="professional_one_per_user", condition=~Q(user_id=None)
            ),
        ]

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name) if part)

    @property
    def calendars_to_read(self) -> list[str]:
        """Calendars whose events block this professional; the one written to is among them."""
        own = [self.google_calendar_id] if self.google_calendar_id else []
        return list(dict.fromkeys([*own, *self.google_read_calendars]))


class ProfessionalTreatment(TenantModel):
    """A treatment that a professional offers."""

    professional = TenantForeignKey(Professional, models.PROTECT, related_name="offered_treatments")
    treatment = TenantForeignKey(Treatment, models.PROTECT, related_name="offered_by")

    class Meta(TenantModel.Meta):
        db_table = "professional_treatments"
        constraints = [
            models.UniqueConstraint(
                fields=["professional", "treatment"], name="professional_treatment_once"
            )
        ]


class PatientStatus(models.TextChoices):
    GUEST = "guest", "Interesado"
    ACTIVE = "active", "Paciente"


PARTICULAR = "PARTICULAR"


class Patient(TenantModel):
    """Someone who is treated here, or who asked. A guest becomes active with the four facts."""

    first_name = models.CharField(max_length=80, blank=True, default="")
    last_name = models.CharField(max_length=80, blank=True, default="")
    name_key = models.CharField(max_length=200, blank=True, default="", editable=False)
    document_type = models.CharField(max_length=10, default="DNI")
    dni = models.CharField(max_length=15, null=True, blank=True)  # noqa: DJ001  # NULL = unknown
    birth_date = models.DateField(null=True, blank=True)
    # '' = unknown, PARTICULAR = pays alone, else the insurer's name; `insurer` where we list it.
    insurance = models.CharField(max_length=80, blank=True, default="")
    insurer = TenantForeignKey(
        Insurer, models.PROTECT, null=True, blank=True, related_name="patients"
    )
    insurance_plan = models.CharField(max_length=80, blank=True, default="")
    member_number = models.CharField(max_length=40, blank=True, default="")
    phone = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001  # E.164
    email = models.EmailField(blank=True, default="")
    medical_history = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=PatientStatus, default=PatientStatus.GUEST)
    possible_duplicate_of = TenantForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+"
    )
    merged_into = TenantForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    # When what no law keeps was removed; the row stays for records and money.
    anonymised_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "patients"
        constraints = [
            models.CheckConstraint(
                name="patient_status_known", condition=Q(status__in=PatientStatus.values)
            ),
            models.CheckConstraint(
                name="patient_phone_e164",
                condition=Q(phone=None) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
            models.CheckConstraint(
                name="patient_medical_history_valid",
                condition=_valid("valid_medical_history", "medical_history"),
            ),
            # What makes somebody a patient, whoever writes the row.
            models.CheckConstraint(
                name="patient_active_has_facts",
                condition=~Q(status=PatientStatus.ACTIVE)
                | (
                    ~Q(first_name="")
                    & ~Q(last_name="")
                    & Q(dni__isnull=False)
                    & ~Q(insurance="")
                    & Q(phone__isnull=False)
                )
                | Q(anonymised_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["dni"], name="patient_by_dni", condition=~Q(dni=None)),
            models.Index(fields=["phone"], name="patient_by_phone", condition=~Q(phone=None)),
            models.Index(fields=["name_key", "id"], name="patient_by_name"),
            # Any part of a name.
            GinIndex(OpClass(F("name_key"), name="gin_trgm_ops"), name="patient_name_parts"),
            # The digits of a telephone that somebody remembers.
            GinIndex(
                OpClass(F("phone"), name="gin_trgm_ops"),
                name="patient_phone_parts",
                condition=~Q(phone=None),
            ),
        ]

    @property
    def display_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class ChannelIdentity(TenantModel):
    """Who writes, as the provider names them, and the patient whose hands hold that phone."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="identities")
    channel = models.CharField(max_length=12, default="whatsapp")
    raw_id = models.CharField(max_length=80)
    bsuid = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001  # E.164
    # The form that the provider delivers to; Argentine mobiles have two.
    send_to = models.CharField(max_length=80)
    profile_name = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "channel_identities"
        constraints = [
            models.UniqueConstraint(fields=["channel", "raw_id"], name="channel_identity_once")
        ]
        indexes = [
            models.Index(fields=["phone"], name="identity_by_phone", condition=~Q(phone=None))
        ]


class Guardian(TenantModel):
    """A person who may speak for another: a mother for her children."""

    guardian = TenantForeignKey(Patient, models.PROTECT, related_name="dependants")
    dependant = TenantForeignKey(Patient, models.PROTECT, related_name="guardians")
    relation = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "guardians"
        constraints = [
            models.UniqueConstraint(fields=["guardian", "dependant"], name="guardian_once"),
            models.CheckConstraint(
                name="guardian_of_another", condition=~Q(guardian=F("dependant"))
            ),
        ]
