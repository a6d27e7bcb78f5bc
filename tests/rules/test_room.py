"""Today's room: where everybody is, since when, and what may happen next."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Appointment, Patient, Professional, Treatment
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.errors import TransitionRefused
from clinics.services.lifecycle import allowed_next
from clinics.services.reception import Place, Visit, read_room
from dentalogic.core import clock
from tests.fixtures.clinics import make_patient, make_professional, tomorrow

STAFF = Actor.staff(uuid.UUID(int=7))
DAY = tomorrow(9).date()
Book = Callable[..., Appointment]


@pytest.fixture
def book(ruiz: Professional, cleaning: Treatment) -> Book:
    def make(
        hour: int, minute: int = 0, *, name: str = "", with_: Professional = ruiz
    ) -> Appointment:
        number = f"{hour:02}{minute:02}"
        return booking.book_appointment(
            patient=make_patient(name or f"Persona {number}", dni=f"30{number}11"),
            professional_id=with_.pk,
            treatment=cleaning,
            starts_at=tomorrow(hour, minute),
            actor=STAFF,
            source="staff",
        )

    return make


def step(appointment: Appointment, to: str, hour: int, minute: int = 0) -> None:
    with clock.frozen(tomorrow(hour, minute)):
        booking.change_status(appointment_id=appointment.pk, to=to, actor=STAFF)


def seen(appointment: Appointment, hour: int, minute: int = 0) -> Visit:
    with clock.frozen(tomorrow(hour, minute)):
        room = read_room(day=DAY)
    return next(one for one in room.visits if one.appointment.pk == appointment.pk)


def test_one_visit_from_the_door_to_the_end(book: Book) -> None:
    one = book(10)
    visit = seen(one, 9, 50)
    assert (visit.place, visit.since, visit.minutes) == (Place.EXPECTED, None, None)
    visit = seen(one, 10, 7)
    assert (visit.place, visit.since, visit.minutes) == (Place.LATE, tomorrow(10), 7)
    step(one, "arrived", 10, 8)
    visit = seen(one, 10, 20)
    assert (visit.place, visit.since, visit.minutes) == (Place.WAITING, tomorrow(10, 8), 12)
    assert set(visit.next) == {"in_chair", "completed", "cancelled", "no_show"}
    step(one, "in_chair", 10, 21)
    visit = seen(one, 10, 40)
    assert (visit.place, visit.since, visit.minutes) == (Place.IN_CHAIR, tomorrow(10, 21), 19)
    assert visit.next == ("completed",)
    step(one, "completed", 10, 45)
    visit = seen(one, 12)
    assert (visit.place, visit.since, visit.minutes) == (Place.DONE, tomorrow(10, 45), 37)
    assert (visit.next, visit.undo_to) == ((), "in_chair")


def test_undoing_takes_the_end_back_and_keeps_the_arrival(book: Book) -> None:
    one = book(10)
    step(one, "arrived", 10)
    step(one, "in_chair", 10, 5)
    step(one, "completed", 10, 30)
    with clock.frozen(tomorrow(10, 31)):
        booking.undo_status(appointment_id=one.pk, actor=STAFF, reason="era otro")
    one.refresh_from_db()
    assert (one.arrived_at, one.seated_at, one.completed_at) == (
        tomorrow(10),
        tomorrow(10, 5),
        None,
    )
    assert seen(one, 10, 32).place is Place.IN_CHAIR


def test_what_may_be_undone_is_what_the_service_allows(book: Book) -> None:
    completed, absent, cancelled = book(10), book(11), book(12)
    step(completed, "arrived", 10)
    step(completed, "completed", 10, 30)
    step(absent, "no_show", 11, 20)
    step(cancelled, "cancelled", 9)
    for moment in (tomorrow(13), tomorrow(13) + timedelta(days=1)):
        with clock.frozen(moment):
            room = read_room(day=DAY)
            assert [one.appointment.pk for one in room.visits] == [completed.pk, absent.pk]
            for visit in room.visits:
                offered = [*visit.next, *([visit.undo_to] if visit.undo_to else [])]
                assert offered == allowed_next(visit.appointment, STAFF)
    assert seen(absent, 13).place is Place.NO_SHOW


def test_a_request_is_expected_and_never_late(book: Book) -> None:
    one = book(10)
    Appointment.objects.filter(pk=one.pk).update(status="pending_confirmation")
    assert seen(one, 11).place is Place.EXPECTED


def test_the_day_is_the_clinics_and_only_that_day(book: Book) -> None:
    here = book(10)
    with clock.frozen(tomorrow(0)):
        assert [one.appointment.pk for one in read_room().visits] == [here.pk]
        counts = read_room().counts()
    assert counts == dict.fromkeys(map(str, Place), 0) | {"expected": 1}
    # Ten at night of the day before, in UTC already the next one.
    with clock.frozen(tomorrow(-2)):
        assert read_room().visits == []


def test_a_professional_may_be_asked_for_alone(book: Book, cleaning: Treatment) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    book(10)
    other = book(10, 30, with_=gomez)
    room = read_room(day=DAY, professional_id=gomez.pk)
    assert [one.appointment.pk for one in room.visits] == [other.pk]


def test_as_many_statements_for_many_as_for_few(book: Book) -> None:
    for hour in (9, 10, 11, 12):
        step(book(hour), "no_show", hour, 25)
    with clock.frozen(tomorrow(15)), CaptureQueriesContext(connection) as asked:
        assert len(read_room(day=DAY).visits) == 4
    assert len(asked) == 2


def test_a_step_that_the_room_does_not_offer_is_refused(book: Book, ana: Patient) -> None:
    one = book(10)
    with pytest.raises(TransitionRefused):
        step(one, "in_chair", 10)
    one.refresh_from_db()
    assert (one.status, one.seated_at, one.version) == ("scheduled", None, 1)
