"""The agenda: appointments (holds and requests included), their history, absences, offers."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from clinics.models.catalog import Chair, Treatment
from clinics.models.people import Patient, Professional
from dentalogic.core.clock import now, real_now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class AppointmentStatus(models.TextChoices):
    HELD = "held", "Reservado por unos minutos"
    PENDING_CONFIRMATION = "pending_confirmation", "A confirmar por la clínica"
    SCHEDULED = "scheduled", "Agendado"
    CONFIRMED = "confirmed", "Confirmado"
    ARRIVED = "arrived", "En la sala"
    IN_CHAIR = "in_chair", "En atención"
    COMPLETED = "completed", "Atendido"
    CANCELLED = "cancelled", "Cancelado"
    NO_SHOW = "no_show", "Ausente"


class Source(models.TextChoices):
    AGENT = "agent", "Asistente"
    STAFF = "staff", "Equipo"
    IMPORT = "import", "Importación"
    DEMO = "demo", "Demostración"


FREES_ITS_TIME = (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
OCCUPYING = tuple(status for status in AppointmentStatus if status not in FREES_ITS_TIME)

_TIMES = Func(
    F("starts_at"),
    F("ends_at"),
    Value("[)"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)
_OCCUPIES = Q(status__in=[str(status) for status in OCCUPYING])


class Appointment(TenantModel):
    """A patient's time with a professional.

    No two that occupy their time overlap for a professional, a chair or a patient: the database
    refuses, so that no path into the agenda can forget to check. A hold is a row that expires.
    """

    patient = TenantForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    professional = TenantForeignKey(Professional, models.PROTECT, related_name="appointments")
    treatment = TenantForeignKey(Treatment, models.PROTECT, related_name="appointments")
    chair = TenantForeignKey(
        Chair, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=AppointmentStatus)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    # The conversation that holds or booked it: an opaque id here.
    conversation_id = models.UUIDField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    # The caller's key: a retried request finds its appointment instead of making a second one.
    request_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001
    notes = models.CharField(max_length=500, blank=True, default="")
    # The insurer's number, where the coverage asks for an authorisation.
    authorisation_number = models.CharField(max_length=40, blank=True, default="")
    overbooked = models.BooleanField(default=False)
    overbook_reason = models.CharField(max_length=200, blank=True, default="")
    cancelled_by = models.CharField(max_length=60, blank=True, default="")
    cancel_reason = models.CharField(max_length=200, blank=True, default="")
    # The calendar in which our event stands, and the event's id there.
    google_calendar_id = models.CharField(max_length=200, blank=True, default="")
    google_calendar_event_id = models.CharField(max_length=200, blank=True, default="")
    google_generation = models.IntegerField(default=0)
    google_synced_version = models.IntegerField(default=0)
    google_synced_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    seated_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=real_now)
    updated_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "appointments"
        constraints = [
            models.CheckConstraint(
                name="appointment_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="appointment_status_known",
                condition=Q(status__in=AppointmentStatus.values),
            ),
            models.CheckConstraint(
                name="appointment_source_known", condition=Q(source__in=Source.values)
            ),
            models.CheckConstraint(
                name="appointment_only_holds_lack_a_patient",
                condition=Q(patient__isnull=False) | Q(status=AppointmentStatus.HELD),
            ),
            models.CheckConstraint(
                name="appointment_only_holds_expire",
                condition=Q(status=AppointmentStatus.HELD, hold_expires_at__isnull=False)
                | (~Q(status=AppointmentStatus.HELD) & Q(hold_expires_at=None)),
            ),
            models.CheckConstraint(
                name="appointment_overbooked_with_reason",
                condition=Q(overbooked=False) | ~Q(overbook_reason=""),
            ),
            ExclusionConstraint(
                name="appointment_professional_free",
                expressions=[("professional", RangeOperators.EQUAL), (_TIMES, "&&")],
                condition=_OCCUPIES & Q(overbooked=False),
            ),
            ExclusionConstraint(
                name="appointment_chair_free",
                expressions=[("chair", RangeOperators.EQUAL), (_TIMES, "&&")],
                condition=_OCCUPIES,
            ),
            ExclusionConstraint(
                name="appointment_patient_free",
                expressions=[("patient", RangeOperators.EQUAL), (_TIMES, "&&")],
                condition=_OCCUPIES & ~Q(status=AppointmentStatus.HELD),
            ),
            models.UniqueConstraint(
                fields=["request_key"],
                name="appointment_request_once",
                condition=~Q(request_key=None),
            ),
            models.UniqueConstraint(
                fields=["conversation_id"],
                name="appointment_one_hold_per_conversation",
                condition=Q(status=AppointmentStatus.HELD),
            ),
        ]
        indexes = [
            # The agenda of a day, and of a professional.
            models.Index(fields=["starts_at", "id"], name="appointment_by_start"),
            models.Index(fields=["professional", "starts_at"], name="appointment_agenda"),
            models.Index(fields=["patient", "starts_at"], name="appointment_of_patient"),
            # Which event of Google is ours.
            models.Index(
                fields=["google_calendar_event_id"],
                name="appointment_by_google_event",
                condition=~Q(google_calendar_event_id=""),
            ),
        ]


class AppointmentChange(TenantModel):
    """One step in an appointment's life: who, when, from what to what, why. Never changed."""

    appointment = TenantForeignKey(Appointment, models.PROTECT, related_name="changes")
    at = models.DateTimeField(default=now)
    # "patient", "staff:<user id>" or "system".
    actor = models.CharField(max_length=60)
    from_status = models.CharField(max_length=20, blank=True, default="")
    to_status = models.CharField(max_length=20)
    reason = models.CharField(max_length=200, blank=True, default="")
    # What moved: {"starts_at": [before, after], ...}, times in RFC 3339.
    changed = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        db_table = "appointment_changes"
        indexes = [models.Index(fields=["appointment", "at"], name="appointment_history")]


class Absence(TenantModel):
    """A stretch in which one professional is away."""

    professional = TenantForeignKey(Professional, models.PROTECT, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "absences"
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]
        indexes = [models.Index(fields=["professional", "ends_at"], name="absence_upcoming")]


class OfferKind(models.TextChoices):
    SLOT = "slot", "Turno"
    REQUEST = "request", "Pedido a confirmar"


class Offer(TenantModel):
    """A time that was offered in a conversation, behind a short code (`S3`), for an hour.

    Only what was offered can be booked by a patient.
    """

    conversation_id = models.UUIDField()
    code = models.CharField(max_length=8)
    kind = models.CharField(max_length=10, choices=OfferKind)
    professional = TenantForeignKey(Professional, models.PROTECT, related_name="+")
    treatment = TenantForeignKey(Treatment, models.PROTECT, related_name="+")
    chair = TenantForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    urgent = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=now)

    class Meta(TenantModel.Meta):
        db_table = "offers"
        constraints = [
            models.UniqueConstraint(fields=["conversation_id", "code"], name="offer_code_once"),
            models.CheckConstraint(name="offer_kind_known", condition=Q(kind__in=OfferKind.values)),
        ]
