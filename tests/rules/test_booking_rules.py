"""What the agenda refuses, to whom, and that a refusal leaves nothing behind."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import (
    Absence,
    Appointment,
    Chair,
    Closure,
    Event,
    Patient,
    Professional,
    Treatment,
)
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.errors import (
    BeyondHorizon,
    FactsMissing,
    NoticeTooShort,
    NotOffered,
    OutsideHours,
    PatientBusy,
    RequestKeyReused,
    SlotTaken,
    UrgentNeedsTriage,
)
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, NotAllowed
from tests.fixtures.clinics import (
    NOW,
    make_patient,
    make_professional,
    make_treatment,
    tomorrow,
)
from tests.rules.untouched import nothing_happens

STAFF = Actor.staff(uuid.UUID(int=7))
TALK = uuid.UUID(int=8)
PATIENT = Actor.patient(TALK)


class Desk:
    """Asks for the same appointment again and again, with one thing changed."""

    def __init__(self, patient: Patient, professional: Professional, treatment: Treatment) -> None:
        self.asked: dict[str, Any] = {
            "patient": patient,
            "professional_id": professional.pk,
            "treatment": treatment,
            "starts_at": tomorrow(10),
            "actor": STAFF,
            "source": "staff",
        }

    def book(self, **given: Any) -> Appointment:
        return booking.book_appointment(**(self.asked | given))

    def refuses(self, error: type[DomainError], **given: Any) -> DomainError:
        with nothing_happens(), pytest.raises(error) as refusal:
            self.book(**given)
        return refusal.value


@pytest.fixture
def desk(ana: Patient, ruiz: Professional, cleaning: Treatment) -> Desk:
    return Desk(ana, ruiz, cleaning)


def settings(clinic: Clinic, **given: Any) -> None:
    clinic.settings = {**clinic.settings, **given}
    clinic.save()


def beto() -> Patient:
    return make_patient("Beto Gil", dni="20111222", phone="+5491155550003")


def friday(hour: int, minute: int = 0) -> datetime:
    return tomorrow(hour, minute) + timedelta(days=2)


@pytest.mark.parametrize("actor", [STAFF, PATIENT], ids=["staff", "patient"])
@pytest.mark.parametrize(
    ("starts_at", "error"),
    [
        (tomorrow(8), OutsideHours),
        (tomorrow(13), OutsideHours),
        (tomorrow(12, 45), OutsideHours),
        (tomorrow(18), OutsideHours),
        (friday(10) + timedelta(days=1), OutsideHours),
        # 8 December is a public holiday in Argentina.
        (datetime(2026, 12, 8, 13, tzinfo=UTC), OutsideHours),
        (NOW - timedelta(hours=1), OutsideHours),
        (NOW - timedelta(days=5, hours=-1), NoticeTooShort),
        (tomorrow(10) + timedelta(days=140), BeyondHorizon),
    ],
)
def test_times_nobody_can_book(
    desk: Desk, actor: Actor, starts_at: datetime, error: type[DomainError]
) -> None:
    desk.refuses(error, actor=actor, starts_at=starts_at)


def test_patients_keep_to_grid_notice_and_urgent_reserve(desk: Desk, in_alfa: Clinic) -> None:
    desk.refuses(OutsideHours, actor=PATIENT, starts_at=tomorrow(10, 5))
    desk.refuses(NoticeTooShort, actor=PATIENT, starts_at=NOW + timedelta(minutes=30))
    desk.refuses(UrgentNeedsTriage, actor=PATIENT, starts_at=tomorrow(12, 15))
    assert desk.book(actor=PATIENT, starts_at=tomorrow(12, 15), urgent=True).status == "scheduled"


def test_staff_leave_the_grid_and_give_the_reserve(desk: Desk) -> None:
    assert desk.book(starts_at=tomorrow(10, 5)).starts_at == tomorrow(10, 5)
    assert desk.book(starts_at=tomorrow(12, 30)).starts_at == tomorrow(12, 30)


def test_closures_and_absences_refuse_and_opened_holidays_do_not(
    desk: Desk, ruiz: Professional
) -> None:
    Absence.objects.create(professional=ruiz, starts_at=tomorrow(9), ends_at=tomorrow(10, 15))
    assert desk.refuses(OutsideHours).details["reason"] == "absence"
    assert desk.book(starts_at=tomorrow(10, 15))
    Closure.objects.create(starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 27), name="Obra")
    assert desk.refuses(OutsideHours, starts_at=friday(10)).details["reason"] == "holiday"
    eighth = datetime(2026, 12, 8, 13, tzinfo=UTC)
    desk.refuses(OutsideHours, starts_at=eighth)
    Closure.objects.create(
        starts_on=date(2026, 12, 8), ends_on=date(2026, 12, 8), name="Abrimos", opens=True
    )
    assert desk.book(starts_at=eighth)


def test_who_is_not_bookable_is_not_booked(desk: Desk, ruiz: Professional) -> None:
    other = make_professional("Julián Gómez")
    desk.refuses(NotOffered, professional_id=other.pk)
    desk.refuses(NotOffered, professional_id=uuid.uuid4())
    desk.refuses(NotOffered, chair_id=uuid.uuid4())
    desk.asked["treatment"].is_active = False
    desk.refuses(NotOffered)
    desk.asked["treatment"].is_active = True
    Professional.objects.filter(pk=ruiz.pk).update(is_active=False)
    desk.refuses(NotOffered)
    Professional.objects.filter(pk=ruiz.pk).update(is_active=True, user_id=uuid.uuid4())
    desk.refuses(NotOffered)


def test_a_taken_time_names_the_three_nearest(desk: Desk, ruiz: Professional) -> None:
    desk.book()
    error = desk.refuses(SlotTaken, patient=beto())
    assert [a["starts_at"] for a in error.details["alternatives"]] == [
        "2026-11-25T09:30:00-03:00",
        "2026-11-25T10:30:00-03:00",
        "2026-11-25T09:15:00-03:00",
    ]
    assert {a["professional"] for a in error.details["alternatives"]} == {ruiz.display_name}
    assert "held_until" not in error.details


def test_a_patient_is_in_one_place(desk: Desk, cleaning: Treatment) -> None:
    desk.book()
    other = make_professional("Julián Gómez", treatments=(cleaning,))
    desk.refuses(PatientBusy, professional_id=other.pk, starts_at=tomorrow(10, 15))


def test_buffers_keep_their_distance(desk: Desk, in_alfa: Clinic) -> None:
    settings(in_alfa, buffer_before_minutes=10, buffer_after_minutes=5)
    desk.book()
    desk.refuses(SlotTaken, patient=beto(), starts_at=tomorrow(10, 30))
    desk.refuses(SlotTaken, patient=beto(), starts_at=tomorrow(9, 30))
    assert desk.book(patient=beto(), starts_at=tomorrow(10, 45))


def test_the_first_free_chair_is_taken_until_none_is(desk: Desk, cleaning: Treatment) -> None:
    chairs = [Chair.objects.create(name=f"Sillón {n}") for n in (1, 2)]
    Chair.objects.create(name="Sillón 0", is_active=False)
    people = [make_professional(f"Otra Persona {n}", treatments=(cleaning,)) for n in range(3)]
    booked = [
        desk.book(patient=make_patient(f"P Q {n}", dni=f"2011122{n}"), professional_id=p.pk)
        for n, p in enumerate(people[:2])
    ]
    assert [row.chair_id for row in booked] == [chair.pk for chair in chairs]
    desk.refuses(SlotTaken, professional_id=people[2].pk)
    desk.refuses(SlotTaken, professional_id=people[2].pk, chair_id=chairs[1].pk)


def test_overbooking_is_deliberate_and_of_the_staff(desk: Desk) -> None:
    desk.book()
    desk.refuses(NotAllowed, actor=PATIENT, overbook_reason="dolor")
    doubled = desk.book(patient=beto(), overbook_reason="dolor, no puede esperar")
    assert (doubled.overbooked, doubled.overbook_reason) == (True, "dolor, no puede esperar")
    # An ordinary row does not land on an overbooked one that is left alone.
    booking.cancel_appointment(
        appointment_id=Appointment.objects.get(overbooked=False).pk, actor=STAFF
    )
    desk.refuses(SlotTaken, patient=make_patient("Carla Paz", dni="20111333"))


def test_out_of_hours_only_with_a_reason(desk: Desk) -> None:
    desk.refuses(OutsideHours, starts_at=tomorrow(20))
    assert desk.book(starts_at=tomorrow(20), overbook_reason="urgencia").overbooked


def test_a_request_key_finds_its_appointment_again(desk: Desk) -> None:
    booked = desk.book(request_key="k1")
    with nothing_happens():
        assert desk.book(request_key="k1").pk == booked.pk
    desk.refuses(RequestKeyReused, request_key="k1", starts_at=tomorrow(11))
    desk.refuses(RequestKeyReused, request_key="k1", patient=beto())


def test_a_request_is_pending_and_occupies(desk: Desk) -> None:
    assert desk.book(actor=PATIENT, kind="request").status == "pending_confirmation"
    desk.refuses(SlotTaken, patient=beto())


class TestHolds:
    def hold(self, desk: Desk, talk: uuid.UUID = TALK, starts_at: datetime | None = None) -> Any:
        return booking.hold_slot(
            conversation_id=talk,
            professional_id=desk.asked["professional_id"],
            treatment=desk.asked["treatment"],
            starts_at=starts_at or tomorrow(10),
            actor=Actor.patient(talk),
        )

    def test_a_live_hold_blocks_and_says_until_when(self, desk: Desk) -> None:
        held = self.hold(desk)
        assert not Event.objects.exists()
        error = desk.refuses(SlotTaken)
        assert error.details["held_until"] == held.hold_expires_at.isoformat()
        desk.refuses(SlotTaken, actor=Actor.patient(uuid.uuid4()), override_hold=True)

    def test_staff_displace_a_hold_on_purpose(self, desk: Desk) -> None:
        held = self.hold(desk)
        booked = desk.book(override_hold=True)
        assert [row.pk for row in Appointment.objects.all()] == [booked.pk]
        assert booked.pk != held.pk

    def test_an_override_does_not_displace_an_appointment(self, desk: Desk) -> None:
        desk.book()
        desk.refuses(SlotTaken, patient=beto(), override_hold=True)

    def test_an_expired_hold_blocks_nobody(self, desk: Desk) -> None:
        held = self.hold(desk)
        with clock.frozen(held.hold_expires_at):
            booked = desk.book()
        assert [row.pk for row in Appointment.objects.all()] == [booked.pk]

    def test_a_conversation_has_one_hold(self, desk: Desk) -> None:
        self.hold(desk)
        second = self.hold(desk, starts_at=tomorrow(10, 15))
        assert [row.pk for row in Appointment.objects.all()] == [second.pk]

    def test_the_own_hold_becomes_the_appointment(self, desk: Desk) -> None:
        held = self.hold(desk)
        booked = desk.book(actor=PATIENT, source="agent")
        assert (booked.pk, booked.status, booked.hold_expires_at) == (held.pk, "scheduled", None)
        assert Event.objects.get().type == "NEW_APPOINTMENT"

    def test_booking_another_time_gives_the_hold_back(self, desk: Desk) -> None:
        self.hold(desk)
        booked = desk.book(actor=PATIENT, source="agent", starts_at=tomorrow(15))
        assert [row.pk for row in Appointment.objects.all()] == [booked.pk]

    def test_a_refused_guest_keeps_the_slot_and_nothing_else_happens(self, desk: Desk) -> None:
        guest = make_patient("Ana Pérez", active=False, dni="30999888", insurance="OSDE")
        with pytest.raises(FactsMissing) as refusal:
            desk.book(patient=guest, actor=PATIENT, source="agent")
        # The row says who and what; nobody said it, so it is no fact.
        assert refusal.value.missing == ["full_name", "dni", "insurance", "phone"]
        held = Appointment.objects.get()
        assert (held.status, held.patient_id) == ("held", guest.pk)
        assert refusal.value.held_until == NOW + timedelta(minutes=10)
        assert not Event.objects.exists()
        guest.refresh_from_db()
        assert guest.status == "guest"


def test_rescheduling_keeps_the_old_time_until_the_new_is_theirs(desk: Desk) -> None:
    mine = desk.book()
    desk.book(patient=beto(), starts_at=tomorrow(11))
    with nothing_happens(), pytest.raises(SlotTaken):
        booking.reschedule_appointment(
            appointment_id=mine.pk,
            professional_id=mine.professional_id,
            starts_at=tomorrow(11),
            actor=STAFF,
        )
    # Half over its own old time.
    moved = booking.reschedule_appointment(
        appointment_id=mine.pk,
        professional_id=mine.professional_id,
        starts_at=tomorrow(10, 15),
        actor=PATIENT,
    )
    assert (moved.pk, moved.starts_at) == (mine.pk, tomorrow(10, 15))


def test_statements_of_a_staff_booking(desk: Desk) -> None:
    with CaptureQueriesContext(connection) as seen:
        desk.book()
    texts = [q["sql"] for q in seen if "SAVEPOINT" not in q["sql"]]
    assert len(texts) <= 7, texts


def test_another_clinic_sees_nothing(desk: Desk, beta: Clinic) -> None:
    from dentalogic.core.tenancy import clinic_scope

    booked = desk.book()
    with clinic_scope(beta):
        treatment = make_treatment()
        with nothing_happens(), pytest.raises(NotOffered):
            desk.book(treatment=treatment)
        with pytest.raises(DomainError):
            booking.cancel_appointment(appointment_id=booked.pk, actor=STAFF)
    booked.refresh_from_db()
    assert booked.status == "scheduled"
