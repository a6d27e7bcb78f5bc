"""What the staff pages hear: a snapshot written with its cause, published after the commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clinics.models import Appointment, Event, EventType
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope

EVENTS_KEY = "events"


def record_event(type: EventType, data: dict[str, Any]) -> Event:  # noqa: A002  # the column's name
    """Write an event beside its cause, inside the caller's transaction, and owe its publication.

    The pending delivery is one row per clinic, locked until the commit: call this last.
    """
    event = Event.objects.create(type=type, data=data)
    owe_publication()
    return event


def owe_publication() -> None:
    """Owe the numbering and publication of what this transaction recorded."""
    emit("event.recorded", key=EVENTS_KEY)


def wall_time(moment: datetime) -> str:
    """Write a moment as RFC 3339 with the offset of the clinic."""
    return moment.astimezone(ZoneInfo(current_scope().timezone)).isoformat()


def appointment_snapshot(
    appointment: Appointment, *, professional_name: str | None = None
) -> dict[str, Any]:
    """Return what an event says of an appointment: no DNI, no phone, nothing clinical.

    Reads patient, treatment and, without `professional_name`, professional: have them loaded.
    """
    if professional_name is None:
        professional_name = appointment.professional.display_name
    patient = appointment.patient
    return {
        "id": str(appointment.pk),
        "version": appointment.version,
        "status": str(appointment.status),
        "starts_at": wall_time(appointment.starts_at),
        "ends_at": wall_time(appointment.ends_at),
        "professional": {"id": str(appointment.professional_id), "name": professional_name},
        "patient": None
        if patient is None
        else {"id": str(patient.pk), "name": patient.display_name},
        "treatment": {"id": str(appointment.treatment_id), "name": appointment.treatment.name},
        "source": str(appointment.source),
    }
