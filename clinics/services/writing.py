"""Writing an appointment with its history, its event and what is owed: all of it or nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import IntegrityError, connection
from psycopg.types.json import Jsonb

from clinics.models import Appointment, AppointmentChange, Event, EventType
from clinics.services.actors import Actor
from clinics.services.errors import PatientBusy, SlotTaken
from clinics.services.events import appointment_snapshot, owe_publication
from clinics.tenancy.models import CalendarProvider, Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import violated_constraint

_COLUMNS = tuple((str(field.column), field.attname) for field in Appointment._meta.concrete_fields)
# One statement for the three rows: each round trip lengthens what others wait for.
_BOOK = f"""
WITH booked AS (
    INSERT INTO appointments ({", ".join(column for column, _ in _COLUMNS)})
    VALUES ({", ".join(["%s"] * len(_COLUMNS))})
), noted AS (
    INSERT INTO appointment_changes
        (id, tenant_id, appointment_id, at, actor, from_status, to_status, reason, changed)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
)
INSERT INTO events (id, tenant_id, number, type, data, occurred_at, created_at)
VALUES (%s, %s, NULL, %s, %s, %s, %s)
"""  # noqa: S608  # the names of our own columns


def insert_booked(
    appointment: Appointment, *, professional_name: str, actor: Actor, reason: str = ""
) -> None:
    """Insert a booked appointment, its first step and `NEW_APPOINTMENT`.

    The appointment's patient and treatment are loaded. Owes nothing yet: call `owe` last.
    """
    tenant_id = current_scope().tenant_id
    appointment.tenant_id = tenant_id
    now, real_now = clock.now(), clock.real_now()
    values: list[Any] = [getattr(appointment, attname) for _, attname in _COLUMNS]
    values += [uuid4(), tenant_id, appointment.pk, now, actor.label, "", appointment.status]
    values += [reason, Jsonb({})]
    values += [uuid4(), tenant_id, EventType.NEW_APPOINTMENT.value]
    snapshot = appointment_snapshot(appointment, professional_name=professional_name)
    values += [Jsonb(snapshot), now, real_now]
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, values)
    appointment._state.adding = False
    appointment._state.db = "default"


def note_change(
    appointment: Appointment,
    *,
    actor: Actor,
    from_status: str,
    event: EventType = EventType.APPOINTMENT_UPDATED,
    reason: str = "",
    changed: dict[str, list[Any]] | None = None,
    google: bool | None = None,
) -> None:
    """Save a changed appointment with the step, the event and what is owed. Call it last.

    `google` says whether the clinic writes to Google; None looks it up.
    """
    appointment.updated_at = clock.real_now()
    appointment.save()
    AppointmentChange.objects.create(
        appointment_id=appointment.pk,
        actor=actor.label,
        from_status=from_status,
        to_status=appointment.status,
        reason=reason,
        changed=changed or {},
    )
    Event.objects.create(type=event, data=appointment_snapshot(appointment))
    owe(appointment, google=uses_google() if google is None else google)


def uses_google() -> bool:
    """Say whether the clinic in scope writes its agenda to Google."""
    return Clinic.objects.filter(
        pk=current_scope().tenant_id, calendar_provider=CalendarProvider.GOOGLE
    ).exists()


def owe(appointment: Appointment, *, google: bool) -> None:
    """Owe what follows from the change. The last thing that the transaction does: the event's
    delivery is one row per clinic, and whoever comes next waits for its lock."""
    if google:
        emit("appointment.calendar", key=str(appointment.pk), appointment_id=str(appointment.pk))
    owe_publication()


def refusal_of(error: IntegrityError) -> DomainError | None:
    """Translate a constraint of the agenda into what it means; None if it is another one."""
    match violated_constraint(error):
        case "appointment_professional_free" | "appointment_chair_free":
            return SlotTaken()
        case "appointment_patient_free":
            return PatientBusy()
        case _:
            return None
