"""Google over real HTTP: what blocks, what does not, and that failing is never free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from clinics.gcal.meaning import busy_of
from clinics.gcal.push import event_id, sync_appointment
from clinics.gcal.reading import read_calendars
from clinics.models import (
    Appointment,
    CalendarState,
    Event,
    GoogleBlock,
    Patient,
    Professional,
    Treatment,
)
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import PermanentFailure
from dentalogic.sandbox.client import SandboxProcess
from tests.fixtures.clinics import tomorrow

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
WINDOW = (tomorrow(9), tomorrow(18))
TIMED = {
    "id": "e1",
    "status": "confirmed",
    "start": {"dateTime": "2026-11-25T10:00:00-03:00"},
    "end": {"dateTime": "2026-11-25T11:00:00-03:00"},
}


def epoch(*args: int) -> int:
    return int(tomorrow(*args).timestamp())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (epoch(10), epoch(11))),
        ({"status": "cancelled"}, None),
        ({"status": "tentative"}, (epoch(10), epoch(11))),
        ({"transparency": "transparent"}, None),
        ({"attendees": [{"self": True, "responseStatus": "declined"}]}, None),
        ({"attendees": [{"email": "x", "responseStatus": "declined"}]}, (epoch(10), epoch(11))),
        ({"eventType": "workingLocation"}, None),
        ({"eventType": "outOfOffice"}, (epoch(10), epoch(11))),
        ({"end": TIMED["start"]}, None),
        (
            {
                "start": {"dateTime": "2026-11-25T10:00:00"},
                "end": {"dateTime": "2026-11-25T11:00:00"},
            },
            (epoch(10), epoch(11)),
        ),
        (
            {"start": {"dateTime": "2026-11-25T14:00:00+01:00"}},
            (epoch(10), epoch(11)),
        ),
        (
            {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}},
            (epoch(0), epoch(24)),
        ),
    ],
)
def test_what_an_event_means(change: dict[str, Any], expected: tuple[int, int] | None) -> None:
    busy = busy_of({**TIMED, **change}, ZONE)
    assert (busy and (busy.starts_at, busy.ends_at)) == expected


@pytest.mark.parametrize("broken", [{"start": {}}, {"start": None}, {"end": {"dateTime": "soon"}}])
def test_an_unreadable_event_is_not_free_time(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        busy_of({**TIMED, **broken}, ZONE)


@pytest.fixture
def calendar(vendors: SandboxProcess) -> str:
    name = f"{uuid4().hex}@tests.example"
    vendors.calendar(name, timeZone="America/Argentina/Buenos_Aires")
    return name


@pytest.fixture
def booked(
    in_alfa: Clinic, ruiz: Professional, cleaning: Treatment, ana: Patient, calendar: str
) -> Appointment:
    in_alfa.calendar_provider = "google"
    in_alfa.save()
    Professional.objects.filter(pk=ruiz.pk).update(google_calendar_id=calendar)
    return Appointment.objects.create(
        professional=ruiz,
        treatment=cleaning,
        patient=ana,
        starts_at=tomorrow(10),
        ends_at=tomorrow(10, 30),
        status="scheduled",
        source="staff",
    )


def read(calendar: str, **more: Any) -> Any:
    return read_calendars([calendar], WINDOW, budget_seconds=5, **more)[calendar]


def test_a_live_reading_fills_the_mirror(
    in_alfa: Clinic, vendors: SandboxProcess, calendar: str
) -> None:
    vendors.add_event(calendar, "Reunión", "2026-11-25T10:00:00-03:00", "2026-11-25T11:00:00-03:00")
    assert read(calendar).busy == ((epoch(10), epoch(11)),)
    assert read(calendar).trust == "live"
    assert GoogleBlock.objects.get().starts_at == tomorrow(10)


def test_what_is_gone_from_google_is_gone_from_the_mirror(
    in_alfa: Clinic, vendors: SandboxProcess, calendar: str
) -> None:
    event = vendors.add_event(
        calendar, "Reunión", "2026-11-25T10:00:00-03:00", "2026-11-25T11:00:00-03:00"
    )
    read(calendar)
    vendors.delete_event(calendar, event["id"])
    assert read(calendar).busy == ()
    assert not GoogleBlock.objects.exists()


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 401}, {"garbage": True}, {"drop": True}]
)
def test_a_failing_google_is_never_a_free_day(
    in_alfa: Clinic, vendors: SandboxProcess, calendar: str, fault: dict[str, Any]
) -> None:
    vendors.fault("google", times=20, **fault)
    assert read(calendar).trust == "broken"
    assert CalendarState.objects.get().last_error != ""


def test_a_young_mirror_stands_in_for_google(
    in_alfa: Clinic, vendors: SandboxProcess, calendar: str
) -> None:
    vendors.add_event(calendar, "Reunión", "2026-11-25T10:00:00-03:00", "2026-11-25T11:00:00-03:00")
    read(calendar)
    vendors.fault("google", status=503, times=20)
    found = read(calendar)
    assert (found.trust, found.busy) == ("delayed", ((epoch(10), epoch(11)),))
    assert Event.objects.get().data["trust"] == "delayed"
    CalendarState.objects.update(read_at=datetime.now(UTC) - timedelta(hours=1))
    assert read(calendar).trust == "broken"


def test_a_mirror_of_another_window_does_not(
    in_alfa: Clinic, vendors: SandboxProcess, calendar: str
) -> None:
    read(calendar)
    vendors.fault("google", status=503, times=20)
    later = (WINDOW[0] + timedelta(days=7), WINDOW[1] + timedelta(days=7))
    assert read_calendars([calendar], later, budget_seconds=5)[calendar].trust == "broken"


def test_our_own_event_blocks_nothing_twice(
    booked: Appointment, vendors: SandboxProcess, calendar: str
) -> None:
    sync_appointment(str(booked.pk))
    (event,) = vendors.events(calendar)
    assert event["id"] == event_id(booked.pk, 0)
    assert event["summary"] == "Turno"
    assert "Ana" not in str(event)
    assert read(calendar).busy == ()


def test_writing_twice_is_one_event(
    booked: Appointment, vendors: SandboxProcess, calendar: str
) -> None:
    sync_appointment(str(booked.pk))
    Appointment.objects.update(google_calendar_event_id="", google_calendar_id="")
    sync_appointment(str(booked.pk))
    assert len(vendors.events(calendar)) == 1


def test_a_cancelled_appointment_leaves_google(
    booked: Appointment, vendors: SandboxProcess, calendar: str
) -> None:
    sync_appointment(str(booked.pk))
    Appointment.objects.update(status="cancelled")
    sync_appointment(str(booked.pk))
    sync_appointment(str(booked.pk))
    assert vendors.events(calendar) == []


def test_an_event_deleted_in_google_is_written_again(
    booked: Appointment, vendors: SandboxProcess, calendar: str
) -> None:
    sync_appointment(str(booked.pk))
    vendors.delete_event(calendar, event_id(booked.pk, 0))
    sync_appointment(str(booked.pk))
    assert [event["id"] for event in vendors.events(calendar)] == [event_id(booked.pk, 1)]


def test_a_refusal_is_permanent_and_an_outage_is_not(
    booked: Appointment, vendors: SandboxProcess
) -> None:
    vendors.fault("google", status=401, times=5)
    with pytest.raises(PermanentFailure):
        sync_appointment(str(booked.pk))
    vendors.clear_faults()
    vendors.fault("google", status=503, times=1)
    with pytest.raises(Exception, match="503"):
        sync_appointment(str(booked.pk))
    assert Appointment.objects.get().google_calendar_event_id == ""
