"""Times as numbers are the slots of the agenda, and few of them are computed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinics.models import Chair, Professional, Treatment
from clinics.services.availability import Question, Slot, find_slots
from clinics.services.openings import Openings, Window
from clinics.tenancy.models import Clinic
from tests.agent.desk import staff_books
from tests.fixtures.clinics import make_patient, make_professional, make_treatment, tomorrow


def times(openings: Openings) -> list[Slot]:
    return [
        opening.slot(start)
        for day in openings.days()
        for start, there in day.starts.items()
        for opening in there
    ]


@pytest.fixture
def agenda(in_alfa: Clinic, ruiz: Professional, cleaning: Treatment) -> Treatment:
    """Two professionals, two chairs, some visits, and an urgent reserve."""
    in_alfa.settings = {"urgent_minutes_per_day": 60, "buffer_after_minutes": 5}
    in_alfa.save()
    for name in ("Uno", "Dos"):
        Chair.objects.create(name=name)
    make_professional("Abel Gómez", treatments=(cleaning,))
    for hour in (9, 10, 15):
        staff_books(make_patient(f"Visita {hour}"), ruiz, cleaning, tomorrow(hour, 15))
    return cleaning


@pytest.mark.parametrize("urgent", [False, True])
@pytest.mark.parametrize(
    "windows",
    [
        [(tomorrow(0), tomorrow(24))],
        [(tomorrow(0), tomorrow(24 * 8))],
        [(tomorrow(9, 40), tomorrow(11, 10)), (tomorrow(14), tomorrow(24 + 10))],
        [(tomorrow(10), tomorrow(10, 30)), (tomorrow(10, 15), tomorrow(10, 45))],
        [(tomorrow(9) + timedelta(microseconds=1), tomorrow(10))],
        [(tomorrow(3), tomorrow(4))],
    ],
)
def test_the_slots_inside_the_windows(
    agenda: Treatment, windows: list[Window], *, urgent: bool
) -> None:
    whole = find_slots(
        treatment=agenda, window=(tomorrow(-24), tomorrow(24 * 9)), urgent=urgent
    ).slots
    inside = [s for s in whole if any(a <= s.starts_at and s.ends_at <= b for a, b in windows)]
    assert times(Openings(Question(agenda, None, urgent), windows)) == inside


def test_reasons_are_those_of_the_windows(agenda: Treatment) -> None:
    night = Openings(Question(agenda, None), [(tomorrow(3), tomorrow(4))])
    assert set(night.reasons()) == {"closed"}
    apart = [(tomorrow(3), tomorrow(4)), (tomorrow(13), tomorrow(14))]
    assert set(Openings(Question(agenda, None), apart).reasons()) == {"closed", "break"}


def test_nobody_offers_it(in_alfa: Clinic) -> None:
    alone = Openings(Question(make_treatment(), None), [(tomorrow(0), tomorrow(24))])
    assert (times(alone), alone.reasons(), alone.names) == ([], [], {})
