"""Who can't be kept: found when somebody is away, settled by whatever happens next."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinics.models import Absence, Appointment, Closure, MoveRequest, Professional, Treatment
from clinics.services import absences, booking
from clinics.services.actors import Actor
from clinics.services.errors import OutsideHours
from clinics.services.moves import Cause, affected_by
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, make_patient, make_professional, tomorrow
from tests.rules.untouched import nothing_happens

WHO = uuid.UUID(int=7)
STAFF = Actor.staff(WHO)
Book = Callable[..., Appointment]


@pytest.fixture
def book(ruiz: Professional, cleaning: Treatment) -> Book:
    def make(starts_at: datetime, with_: Professional = ruiz) -> Appointment:
        number = Appointment.objects.count()
        return booking.book_appointment(
            patient=make_patient(f"Persona {number}", dni=f"301112{number:02}"),
            professional_id=with_.pk,
            treatment=cleaning,
            starts_at=starts_at,
            actor=STAFF,
            source="staff",
        )

    return make


def away(professional: Professional, starts: datetime, ends: datetime, **more: Any) -> Absence:
    return absences.add_absence(
        professional_id=professional.pk, starts_at=starts, ends_at=ends, by=WHO, **more
    )


def request_of(appointment: Appointment) -> MoveRequest:
    return MoveRequest.objects.get(appointment=appointment)


def test_an_absence_lists_who_is_in_it_and_nobody_else(
    book: Book, ruiz: Professional, cleaning: Treatment
) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    before, within, touching, after = (
        book(tomorrow(*at)) for at in ((9,), (10,), (10, 30), (11, 30))
    )
    colleague = book(tomorrow(10), gomez)
    arrived, ended = book(tomorrow(11)), book(tomorrow(12))
    Appointment.objects.filter(pk=arrived.pk).update(status="arrived")
    booking.cancel_appointment(appointment_id=ended.pk, actor=STAFF)

    # One hour and a quarter: a block is an absence like any other.
    absence = away(ruiz, tomorrow(10, 15), tomorrow(11, 30))

    assert list(affected_by(Cause.of_absence(absence))) == [within, touching]
    found = MoveRequest.objects.order_by("appointment__starts_at")
    assert [one.appointment_id for one in found] == [within.pk, touching.pk]
    assert {(one.cause, one.cause_id, one.created_by, one.settled) for one in found} == {
        ("absence", absence.pk, WHO, "")
    }
    for one in (before, after, colleague):
        one.refresh_from_db()
        assert one.status == "scheduled"


def test_nothing_new_goes_where_somebody_is_away(book: Book, ruiz: Professional) -> None:
    away(ruiz, tomorrow(10), tomorrow(11))
    with pytest.raises(OutsideHours):
        book(tomorrow(10))
    assert not Appointment.objects.exists()


def test_a_closure_covers_its_whole_days_and_everybody(book: Book, cleaning: Treatment) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    today, first, second = (
        book(NOW + timedelta(hours=5)),
        book(tomorrow(9)),
        book(tomorrow(17, 30), gomez),
    )
    day = date(2026, 11, 25)
    closure = absences.add_closure(starts_on=day, ends_on=day, name="Obra", by=WHO)
    assert {one.appointment_id for one in MoveRequest.objects.all()} == {first.pk, second.pk}
    assert not MoveRequest.objects.filter(appointment=today).exists()
    absences.add_closure(starts_on=day, ends_on=day, name="Guardia", opens=True, by=WHO)
    assert MoveRequest.objects.exclude(cause_id=closure.pk).count() == 0


@pytest.mark.parametrize(("step", "settled"), [
    ("cancelled", "cancelled"),
    ("no_show", "cancelled"),
    ("arrived", "kept"),
    ("completed", "kept"),
    ("confirmed", ""),
])  # fmt: skip
def test_a_step_of_the_appointment_settles_its_request(
    book: Book, ruiz: Professional, step: str, settled: str
) -> None:
    one = book(tomorrow(10))
    away(ruiz, tomorrow(10), tomorrow(11))
    booking.change_status(appointment_id=one.pk, to=step, actor=STAFF)
    request = request_of(one)
    assert request.settled == settled
    assert request.settled_at == (clock.now() if settled else None)


def test_moving_settles_it_and_a_new_absence_asks_again(book: Book, ruiz: Professional) -> None:
    one = book(tomorrow(10))
    away(ruiz, tomorrow(10), tomorrow(11))
    booking.reschedule_appointment(
        appointment_id=one.pk, professional_id=ruiz.pk, starts_at=tomorrow(15), actor=STAFF
    )
    assert request_of(one).settled == "moved"
    away(ruiz, tomorrow(14), tomorrow(16))
    assert sorted(MoveRequest.objects.values_list("settled", flat=True)) == ["", "moved"]


def test_one_open_request_however_many_causes(book: Book, ruiz: Professional) -> None:
    one = book(tomorrow(10))
    first = away(ruiz, tomorrow(10), tomorrow(11))
    second = away(ruiz, tomorrow(9), tomorrow(12))
    day = date(2026, 11, 25)
    closure = absences.add_closure(starts_on=day, ends_on=day, name="Obra", by=WHO)
    assert request_of(one).cause_id == first.pk
    absences.remove_absence(professional_id=ruiz.pk, absence_id=first.pk)
    assert (request_of(one).cause_id, request_of(one).settled) == (second.pk, "")
    absences.remove_absence(professional_id=ruiz.pk, absence_id=second.pk)
    assert (request_of(one).cause, request_of(one).cause_id) == ("closure", closure.pk)
    absences.remove_closure(closure_id=closure.pk)
    assert (request_of(one).settled, request_of(one).settled_at) == ("kept", NOW)


def test_shortening_keeps_some_and_prolonging_takes_more(book: Book, ruiz: Professional) -> None:
    early, late = book(tomorrow(10)), book(tomorrow(12))
    absence = away(ruiz, tomorrow(9), tomorrow(11))
    given: dict[str, Any] = {"professional_id": ruiz.pk, "absence_id": absence.pk, "by": WHO}
    absences.change_absence(**given, starts_at=tomorrow(11), ends_at=tomorrow(13))
    assert (request_of(early).settled, request_of(late).settled) == ("kept", "")
    absences.change_absence(**given, starts_at=tomorrow(10))
    assert list(
        MoveRequest.objects.filter(settled="").values_list("appointment_id", flat=True)
    ) == [late.pk, early.pk]


def test_a_closure_is_shortened(book: Book) -> None:
    first, second = book(tomorrow(10)), book(tomorrow(34))
    closure = absences.add_closure(
        starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 26), name="Obra", by=WHO
    )
    absences.change_closure(closure_id=closure.pk, ends_on=date(2026, 11, 25), by=WHO)
    assert (request_of(first).settled, request_of(second).settled) == ("", "kept")


def test_who_came_before_the_absence_began_today_is_left_alone(
    book: Book, ruiz: Professional
) -> None:
    past, ahead = book(tomorrow(9)), book(tomorrow(11))
    with clock.frozen(tomorrow(10)):
        # Ill since this morning.
        away(ruiz, tomorrow(8), tomorrow(20))
    assert [one.appointment_id for one in MoveRequest.objects.all()] == [ahead.pk]
    assert not MoveRequest.objects.filter(appointment=past).exists()


@pytest.mark.parametrize(("starts", "ends"), [
    (timedelta(hours=2), timedelta(hours=1)),
    (timedelta(hours=1), timedelta(hours=1)),
    (timedelta(hours=-3), timedelta(hours=-1)),
    (timedelta(hours=-3), timedelta(0)),
    (timedelta(hours=1), timedelta(days=400)),
])  # fmt: skip
def test_absences_that_can_not_be(
    book: Book, ruiz: Professional, starts: timedelta, ends: timedelta
) -> None:
    book(NOW + timedelta(hours=2))
    with pytest.raises(Invalid) as refused, nothing_happens():
        away(ruiz, NOW + starts, NOW + ends)
    assert list(refused.value.details["errors"]) == ["ends_at"]
    assert not Absence.objects.exists()
    assert not MoveRequest.objects.exists()


@pytest.mark.parametrize(("starts", "ends"), [
    (date(2026, 11, 26), date(2026, 11, 25)),
    (date(2026, 11, 20), date(2026, 11, 23)),
    (date(2026, 11, 25), date(2028, 11, 25)),
])  # fmt: skip
def test_closures_that_can_not_be(book: Book, starts: date, ends: date) -> None:
    book(tomorrow(10))
    with pytest.raises(Invalid), nothing_happens():
        absences.add_closure(starts_on=starts, ends_on=ends, name="x", by=WHO)
    assert not Closure.objects.exists()
    assert not MoveRequest.objects.exists()


def test_another_clinics_people_can_not_be_away_here(in_alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(beta):
        foreign = make_professional()
    with pytest.raises(NotFound):
        away(foreign, tomorrow(10), tomorrow(11))
    with clinic_scope(beta):
        assert not Absence.objects.exists()
        absence = away(foreign, tomorrow(10), tomorrow(11))
    with pytest.raises(NotFound):
        absences.remove_absence(professional_id=foreign.pk, absence_id=absence.pk)
    with clinic_scope(beta):
        assert Absence.objects.exists()


def test_an_absence_belongs_to_its_professional(ruiz: Professional) -> None:
    other = make_professional("Julián Gómez")
    absence = away(ruiz, tomorrow(10), tomorrow(11))
    with pytest.raises(NotFound):
        absences.remove_absence(professional_id=other.pk, absence_id=absence.pk)
    assert Absence.objects.filter(pk=absence.pk).exists()
