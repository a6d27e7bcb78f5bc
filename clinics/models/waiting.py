"""Who waits for a time, and whose time can't be kept."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinics.models.agenda import Appointment, Source
from clinics.models.catalog import Treatment
from clinics.models.people import Patient, Professional
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class WaitingStatus(models.TextChoices):
    WAITING = "waiting", "En espera"
    OFFERED = "offered", "Turno ofrecido"
    BOOKED = "booked", "Agendado"
    WITHDRAWN = "withdrawn", "Retirado"
    EXPIRED = "expired", "Vencido"


class WaitingEntry(TenantModel):
    """A patient who would come sooner, or at a time that is taken now."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="waiting_entries")
    treatment = TenantForeignKey(Treatment, models.PROTECT, related_name="waiting_entries")
    professional = TenantForeignKey(
        Professional, models.PROTECT, null=True, blank=True, related_name="waiting_entries"
    )
    # An appointment that they have and would change for an earlier one.
    instead_of = TenantForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="waiting_entries"
    )
    from_day = models.DateField()
    until_day = models.DateField()
    # {"0".."6": [{"start": "09:00", "end": "13:00"}]}, as working hours; {} = any time.
    preferred_hours = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=WaitingStatus, default=WaitingStatus.WAITING)
    source = models.CharField(max_length=10, choices=Source)
    conversation_id = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="")
    offered_at = models.DateTimeField(null=True, blank=True)
    offered_starts_at = models.DateTimeField(null=True, blank=True)
    booked = TenantForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="waited_for"
    )
    created_at = models.DateTimeField(default=now)
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        db_table = "waiting_list"
        constraints = [
            models.CheckConstraint(
                name="waiting_status_known", condition=Q(status__in=WaitingStatus.values)
            ),
            models.CheckConstraint(
                name="waiting_source_known", condition=Q(source__in=Source.values)
            ),
            models.CheckConstraint(
                name="waiting_days_in_order", condition=Q(until_day__gte=F("from_day"))
            ),
            models.UniqueConstraint(
                fields=["patient", "treatment"],
                name="waiting_once",
                condition=Q(status__in=["waiting", "offered"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at", "id"],
                name="waiting_in_order",
                condition=Q(status__in=["waiting", "offered"]),
            )
        ]


class MoveCause(models.TextChoices):
    ABSENCE = "absence", "Ausencia del profesional"
    CLOSURE = "closure", "Cierre de la clínica"


class MoveRequest(TenantModel):
    """An appointment that can't be kept: who must be told, whether they were, how it ended."""

    appointment = TenantForeignKey(Appointment, models.PROTECT, related_name="move_requests")
    cause = models.CharField(max_length=10, choices=MoveCause)
    cause_id = models.UUIDField()
    created_by = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    told_at = models.DateTimeField(null=True, blank=True)
    # "" while open; "moved", "cancelled", "kept" (the cause went away) once settled.
    settled = models.CharField(max_length=10, blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "move_requests"
        constraints = [
            models.CheckConstraint(
                name="move_cause_known", condition=Q(cause__in=MoveCause.values)
            ),
            models.CheckConstraint(
                name="move_settled_whole",
                condition=Q(settled="", settled_at=None)
                | Q(settled__in=["moved", "cancelled", "kept"], settled_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["appointment"], name="move_one_open", condition=Q(settled="")
            ),
        ]
        indexes = [models.Index(fields=["cause_id"], name="move_by_cause")]
