"""The whole transition table, and what each refusal leaves behind: nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest

from clinics.models import (
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    Event,
    Patient,
    Professional,
    Treatment,
)
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.errors import (
    NotFound,
    NoticeTooShort,
    ReasonRequired,
    SlotTaken,
    StaleVersion,
    TransitionRefused,
)
from clinics.services.lifecycle import allowed_next
from dentalogic.core import clock
from dentalogic.core.errors import NotAllowed
from tests.fixtures.clinics import NOW, make_patient, tomorrow
from tests.rules.untouched import nothing_happens

STAFF = Actor.staff(uuid.UUID(int=7))
PATIENT = Actor.patient(uuid.UUID(int=8))

# Decision 17, row by row. Moving and undoing have tests of their own.
ALLOWED = {
    "pending_confirmation": {"scheduled", "cancelled"},
    "scheduled": {"confirmed", "arrived", "completed", "cancelled", "no_show"},
    "confirmed": {"arrived", "completed", "cancelled", "no_show"},
    "arrived": {"in_chair", "completed", "cancelled", "no_show"},
    "in_chair": {"completed"},
    "completed": set(),
    "no_show": set(),
    "cancelled": set(),
}
EVERY_STEP = list(product(ALLOWED, AppointmentStatus.values))


@pytest.fixture
def booked(ruiz: Professional, cleaning: Treatment, ana: Patient) -> Appointment:
    return booking.book_appointment(
        patient=ana,
        professional_id=ruiz.pk,
        treatment=cleaning,
        starts_at=tomorrow(10),
        actor=STAFF,
        source="staff",
    )


@pytest.fixture
def nothing_else(booked: Appointment) -> Iterator[None]:
    """Assert that the test changed no row, no history, no event and no debt."""

    with nothing_happens():
        yield


def put(appointment: Appointment, status: str) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(status=status)


@pytest.mark.parametrize(("from_status", "to"), EVERY_STEP)
def test_every_step_of_the_table(booked: Appointment, from_status: str, to: str) -> None:
    put(booked, from_status)
    before = AppointmentChange.objects.count(), Event.objects.count()
    if to in ALLOWED[from_status]:
        changed = booking.change_status(appointment_id=booked.pk, to=to, actor=STAFF, reason="x")
        assert (changed.status, changed.version) == (to, 2)
        change = AppointmentChange.objects.order_by("-at", "-id").get(
            to_status=to, from_status=from_status
        )
        assert change.actor == STAFF.label
        assert Event.objects.filter(type="APPOINTMENT_UPDATED").get().data["status"] == to
        return
    with pytest.raises(TransitionRefused) as refusal:
        booking.change_status(appointment_id=booked.pk, to=to, actor=STAFF, reason="x")
    assert set(refusal.value.allowed) == ALLOWED[from_status]
    booked.refresh_from_db()
    assert (booked.status, booked.version) == (from_status, 1)
    assert (AppointmentChange.objects.count(), Event.objects.count()) == before


def test_times_are_noted(booked: Appointment) -> None:
    with clock.frozen(tomorrow(10)):
        booking.change_status(appointment_id=booked.pk, to="arrived", actor=STAFF)
    with clock.frozen(tomorrow(10, 5)):
        booking.change_status(appointment_id=booked.pk, to="in_chair", actor=STAFF)
    with clock.frozen(tomorrow(10, 30)):
        done = booking.change_status(appointment_id=booked.pk, to="completed", actor=STAFF)
    assert (done.arrived_at, done.seated_at, done.completed_at) == (
        tomorrow(10),
        tomorrow(10, 5),
        tomorrow(10, 30),
    )


@pytest.mark.parametrize("end", ["completed", "no_show"])
@pytest.mark.parametrize("before", ["scheduled", "confirmed", "arrived"])
def test_ends_are_undone_the_same_day_with_a_reason(
    booked: Appointment, before: str, end: str
) -> None:
    put(booked, before)
    with clock.frozen(tomorrow(11)):
        booking.change_status(appointment_id=booked.pk, to=end, actor=STAFF)
        with pytest.raises(ReasonRequired):
            booking.undo_status(appointment_id=booked.pk, actor=STAFF, reason="  ")
        back = booking.undo_status(appointment_id=booked.pk, actor=STAFF, reason="me equivoqué")
    assert (back.status, back.completed_at) == (before, None)


def test_undo_is_refused_the_day_after(booked: Appointment) -> None:
    with clock.frozen(tomorrow(11)):
        booking.change_status(appointment_id=booked.pk, to="no_show", actor=STAFF)
    with clock.frozen(tomorrow(11) + timedelta(days=1)), pytest.raises(TransitionRefused):
        booking.undo_status(appointment_id=booked.pk, actor=STAFF, reason="tarde")
    booked.refresh_from_db()
    assert booked.status == "no_show"


def test_undoing_an_absence_whose_time_was_given_away_is_refused(
    booked: Appointment, ruiz: Professional, cleaning: Treatment
) -> None:
    with clock.frozen(tomorrow(9)):
        booking.change_status(appointment_id=booked.pk, to="no_show", actor=STAFF)
        booking.book_appointment(
            patient=make_patient("Beto Gil", dni="20111222"),
            professional_id=ruiz.pk,
            treatment=cleaning,
            starts_at=tomorrow(10),
            actor=STAFF,
            source="staff",
        )
        with pytest.raises(SlotTaken):
            booking.undo_status(appointment_id=booked.pk, actor=STAFF, reason="llegó")
    booked.refresh_from_db()
    assert booked.status == "no_show"


@pytest.mark.usefixtures("nothing_else")
def test_an_old_version_changes_nothing(booked: Appointment) -> None:
    with pytest.raises(StaleVersion):
        booking.cancel_appointment(appointment_id=booked.pk, actor=STAFF, version=0)


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("to", ["arrived", "in_chair", "completed", "no_show", "scheduled"])
def test_patients_only_confirm_and_cancel(booked: Appointment, to: str) -> None:
    with pytest.raises(NotAllowed):
        booking.change_status(appointment_id=booked.pk, to=to, actor=PATIENT)


@pytest.mark.usefixtures("nothing_else")
def test_patients_do_not_touch_the_past(booked: Appointment) -> None:
    with clock.frozen(tomorrow(12)), pytest.raises(NoticeTooShort):
        booking.cancel_appointment(appointment_id=booked.pk, actor=PATIENT)


def test_a_request_is_moved_on_by_staff_alone(booked: Appointment) -> None:
    put(booked, "pending_confirmation")
    with pytest.raises(NotAllowed), nothing_happens():
        booking.confirm_appointment(appointment_id=booked.pk, actor=PATIENT)
    assert booking.confirm_appointment(appointment_id=booked.pk, actor=STAFF).status == "scheduled"


def test_who_cancelled_and_why_is_kept(booked: Appointment) -> None:
    cancelled = booking.cancel_appointment(appointment_id=booked.pk, actor=PATIENT, reason="viajo")
    assert (cancelled.cancelled_by, cancelled.cancel_reason) == ("patient", "viajo")
    assert allowed_next(cancelled, STAFF) == []


def test_a_hold_is_nobodys_appointment(ruiz: Professional, cleaning: Treatment) -> None:
    held = booking.hold_slot(
        conversation_id=uuid.uuid4(),
        professional_id=ruiz.pk,
        treatment=cleaning,
        starts_at=tomorrow(10),
        actor=PATIENT,
    )
    with pytest.raises(NotFound):
        booking.change_status(appointment_id=held.pk, to="scheduled", actor=STAFF)
    assert not Event.objects.exists()
    assert (held.hold_expires_at or NOW) > NOW


def test_a_confirmed_appointment_that_moves_is_to_be_confirmed_again(booked: Appointment) -> None:
    put(booked, "confirmed")
    moved = booking.reschedule_appointment(
        appointment_id=booked.pk,
        professional_id=booked.professional_id,
        starts_at=tomorrow(11),
        actor=STAFF,
    )
    assert (moved.status, moved.starts_at, moved.version) == ("scheduled", tomorrow(11), 2)
    change = AppointmentChange.objects.get(from_status="confirmed")
    assert change.changed["starts_at"] == ["2026-11-25T10:00:00-03:00", "2026-11-25T11:00:00-03:00"]


@pytest.mark.parametrize("status", ["arrived", "in_chair", "completed", "no_show", "cancelled"])
def test_what_has_begun_or_ended_is_not_moved(booked: Appointment, status: str) -> None:
    put(booked, status)
    with pytest.raises(TransitionRefused):
        booking.reschedule_appointment(
            appointment_id=booked.pk,
            professional_id=booked.professional_id,
            starts_at=tomorrow(11),
            actor=STAFF,
        )
    booked.refresh_from_db()
    assert booked.starts_at == tomorrow(10)
