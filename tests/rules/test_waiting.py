"""The waiting list: who may join, whom free time suits, and the booking that ends the wait."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from clinics.models import (
    Appointment,
    Event,
    Patient,
    Professional,
    Treatment,
    WaitingEntry,
    WaitingStatus,
)
from clinics.services import absences, booking, waiting
from clinics.services.actors import Actor
from clinics.services.errors import FactsMissing, SlotTaken
from clinics.services.waiting_matches import find_candidates
from dentalogic.core import clock, relay
from dentalogic.core.errors import Invalid, NotFound, StaleVersion
from dentalogic.core.models import OutboxMessage
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow
from tests.rules.untouched import nothing_happens

WHO = uuid.UUID(int=7)
STAFF = Actor.staff(WHO)
WEDNESDAY = "2"
Join = Callable[..., WaitingEntry]


@pytest.fixture
def join(cleaning: Treatment, ruiz: Professional) -> Join:
    def make(patient: Patient | None = None, **more: Any) -> WaitingEntry:
        number = WaitingEntry.objects.count()
        who = patient or make_patient(f"Espera {number}", dni=f"401112{number:02}")
        given: dict[str, Any] = {
            "patient_id": who.pk,
            "treatment_id": cleaning.pk,
            "source": "staff",
        }
        # One after the other.
        with clock.frozen(clock.now() + timedelta(seconds=number)):
            return waiting.join_waiting_list(**(given | more))

    return make


def book(patient: Patient, treatment: Treatment, ruiz: Professional, hour: int) -> Appointment:
    return booking.book_appointment(
        patient=patient,
        professional_id=ruiz.pk,
        treatment=treatment,
        starts_at=tomorrow(hour),
        actor=STAFF,
        source="staff",
    )


def suits(start: int, end: int, who: Professional | None = None) -> list[tuple[uuid.UUID, Any]]:
    found = find_candidates(
        professional_id=who.pk if who else None, starts_at=tomorrow(start), ends_at=tomorrow(end)
    )
    return [(one.entry.pk, one.slot.starts_at) for one in found]


def test_joining_is_for_a_month_and_told(join: Join, ana: Patient) -> None:
    entry = join(ana)
    assert (entry.from_day, entry.until_day) == (date(2026, 11, 24), date(2026, 12, 24))
    assert (entry.status, entry.version, entry.preferred_hours) == ("waiting", 1, {})
    event = Event.objects.get()
    assert (event.type, event.data["id"]) == ("PATIENT_UPDATED", str(ana.pk))


def test_one_open_entry_per_patient_and_treatment(join: Join, ana: Patient) -> None:
    entry = join(ana)
    with pytest.raises(waiting.AlreadyWaiting):
        join(ana)
    assert WaitingEntry.objects.count() == 1
    other = make_treatment("conducto", 60, "Conducto")
    join(ana, treatment_id=other.pk)
    waiting.withdraw(entry_id=entry.pk, version=1)
    join(ana)
    assert WaitingEntry.objects.filter(status="waiting").count() == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from_day": date(2026, 12, 2), "until_day": date(2026, 12, 1)}, "until_day"),
        ({"from_day": date(2026, 11, 1), "until_day": date(2026, 11, 23)}, "until_day"),
        ({"until_day": date(2028, 1, 1)}, "until_day"),
        ({"preferred_hours": {"7": []}}, "preferred_hours.7"),
        (
            {"preferred_hours": {"0": [{"start": "12", "end": "13:00"}]}},
            "preferred_hours.0.0.start",
        ),
        ({"preferred_hours": "mañana"}, "preferred_hours"),
    ],
)
def test_wishes_that_can_not_be(
    join: Join, ana: Patient, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused, nothing_happens():
        join(ana, **given)
    assert field in refused.value.details["errors"]
    assert not WaitingEntry.objects.exists()


def test_people_and_treatments_that_are_not_there(
    join: Join, ana: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    for name in ("patient_id", "treatment_id", "professional_id", "instead_of_id"):
        with pytest.raises(NotFound), nothing_happens():
            join(ana, **{name: uuid.uuid4()})
    with pytest.raises(Invalid):
        join(ana, professional_id=make_professional("Sin Tratamientos").pk)
    theirs = book(make_patient("Otra Persona", dni="30999888"), cleaning, ruiz, 10)
    with pytest.raises(Invalid):
        join(ana, instead_of_id=theirs.pk)
    Treatment.objects.filter(pk=cleaning.pk).update(is_active=False)
    with pytest.raises(Invalid):
        join(ana)
    assert not WaitingEntry.objects.exists()


def test_free_time_suits_in_the_order_of_the_list(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    first = join()
    late = join(preferred_hours={WEDNESDAY: [{"start": "11:00", "end": "12:00"}]})
    join(preferred_hours={"0": [{"start": "09:00", "end": "18:00"}]})
    join(professional_id=gomez.pk)
    hers = join(professional_id=ruiz.pk)
    join(from_day=date(2026, 11, 26))
    join(until_day=date(2026, 11, 24))
    have = book(ana, cleaning, ruiz, 11)
    sooner = join(ana, instead_of_id=have.pk)
    assert suits(10, 13, ruiz) == [
        (first.pk, tomorrow(10)),
        (late.pk, tomorrow(11, 30)),
        (hers.pk, tomorrow(10)),
        (sooner.pk, tomorrow(10)),
    ]
    # After the appointment that she has, a time is no better.
    assert sooner.pk not in dict(suits(12, 13, ruiz))
    assert len(suits(10, 13)) == 5
    # Too short for the treatment, closed, over.
    assert suits(13, 14) == []
    assert suits(-17, -15) == []


def test_nobody_is_offered_a_time_at_which_they_are_here_already(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    book(ana, cleaning, ruiz, 10)
    entry = join(ana, professional_id=gomez.pk)
    assert suits(10, 11, gomez) == [(entry.pk, tomorrow(10, 30))]


def freed() -> int:
    return OutboxMessage.objects.filter(topic="time.freed").count()


def test_what_frees_time_has_the_list_looked_at(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    one = book(ana, cleaning, ruiz, 10)
    booking.cancel_appointment(appointment_id=one.pk, actor=STAFF)
    assert freed() == 0, "nobody waits"
    entry = join()
    moved, absent = (
        book(make_patient(f"Persona {h}", dni=f"3011122{h}"), cleaning, ruiz, h) for h in (11, 12)
    )
    booking.confirm_appointment(appointment_id=moved.pk, actor=STAFF)
    assert freed() == 0
    booking.reschedule_appointment(
        appointment_id=moved.pk, professional_id=ruiz.pk, starts_at=tomorrow(15), actor=STAFF
    )
    assert freed() == 1
    booking.change_status(appointment_id=absent.pk, to="no_show", actor=STAFF)
    assert freed() == 2
    away = absences.add_absence(
        professional_id=ruiz.pk, starts_at=tomorrow(9), ends_at=tomorrow(13), by=WHO
    )
    assert suits(9, 13, ruiz) == []
    assert freed() == 2
    absences.remove_absence(professional_id=ruiz.pk, absence_id=away.pk)
    assert freed() == 3
    day = date(2026, 11, 25)
    closure = absences.add_closure(starts_on=day, ends_on=day, name="Obra", by=WHO)
    absences.remove_closure(closure_id=closure.pk)
    assert freed() == 4
    Event.objects.all().delete()
    relay.drain(sinks=("google",))
    told = Event.objects.filter(type="PATIENT_UPDATED").first()
    assert told is not None
    assert told.data["waiting"]["entry_id"] == str(entry.pk)
    assert told.data["waiting"]["candidates"] == 1


def test_offering_asks_whether_it_is_free(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    book(ana, cleaning, ruiz, 10)
    entry = join()
    given: dict[str, Any] = {"entry_id": entry.pk, "professional_id": ruiz.pk}
    for taken in (tomorrow(10), tomorrow(13), tomorrow(10, 7), NOW - timedelta(hours=1)):
        with pytest.raises(SlotTaken):
            waiting.offer_time(**given, starts_at=taken, version=1)
    with pytest.raises(StaleVersion):
        waiting.offer_time(**given, starts_at=tomorrow(11), version=2)
    assert waiting.find_entry(entry.pk).version == 1
    offered = waiting.offer_time(**given, starts_at=tomorrow(11), version=1)
    assert (offered.status, offered.offered_at, offered.offered_starts_at, offered.version) == (
        "offered",
        NOW,
        tomorrow(11),
        2,
    )
    assert suits(9, 13, ruiz) == [], "offered already"


def test_booking_ends_the_wait_once(join: Join, ruiz: Professional, cleaning: Treatment) -> None:
    entry = join()
    given: dict[str, Any] = {
        "entry_id": entry.pk,
        "professional_id": ruiz.pk,
        "starts_at": tomorrow(10),
        "actor": STAFF,
        "source": "staff",
    }
    booked = waiting.book_entry(**given, version=1)
    appointment = Appointment.objects.get()
    assert (booked.status, booked.booked_id, booked.version) == ("booked", appointment.pk, 2)
    with pytest.raises(waiting.NoLongerWaiting), nothing_happens():
        waiting.book_entry(**given)
    with pytest.raises(waiting.NoLongerWaiting), nothing_happens():
        waiting.withdraw(entry_id=entry.pk)


def test_what_died_after_the_booking_is_finished_by_the_next_try(
    join: Join, ruiz: Professional, cleaning: Treatment
) -> None:
    entry = join()
    given: dict[str, Any] = {"professional_id": ruiz.pk, "actor": STAFF, "source": "staff"}
    # The booking stood and the list was not reached.
    made = booking.book_appointment(
        patient=entry.patient,
        treatment=cleaning,
        starts_at=tomorrow(10),
        request_key=f"waiting:{entry.pk}:1",
        **given,
    )
    with pytest.raises(StaleVersion):
        waiting.book_entry(entry_id=entry.pk, starts_at=tomorrow(11), version=1, **given)
    waiting.book_entry(entry_id=entry.pk, starts_at=tomorrow(10), version=1, **given)
    assert Appointment.objects.get().pk == made.pk


def test_who_has_a_later_appointment_is_moved(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    have = book(ana, cleaning, ruiz, 16)
    entry = join(ana, instead_of_id=have.pk)
    waiting.book_entry(
        entry_id=entry.pk,
        professional_id=ruiz.pk,
        starts_at=tomorrow(10),
        actor=STAFF,
        source="staff",
    )
    moved = Appointment.objects.get()
    assert (moved.pk, moved.starts_at) == (have.pk, tomorrow(10))
    assert waiting.find_entry(entry.pk).booked_id == have.pk


def test_a_taken_time_leaves_the_wait_as_it_was(
    join: Join, ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    book(ana, cleaning, ruiz, 10)
    entry = join()
    with pytest.raises(SlotTaken) as taken, nothing_happens():
        waiting.book_entry(
            entry_id=entry.pk,
            professional_id=ruiz.pk,
            starts_at=tomorrow(10),
            actor=STAFF,
            source="staff",
        )
    assert len(taken.value.slots) == 3
    assert waiting.find_entry(entry.pk).status == "waiting"


def test_a_guest_who_books_from_the_list_passes_the_gate(join: Join, ruiz: Professional) -> None:
    guest = make_patient("Sin Datos", active=False)
    entry = join(guest, source="agent", conversation_id=uuid.UUID(int=9))
    with pytest.raises(FactsMissing):
        waiting.book_entry(
            entry_id=entry.pk,
            professional_id=ruiz.pk,
            starts_at=tomorrow(10),
            actor=Actor.patient(uuid.UUID(int=9)),
            source="agent",
        )
    assert waiting.find_entry(entry.pk).status == "waiting"
    assert not Appointment.objects.exclude(status="held").exists()


def test_entries_end_with_their_last_day(join: Join, ana: Patient) -> None:
    entry = join(ana, until_day=date(2026, 11, 25))
    owed = OutboxMessage.objects.get(topic="waiting.expires")
    assert owed.due_at == tomorrow(24) or owed.due_at < tomorrow(24)
    with clock.frozen(tomorrow(23)):
        waiting.expire_entries()
        assert waiting.find_entry(entry.pk).status == "waiting"
    with clock.frozen(tomorrow(24)):
        assert suits(24 + 9, 24 + 13) == []
        waiting.expire_entries()
        waiting.expire_entries()
        assert waiting.find_entry(entry.pk).status == WaitingStatus.EXPIRED
        # And stands in nobody's way.
        join(ana)
