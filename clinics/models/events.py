"""What the staff pages hear of, numbered per clinic."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dentalogic.core.clock import now, real_now
from dentalogic.core.tenant_models import TenantModel


class EventType(models.TextChoices):
    NEW_APPOINTMENT = "NEW_APPOINTMENT"
    APPOINTMENT_UPDATED = "APPOINTMENT_UPDATED"
    NEW_MESSAGE = "NEW_MESSAGE"
    HUMAN_HANDOFF = "HUMAN_HANDOFF"
    PATIENT_UPDATED = "PATIENT_UPDATED"
    TRIAGE_RAISED = "TRIAGE_RAISED"
    CALENDAR_TRUST_CHANGED = "CALENDAR_TRUST_CHANGED"


class Event(TenantModel):
    """A snapshot written in the transaction of its cause.

    Commit order is not sequence order, so `number` stays NULL until the clinic's numbering step
    has seen the row committed; readers see numbered events only.
    """

    number = models.BigIntegerField(null=True)
    type = models.CharField(max_length=30, choices=EventType)
    data = models.JSONField()
    occurred_at = models.DateTimeField(default=now)
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "events"
        constraints = [
            models.UniqueConstraint(
                fields=["number"], name="event_number_once", condition=~Q(number=None)
            ),
            models.CheckConstraint(name="event_type_known", condition=Q(type__in=EventType.values)),
        ]
        indexes = [
            # What the numbering step reads.
            models.Index(
                fields=["created_at", "id"], name="event_unnumbered", condition=Q(number=None)
            )
        ]
