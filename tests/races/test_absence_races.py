"""Absences against each other and against bookings: nobody is forgotten, nobody is listed twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from clinics.models import Absence, Appointment, MoveRequest
from clinics.services import absences, booking
from clinics.services.actors import Actor
from clinics.services.errors import OutsideHours
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
from tests.races.racing import race

WHO = uuid.UUID(int=7)
STAFF = Actor.staff(WHO)


@pytest.fixture
def inside(throwaway: Clinic) -> Iterator[Clinic]:
    with clinic_scope(throwaway), clock.frozen(NOW):
        yield throwaway


def test_absences_closures_bookings_and_cancellations_at_once(inside: Clinic) -> None:
    treatment = make_treatment()
    ruiz = make_professional(treatments=(treatment,))
    people = [make_patient(f"Persona {n}", dni=f"3000{n:04}") for n in range(10)]

    def book(n: int) -> Any:
        return booking.book_appointment(
            patient=people[n],
            professional_id=ruiz.pk,
            treatment=treatment,
            starts_at=tomorrow(9, 30 * n) if n < 8 else tomorrow(14, 30 * (n - 8)),
            actor=STAFF,
            source="staff",
        )

    booked = [book(n) for n in range(4)]
    day = date(2026, 11, 25)
    runners: list[Any] = [
        *(
            lambda: absences.add_absence(
                professional_id=ruiz.pk, starts_at=tomorrow(9), ends_at=tomorrow(12), by=WHO
            )
            for _ in range(4)
        ),
        *(
            lambda: absences.add_closure(starts_on=day, ends_on=day, name="Obra", by=WHO)
            for _ in range(2)
        ),
        *(lambda n=n: book(n) for n in (4, 5, 8, 9)),
        *(
            lambda one=one: booking.cancel_appointment(appointment_id=one.pk, actor=STAFF)
            for one in booked[:2]
        ),
    ]
    results = race(inside, NOW, runners)
    errors = {type(one) for one in results if isinstance(one, Exception)}
    assert errors <= {OutsideHours}, results
    assert Absence.objects.count() == 4
    live = set(Appointment.objects.filter(status="scheduled").values_list("pk", flat=True))
    listed = list(MoveRequest.objects.filter(settled="").values_list("appointment_id", flat=True))
    assert len(listed) == len(set(listed))
    assert set(listed) == live
