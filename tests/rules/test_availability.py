"""What is offered can be booked, what is not can't, and slots and reasons share out the window."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import (
    Absence,
    Appointment,
    Chair,
    Closure,
    Patient,
    Professional,
    Treatment,
)
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.availability import Availability, find_slots, nearest_alternatives
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError
from tests.fixtures.clinics import (
    NOW,
    make_patient,
    make_professional,
    make_treatment,
    tomorrow,
)
from tests.rules.untouched import nothing_happens

TALK = uuid.UUID(int=8)
PATIENT = Actor.patient(TALK)
STAFF = Actor.staff(uuid.UUID(int=7))
DAY = (tomorrow(0), tomorrow(24))


def assert_covers(found: Availability, window: tuple[datetime, datetime]) -> None:
    """Per professional: no reason overlaps anything, and nothing of the window is left out."""
    for person in found.trust:
        reasons = [(r.starts_at, r.ends_at) for r in found.reasons if r.professional_id == person]
        slots = [(s.starts_at, s.ends_at) for s in found.slots if s.professional_id == person]
        assert not any(a < d and c < b for a, b in reasons for c, d in slots)
        marks = sorted(reasons + slots)
        at = window[0]
        for start, end in marks:
            assert start <= at
            at = max(at, end)
        assert at == window[1]
        alone = sorted(reasons)
        assert all(left[1] <= right[0] for left, right in pairwise(alone))


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def can_book(patient: Patient, **asked: Any) -> bool:
    """Book for real and take it back; a refusal must leave nothing."""
    with taken_back():
        try:
            with transaction.atomic():
                booking.book_appointment(patient=patient, actor=PATIENT, source="agent", **asked)
        except DomainError:
            return False
        return True


minutes = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter * 15)
busy = st.lists(st.tuples(minutes, st.sampled_from([15, 30, 50, 90])), max_size=6)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    taken=busy,
    held=busy,
    away=busy,
    length=st.sampled_from([20, 30, 60]),
    chairs=st.integers(0, 2),
    preferences=st.fixed_dictionaries(
        {
            "granularity_minutes": st.sampled_from([10, 15, 30]),
            "buffer_before_minutes": st.sampled_from([0, 10]),
            "buffer_after_minutes": st.sampled_from([0, 5]),
            "minimum_notice_minutes": st.sampled_from([0, 60, 26 * 60]),
            "urgent_minutes_per_day": st.sampled_from([0, 60]),
        }
    ),
    urgent=st.booleans(),
    quarters=st.sets(minutes, min_size=4, max_size=12),
)
def test_offered_is_bookable_and_the_rest_is_not(
    in_alfa: Clinic,
    taken: list[tuple[int, int]],
    held: list[tuple[int, int]],
    away: list[tuple[int, int]],
    length: int,
    chairs: int,
    preferences: dict[str, int],
    urgent: bool,
    quarters: set[int],
) -> None:
    with taken_back():
        in_alfa.settings = preferences
        in_alfa.save()
        treatment = make_treatment(minutes=length)
        ruiz = make_professional(treatments=(treatment,))
        other = make_professional("Julián Gómez")
        ana, beto = make_patient(), make_patient("Beto Gil", dni="20111222")
        rows = [Chair.objects.create(name=f"Sillón {n}") for n in range(chairs)]
        midnight = tomorrow(0)

        def occupy(n: int, at: int, span: int, **fields: Any) -> None:
            try:
                with transaction.atomic():
                    Appointment.objects.create(
                        professional=(ruiz, other)[n % 2],
                        chair=rows[n % chairs] if chairs else None,
                        treatment=treatment,
                        starts_at=midnight + timedelta(minutes=at),
                        ends_at=midnight + timedelta(minutes=at + span),
                        source="staff",
                        **fields,
                    )
            except IntegrityError:
                return  # the drawn times collided: one appointment less

        for n, (at, span) in enumerate(taken):
            occupy(n, at, span, patient=beto, status="scheduled")
        for n, (at, span) in enumerate(held):
            expires = NOW + timedelta(minutes=5 if n % 2 else -5)
            talk = TALK if n == 2 else uuid.uuid4()
            occupy(n, at, span, status="held", hold_expires_at=expires, conversation_id=talk)
        for at, span in away[:2]:
            start = midnight + timedelta(minutes=at)
            Absence.objects.create(
                professional=ruiz, starts_at=start, ends_at=start + timedelta(minutes=span)
            )
        found = find_slots(treatment=treatment, window=DAY, urgent=urgent, conversation_id=TALK)
        assert_covers(found, DAY)
        offered = {slot.starts_at for slot in found.slots}
        asked = {midnight + timedelta(minutes=at) for at in quarters}
        asked |= set(sorted(offered)[:: max(1, len(offered) // 4)])
        for start in asked:
            assert can_book(
                ana,
                professional_id=ruiz.pk,
                treatment=treatment,
                starts_at=start,
                urgent=urgent,
            ) == (start in offered), start


@pytest.fixture
def abroad(in_alfa: Clinic) -> Clinic:
    in_alfa.timezone = "Europe/Madrid"
    in_alfa.country = "ES"
    in_alfa.save()
    return in_alfa


@pytest.mark.parametrize(
    ("day", "hours", "first_utc", "count"),
    [
        # Clocks go forward at 02:00 on 28 March 2027, back at 03:00 on 25 October 2026.
        (date(2027, 3, 28), [("00:00", "06:00")], 23, 5),
        (date(2026, 10, 25), [("00:00", "06:00")], 22, 7),
        (date(2027, 3, 28), [("02:00", "03:00")], None, 0),
    ],
)
def test_days_on_which_the_clocks_change(
    abroad: Clinic, day: date, hours: list[tuple[str, str]], first_utc: int | None, count: int
) -> None:
    from dentalogic.core.tenancy import clinic_scope

    blocks = [{"start": start, "end": end} for start, end in hours]
    with clinic_scope(abroad), clock.frozen(datetime(2026, 10, 1, tzinfo=UTC)):
        abroad.settings = {"urgent_minutes_per_day": 0, "horizon_days": 366}
        abroad.save()
        treatment = make_treatment(minutes=60)
        person = make_professional(hours={"6": blocks}, treatments=(treatment,))
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        window = midnight - timedelta(hours=12), midnight + timedelta(hours=36)
        found = find_slots(treatment=treatment, window=window)
        assert_covers(found, window)
        starts = [slot.starts_at for slot in found.slots]
        assert len([s for s in starts if s.minute == 0]) == count
        if first_utc is not None:
            assert starts[0].hour == first_utc
            booked = booking.book_appointment(
                patient=make_patient(),
                professional_id=person.pk,
                treatment=treatment,
                starts_at=starts[-1],
                actor=PATIENT,
                source="agent",
            )
            assert booked.ends_at - booked.starts_at == timedelta(hours=1)


def test_one_statement_however_many_professionals(cleaning: Treatment) -> None:
    for n in range(8):
        make_professional(f"Profesional {n}", treatments=(cleaning,))
    with CaptureQueriesContext(connection) as seen:
        found = find_slots(treatment=cleaning, window=(tomorrow(0), tomorrow(24 * 7)))
    assert len(seen) == 1
    assert len(found.trust) == 8


def test_a_limited_search_gives_the_first_times_in_at_most_three_statements(
    ruiz: Professional, cleaning: Treatment
) -> None:
    whole = find_slots(treatment=cleaning, window=(NOW, NOW + timedelta(days=80)))
    with CaptureQueriesContext(connection) as seen:
        few = find_slots(treatment=cleaning, window=(NOW, NOW + timedelta(days=80)), limit=5)
    assert len(seen) == 1
    assert few.slots == whole.slots[:5]
    assert few.reasons == []
    with CaptureQueriesContext(connection) as seen:
        many = find_slots(treatment=cleaning, window=(NOW, NOW + timedelta(days=80)), limit=9999)
    assert len(seen) == 3
    assert many.slots == whole.slots


def test_a_limited_search_that_finds_nothing_says_why(
    ruiz: Professional, cleaning: Treatment
) -> None:
    Closure.objects.create(starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 25), name="Obra")
    found = find_slots(treatment=cleaning, window=DAY, limit=3)
    assert found.slots == []
    assert {reason.code for reason in found.reasons} == {"holiday"}
    assert_covers(found, DAY)


def test_the_moved_appointment_is_not_in_its_own_way(
    ruiz: Professional, cleaning: Treatment, ana: Patient
) -> None:
    mine = booking.book_appointment(
        patient=ana,
        professional_id=ruiz.pk,
        treatment=cleaning,
        starts_at=tomorrow(10),
        actor=STAFF,
        source="staff",
    )
    window = (tomorrow(10), tomorrow(10, 30))
    assert find_slots(treatment=cleaning, window=window).slots == []
    assert len(find_slots(treatment=cleaning, window=window, exclude=mine).slots) == 1


def test_alternatives_come_from_elsewhere_when_the_day_is_full(
    ruiz: Professional, cleaning: Treatment
) -> None:
    Absence.objects.create(
        professional=ruiz, starts_at=tomorrow(0), ends_at=tomorrow(0) + timedelta(days=20)
    )
    slots = nearest_alternatives(
        treatment=cleaning, professional_id=ruiz.pk, around=tomorrow(0) + timedelta(days=5)
    )
    assert len(slots) == 3
    assert all(slot.starts_at >= tomorrow(0) + timedelta(days=20) for slot in slots)


def test_other_clinics_agendas_are_not_read(
    ruiz: Professional, cleaning: Treatment, beta: Clinic
) -> None:
    from dentalogic.core.tenancy import clinic_scope

    with clinic_scope(beta), nothing_happens():
        assert find_slots(treatment=cleaning, window=DAY) == Availability()
