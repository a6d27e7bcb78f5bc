"""Twenty at once for one professional, one chair, one patient: one wins, nobody sees a deadlock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from clinics.models import (
    Appointment,
    AppointmentChange,
    Chair,
    Event,
    Patient,
    Professional,
    Treatment,
)
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.errors import PatientBusy, SlotTaken
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import (
    NOW,
    make_patient,
    make_professional,
    make_treatment,
    tomorrow,
)
from tests.races.racing import RACERS, race

STAFF = Actor.staff(uuid.UUID(int=7))


class Setting:
    """A clinic with enough of everything for each racer to have their own."""

    def __init__(self, clinic: Clinic, *, chairs: int = 0) -> None:
        self.clinic = clinic
        self.treatment: Treatment = make_treatment()
        self.people: list[Professional] = [
            make_professional(f"Profesional Número {n}", treatments=(self.treatment,))
            for n in range(RACERS)
        ]
        self.patients: list[Patient] = [
            make_patient(f"Paciente Número {n}", dni=f"3000{n:04}", phone=f"+5491155551{n:03}")
            for n in range(RACERS)
        ]
        self.chairs = [Chair.objects.create(name=f"Sillón {n:02}") for n in range(chairs)]

    def book(self, n: int, **given: Any) -> Callable[[], Appointment]:
        asked: dict[str, Any] = {
            "patient": self.patients[n],
            "professional_id": self.people[n].pk,
            "treatment": self.treatment,
            "starts_at": tomorrow(10),
            "actor": STAFF,
            "source": "staff",
        }
        return lambda: booking.book_appointment(**(asked | given))


@pytest.fixture
def inside(throwaway: Clinic) -> Iterator[Clinic]:
    with clinic_scope(throwaway), clock.frozen(NOW):
        yield throwaway


def winner_of(results: list[Any], refusal: type[Exception]) -> Appointment:
    """Return the one appointment; everybody else was refused in the same, meant way."""
    won = [result for result in results if isinstance(result, Appointment)]
    lost = [result for result in results if not isinstance(result, Appointment)]
    assert [type(error) for error in lost] == [refusal] * (len(results) - 1), lost
    assert len(won) == 1
    return won[0]


def assert_only(booked: Appointment) -> None:
    assert [row.pk for row in Appointment.objects.all()] == [booked.pk]
    assert AppointmentChange.objects.count() == 1
    assert Event.objects.count() == 1


def test_one_professional_has_one_winner(inside: Clinic) -> None:
    setting = Setting(inside)
    wanted = setting.people[0].pk
    results = race(inside, NOW, [setting.book(n, professional_id=wanted) for n in range(RACERS)])
    assert_only(winner_of(results, SlotTaken))
    for error in results:
        if isinstance(error, SlotTaken):
            starts = [slot.starts_at for slot in error.slots]
            assert len(starts) == 3
            assert tomorrow(10) not in starts
            assert [slot.professional_id for slot in error.slots] == [wanted] * 3


def test_one_chair_has_one_winner(inside: Clinic) -> None:
    setting = Setting(inside, chairs=1)
    results = race(inside, NOW, [setting.book(n) for n in range(RACERS)])
    booked = winner_of(results, SlotTaken)
    assert booked.chair_id == setting.chairs[0].pk
    assert_only(booked)


def test_chairs_go_round_until_they_are_taken(inside: Clinic) -> None:
    setting = Setting(inside, chairs=3)
    results = race(inside, NOW, [setting.book(n) for n in range(RACERS)])
    booked = [result for result in results if isinstance(result, Appointment)]
    assert {row.chair_id for row in booked} == {chair.pk for chair in setting.chairs}
    assert len(booked) == 3
    assert all(isinstance(r, SlotTaken) for r in results if not isinstance(r, Appointment))


def test_one_patient_has_one_winner(inside: Clinic) -> None:
    setting = Setting(inside)
    same = setting.patients[0]
    results = race(inside, NOW, [setting.book(n, patient=same) for n in range(RACERS)])
    assert_only(winner_of(results, PatientBusy))


def test_one_request_key_is_one_appointment(inside: Clinic) -> None:
    setting = Setting(inside)
    results = race(inside, NOW, [setting.book(0, request_key="once") for _ in range(RACERS)])
    booked = Appointment.objects.get()
    assert [result.pk for result in results] == [booked.pk] * RACERS
    assert_only(booked)


def test_two_who_swap_their_times_meet_no_deadlock(inside: Clinic) -> None:
    """Moves lock old and new: crossing moves of many pairs end, and no time is held twice."""
    setting = Setting(inside)
    rows = [setting.book(n)() for n in range(RACERS)]

    def move(n: int) -> Callable[[], Appointment]:
        partner = n + 1 if n % 2 == 0 else n - 1
        return lambda: booking.reschedule_appointment(
            appointment_id=rows[n].pk,
            professional_id=setting.people[partner].pk,
            starts_at=tomorrow(10),
            actor=STAFF,
        )

    results = race(inside, NOW, [move(n) for n in range(RACERS)])
    assert all(isinstance(result, SlotTaken) for result in results), results
    assert Appointment.objects.filter(starts_at=tomorrow(10)).count() == RACERS
    assert AppointmentChange.objects.count() == RACERS


def test_a_hold_and_a_booking_have_one_winner(inside: Clinic) -> None:
    setting = Setting(inside)
    wanted = setting.people[0].pk

    def hold() -> Appointment:
        talk = uuid.uuid4()
        return booking.hold_slot(
            conversation_id=talk,
            professional_id=wanted,
            treatment=setting.treatment,
            starts_at=tomorrow(10),
            actor=Actor.patient(talk),
        )

    runners = [hold if n % 2 else setting.book(n, professional_id=wanted) for n in range(RACERS)]
    booked = winner_of(race(inside, NOW, runners), SlotTaken)
    assert [row.pk for row in Appointment.objects.all()] == [booked.pk]


def test_an_expired_hold_is_removed_by_exactly_one(inside: Clinic) -> None:
    setting = Setting(inside)
    wanted = setting.people[0].pk
    talk = uuid.uuid4()
    held = booking.hold_slot(
        conversation_id=talk,
        professional_id=wanted,
        treatment=setting.treatment,
        starts_at=tomorrow(10),
        actor=Actor.patient(talk),
    )
    later = NOW + timedelta(minutes=11)
    results = race(inside, later, [setting.book(n, professional_id=wanted) for n in range(RACERS)])
    booked = winner_of(results, SlotTaken)
    assert booked.pk != held.pk
    assert_only(booked)


def test_control_without_locks_and_constraint_the_race_is_lost(inside: Clinic) -> None:
    """Looking first and inserting then, the constraint gone, double-books: the race is real."""
    setting = Setting(inside)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE appointments DROP CONSTRAINT appointment_professional_free")
    looked = threading.Barrier(2)

    def look_then_insert(n: int) -> Callable[[], bool]:
        def run() -> bool:
            person = setting.people[0]
            if Appointment.objects.filter(
                professional=person, starts_at__lt=tomorrow(11), ends_at__gt=tomorrow(10)
            ).exists():
                return False
            looked.wait(timeout=30)
            Appointment.objects.create(
                patient=setting.patients[n],
                professional=person,
                treatment=setting.treatment,
                starts_at=tomorrow(10),
                ends_at=tomorrow(10, 30),
                status="scheduled",
                source="staff",
            )
            return True

        return run

    assert race(inside, NOW, [look_then_insert(0), look_then_insert(1)]) == [True, True]
    assert Appointment.objects.count() == 2


def test_control_with_the_constraint_the_same_race_is_refused(inside: Clinic) -> None:
    setting = Setting(inside)
    looked = threading.Barrier(2)

    def look_then_insert(n: int) -> Callable[[], bool]:
        def run() -> bool:
            looked.wait(timeout=30)
            Appointment.objects.create(
                patient=setting.patients[n],
                professional=setting.people[0],
                treatment=setting.treatment,
                starts_at=tomorrow(10),
                ends_at=tomorrow(10, 30),
                status="scheduled",
                source="staff",
            )
            return True

        return run

    results = race(inside, NOW, [look_then_insert(0), look_then_insert(1)])
    assert sum(result is True for result in results) == 1
    assert Appointment.objects.count() == 1
