"""Writing to Google: an outbox sink. The booking never waits for it.

Level-triggered: it reads the appointment as it is now and makes Google agree, so a late or repeated
delivery does no harm. Event ids come from the appointment's id and a generation.
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any
from uuid import UUID

from clinics.gcal.client import service
from clinics.models import Appointment, AppointmentStatus
from clinics.tenancy.models import CalendarProvider, Clinic
from dentalogic.core import clock
from dentalogic.core.errors import PermanentFailure
from dentalogic.core.tenancy import current_scope

WRITTEN = frozenset(
    {
        AppointmentStatus.SCHEDULED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.IN_CHAIR,
        AppointmentStatus.COMPLETED,
    }
)
TIMEOUT_SECONDS = 10
MAX_GENERATIONS = 20
# https://developers.google.com/workspace/calendar/api/guides/errors, 2026-11.
RETRIED_REASONS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "backendError"}
)
# No health data, no name: the calendar is not the clinic's record.
TITLES = {"es": "Turno", "en": "Appointment", "pt": "Consulta"}


def event_id(appointment_id: UUID, generation: int) -> str:
    """Return Google's id of an appointment: base32hex, lower case, without padding."""
    encoded = base64.b32hexencode(appointment_id.bytes).decode().rstrip("=").lower()
    return f"{encoded}g{generation}"


def sync_appointment(appointment_id: str) -> None:
    """Make Google agree with the appointment: written, moved, or taken away.

    Raises `PermanentFailure` where trying again can't help: refused, or the credential revoked.
    """
    from google.auth.exceptions import RefreshError  # noqa: PLC0415

    try:
        _sync(appointment_id)
    except RefreshError as error:
        if error.retryable:
            raise
        raise PermanentFailure("google does not take our credential") from error


def _sync(appointment_id: str) -> None:
    clinic = Clinic.objects.get(pk=current_scope().tenant_id)
    if clinic.calendar_provider != CalendarProvider.GOOGLE:
        return
    appointment = Appointment.objects.select_related("professional").get(pk=appointment_id)
    wanted = appointment.professional.google_calendar_id if appointment.status in WRITTEN else ""
    stands_in = appointment.google_calendar_id
    if stands_in and stands_in != wanted:
        _delete(stands_in, appointment.google_calendar_event_id)
        _note(appointment, calendar_id="", event="", generation=appointment.google_generation + 1)
    if wanted:
        _write(appointment, wanted, _body(appointment, clinic))


def _write(appointment: Appointment, calendar_id: str, body: dict[str, Any]) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415

    events = service(TIMEOUT_SECONDS).events()
    if appointment.google_calendar_event_id:
        try:
            found = events.patch(
                calendarId=calendar_id, eventId=appointment.google_calendar_event_id, body=body
            ).execute()
        except HttpError as error:
            if error.status_code not in {404, 410}:
                _judge(error)
            found = {"status": "cancelled"}
        if found.get("status") == "cancelled":
            # Somebody deleted it; Google takes a patch of a deleted event without reviving it.
            appointment.google_generation += 1
        else:
            return _note(
                appointment,
                calendar_id=calendar_id,
                event=appointment.google_calendar_event_id,
                generation=appointment.google_generation,
            )
    for generation in range(appointment.google_generation, MAX_GENERATIONS):
        own = event_id(appointment.pk, generation)
        try:
            events.insert(calendarId=calendar_id, body={**body, "id": own}).execute()
        except HttpError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                _judge(error)
            if not _adopt(events, calendar_id, own, body):
                continue
        return _note(appointment, calendar_id=calendar_id, event=own, generation=generation)
    raise PermanentFailure("every generation of this event's id is used up")


def _adopt(events: Any, calendar_id: str, own: str, body: dict[str, Any]) -> bool:
    """Take over an event that an earlier, unrecorded attempt made; False for a deleted one."""
    from googleapiclient.errors import HttpError  # noqa: PLC0415

    try:
        found = events.get(calendarId=calendar_id, eventId=own).execute()
        if found.get("status") == "cancelled":
            return False
        events.patch(calendarId=calendar_id, eventId=own, body=body).execute()
    except HttpError as error:
        if error.status_code in {404, 410}:
            return False
        _judge(error)
    return True


def _delete(calendar_id: str, own: str) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415

    try:
        service(TIMEOUT_SECONDS).events().delete(calendarId=calendar_id, eventId=own).execute()
    except HttpError as error:
        if error.status_code not in {404, 410}:
            _judge(error)


def _judge(error: Any) -> None:
    """Raise the error again, as permanent where trying again can't help."""
    details = error.error_details
    reasons = {item.get("reason") for item in details} if isinstance(details, list) else set()
    if error.status_code in {400, 401, 403} and not reasons & RETRIED_REASONS:
        raise PermanentFailure(f"google {error.status_code}") from error
    raise error


def _body(appointment: Appointment, clinic: Clinic) -> dict[str, Any]:
    return {
        "summary": TITLES.get(clinic.language, TITLES["es"]),
        "start": {"dateTime": appointment.starts_at.isoformat(), "timeZone": clinic.timezone},
        "end": {"dateTime": appointment.ends_at.isoformat(), "timeZone": clinic.timezone},
        "extendedProperties": {
            "private": {
                "dentalogic_clinic": str(clinic.pk),
                "dentalogic_version": str(appointment.version),
            }
        },
    }


def _note(appointment: Appointment, *, calendar_id: str, event: str, generation: int) -> None:
    # No new version: nothing of the appointment changed for anybody who reads it.
    Appointment.objects.filter(pk=appointment.pk).update(
        google_calendar_id=calendar_id,
        google_calendar_event_id=event,
        google_generation=generation,
        google_synced_version=appointment.version,
        google_synced_at=clock.real_now(),
    )
    appointment.google_calendar_id, appointment.google_calendar_event_id = calendar_id, event
    appointment.google_generation = generation
