"""The mirror of Google calendars, and how far each can be trusted."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from dentalogic.core.tenant_models import TenantModel


class GoogleBlock(TenantModel):
    """An event of a calendar that takes time. Keyed by (calendar, event, instance)."""

    calendar_id = models.CharField(max_length=200)
    event_id = models.CharField(max_length=1024)
    # The instance of a recurring event: its original start; '' for a single event.
    instance = models.CharField(max_length=40, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    etag = models.CharField(max_length=80, blank=True, default="")
    read_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        db_table = "google_calendar_blocks"
        constraints = [
            models.UniqueConstraint(
                fields=["calendar_id", "event_id", "instance"], name="google_block_once"
            ),
            models.CheckConstraint(
                name="google_block_ends_after_start", condition=Q(ends_at__gte=F("starts_at"))
            ),
        ]
        indexes = [models.Index(fields=["calendar_id", "starts_at"], name="google_block_window")]


class CalendarTrust(models.TextChoices):
    LIVE = "live", "Al día"
    DELAYED = "delayed", "Con demora"
    BROKEN = "broken", "Sin conexión"


class CalendarState(TenantModel):
    """What we know of a calendar: when it was last read, over which window, and what failed."""

    calendar_id = models.CharField(max_length=200)
    trust = models.CharField(max_length=10, choices=CalendarTrust, default=CalendarTrust.BROKEN)
    read_at = models.DateTimeField(null=True)
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True, default="")

    class Meta(TenantModel.Meta):
        db_table = "calendar_states"
        constraints = [
            models.UniqueConstraint(fields=["calendar_id"], name="calendar_state_once"),
            models.CheckConstraint(
                name="calendar_trust_known", condition=Q(trust__in=CalendarTrust.values)
            ),
        ]
