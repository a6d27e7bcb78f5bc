"""Trying a calendar out: an event is written and taken away again, by the `google` sink."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from clinics.gcal import push
from clinics.gcal.client import CalendarNotConnected, service
from clinics.models import Professional
from dentalogic.core import clock
from dentalogic.core.errors import PermanentFailure

SUMMARY = "Dentalogic: prueba"
FOR = timedelta(minutes=15)


def try_calendar(professional_id: str, test_id: str) -> None:
    """Write a test event into a professional's calendar and delete it.

    A second run finds its event, there or deleted, by the same id, and leaves nothing behind.
    Raises `PermanentFailure` without credentials, and where Google refuses.
    """
    from google.auth.exceptions import RefreshError  # noqa: PLC0415

    row = Professional.objects.filter(pk=professional_id).first()
    if row is None or not row.google_calendar_id:
        return
    try:
        _write_and_delete(row.google_calendar_id, push.event_id(UUID(test_id), 0))
    except CalendarNotConnected as error:
        raise PermanentFailure("no credential") from error
    except RefreshError as error:
        if error.retryable:
            raise
        raise PermanentFailure("google does not take our credential") from error


def _write_and_delete(calendar_id: str, own: str) -> None:
    from googleapiclient.errors import HttpError  # noqa: PLC0415

    now = clock.real_now()
    body = {
        "id": own,
        "summary": SUMMARY,
        "start": {"dateTime": now.isoformat()},
        "end": {"dateTime": (now + FOR).isoformat()},
        # It takes nobody's time, however long it stays.
        "transparency": "transparent",
    }
    try:
        service(push.TIMEOUT_SECONDS).events().insert(calendarId=calendar_id, body=body).execute()
    except HttpError as error:
        if error.status_code == HTTPStatus.NOT_FOUND:
            raise PermanentFailure("google 404") from error
        if error.status_code != HTTPStatus.CONFLICT:
            push._judge(error)
    push._delete(calendar_id, own)
