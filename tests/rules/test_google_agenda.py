"""A clinic on Google: asked late, asked live, and never taken for free when it fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clinics.models import Appointment, Professional, Treatment
from clinics.models.people import Patient
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.availability import find_slots
from clinics.services.errors import CalendarNotTrusted, NoticeTooShort, OutsideHours, SlotTaken
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.sandbox.client import SandboxProcess
from tests.fixtures.clinics import NOW, make_professional, tomorrow
from tests.rules.untouched import nothing_happens

STAFF = Actor.staff(uuid.UUID(int=7))
PATIENT = Actor.patient(uuid.UUID(int=8))
DAY = (tomorrow(0), tomorrow(24))


@pytest.fixture
def calendar(in_alfa: Clinic, ruiz: Professional, vendors: SandboxProcess) -> str:
    in_alfa.calendar_provider = "google"
    in_alfa.settings = {"urgent_minutes_per_day": 0, "google_budget_seconds": 2}
    in_alfa.save()
    name = f"{uuid.uuid4().hex}@tests.example"
    vendors.calendar(name, timeZone="America/Argentina/Buenos_Aires")
    Professional.objects.filter(pk=ruiz.pk).update(google_calendar_id=name)
    return name


@pytest.fixture
def book(
    ana: Patient, ruiz: Professional, cleaning: Treatment, calendar: str
) -> Callable[..., Appointment]:
    def run(actor: Actor = PATIENT, **given: Any) -> Appointment:
        asked: dict[str, Any] = {
            "patient": ana,
            "professional_id": ruiz.pk,
            "treatment": cleaning,
            "starts_at": tomorrow(10),
            "actor": actor,
            "source": "agent",
        }
        return booking.book_appointment(**(asked | given))

    return run


def meeting(vendors: SandboxProcess, calendar: str) -> None:
    vendors.add_event(calendar, "Reunión", "2026-11-25T10:00:00-03:00", "2026-11-25T11:00:00-03:00")


def break_google(vendors: SandboxProcess, times: int = 50) -> None:
    vendors.fault("google", status=503, times=times)


def waiting(vendors: SandboxProcess) -> int:
    return sum(int(fault["times"]) for fault in vendors.faults())


def test_an_event_of_google_blocks_and_says_so(
    calendar: str, cleaning: Treatment, ruiz: Professional, vendors: SandboxProcess
) -> None:
    meeting(vendors, calendar)
    local = make_professional("Julián Gómez", treatments=(cleaning,))
    found = find_slots(treatment=cleaning, window=DAY)
    assert found.trust == {ruiz.pk: "live", local.pk: "local"}
    blocked = [r for r in found.reasons if r.code == "external"]
    assert [(r.professional_id, r.starts_at, r.ends_at) for r in blocked] == [
        (ruiz.pk, tomorrow(10), tomorrow(11))
    ]


def test_a_broken_calendar_offers_requests(
    calendar: str, cleaning: Treatment, vendors: SandboxProcess
) -> None:
    break_google(vendors)
    found = find_slots(treatment=cleaning, window=DAY)
    assert {slot.kind for slot in found.slots} == {"request"}
    assert set(found.trust.values()) == {"broken"}


@pytest.mark.parametrize(
    "window",
    [
        (tomorrow(18), tomorrow(24)),
        (tomorrow(13), tomorrow(14)),
        (tomorrow(72), tomorrow(96)),
        (tomorrow(0 - 48), NOW),
    ],
    ids=["evening", "break", "saturday", "past"],
)
def test_outside_working_hours_google_is_not_asked(
    calendar: str, cleaning: Treatment, vendors: SandboxProcess, window: Any
) -> None:
    break_google(vendors)
    before = waiting(vendors)
    assert find_slots(treatment=cleaning, window=window).slots == []
    assert waiting(vendors) == before


def test_a_refused_time_does_not_ask_google_either(
    book: Callable[..., Appointment], vendors: SandboxProcess
) -> None:
    break_google(vendors)
    before = waiting(vendors)
    with nothing_happens():
        with pytest.raises(OutsideHours):
            book(starts_at=tomorrow(13))
        with pytest.raises(NoticeTooShort):
            book(starts_at=NOW)
    assert waiting(vendors) == before


def test_booking_reads_google_again(
    book: Callable[..., Appointment], calendar: str, vendors: SandboxProcess
) -> None:
    meeting(vendors, calendar)
    for actor in (PATIENT, STAFF):
        with pytest.raises(SlotTaken) as refusal:
            book(actor)
        assert tomorrow(10) not in [slot.starts_at for slot in refusal.value.slots]
    assert not Appointment.objects.exists()
    assert book(starts_at=tomorrow(11)).status == "scheduled"


def test_without_google_a_patient_leaves_a_request_and_staff_decide(
    book: Callable[..., Appointment], vendors: SandboxProcess
) -> None:
    break_google(vendors)
    with pytest.raises(CalendarNotTrusted):
        book()
    assert not Appointment.objects.exists()
    assert book(kind="request").status == "pending_confirmation"
    assert book(STAFF, starts_at=tomorrow(11)).status == "scheduled"


def test_a_young_mirror_makes_a_request(
    book: Callable[..., Appointment], cleaning: Treatment, vendors: SandboxProcess
) -> None:
    with clock.frozen(clock.now()):
        find_slots(treatment=cleaning, window=DAY)
        break_google(vendors)
        found = find_slots(treatment=cleaning, window=DAY)
        assert set(found.trust.values()) == {"delayed"}
        assert book().status == "pending_confirmation"


def test_moving_reads_google_too(
    book: Callable[..., Appointment], calendar: str, vendors: SandboxProcess
) -> None:
    booked = book(starts_at=tomorrow(9))
    meeting(vendors, calendar)
    with nothing_happens(), pytest.raises(SlotTaken):
        booking.reschedule_appointment(
            appointment_id=booked.pk,
            professional_id=booked.professional_id,
            starts_at=tomorrow(10),
            actor=PATIENT,
        )
