"""Booking: what follows from it, what it refuses, and that a refusal leaves nothing behind."""

from __future__ import annotations

import uuid
from datetime import timedelta

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
from clinics.services.errors import FactsMissing, SlotTaken
from clinics.services.facts import record_facts
from clinics.services.saying import Said
from tests.fixtures.clinics import make_patient, tomorrow

STAFF = Actor.staff(uuid.UUID(int=7))


def test_staff_book_and_everything_follows(ruiz: Professional, cleaning: Treatment, ana: Patient) -> None:
    booked = booking.book_appointment(
        patient=ana, professional_id=ruiz.pk, treatment=cleaning, starts_at=tomorrow(10), actor=STAFF, source="staff"
    )
    row = Appointment.objects.get()
    assert row.pk == booked.pk
    assert row.status == "scheduled"
    assert AppointmentChange.objects.get().to_status == "scheduled"
    assert Event.objects.get().data["professional"]["name"] == "Dra. María Elena Ruiz"
    with pytest.raises(SlotTaken) as taken:
        booking.book_appointment(
            patient=make_patient("Beto Gil", dni="1234567"), professional_id=ruiz.pk, treatment=cleaning, starts_at=tomorrow(10), actor=STAFF, source="staff"
        )
    assert len(taken.value.details["alternatives"]) == 3


def test_gate(ruiz: Professional, cleaning: Treatment) -> None:
    guest = make_patient("", active=False)
    talk = uuid.uuid4()
    def book() -> Appointment:
        return booking.book_appointment(
            patient=guest, professional_id=ruiz.pk, treatment=cleaning, starts_at=tomorrow(10), actor=Actor.patient(talk), source="agent"
        )
    with pytest.raises(FactsMissing) as missing:
        book()
    assert missing.value.missing == ["full_name", "dni", "insurance", "phone"]
    held = Appointment.objects.get()
    assert held.status == "held"
    said = [Said(uuid.uuid4(), "Soy Ana María Pérez, dni 30.111.222, no tengo obra social, cel 11 5555-0002")]
    done = record_facts(patient=guest, conversation_id=talk, said=said, values={"full_name": "Ana Maria Perez", "dni": "30111222", "insurance": "particular", "phone": "1155550002"})
    assert done.missing == []
    booked = book()
    assert booked.pk == held.pk
    assert booked.status == "scheduled"
    guest.refresh_from_db()
    assert guest.status == "active"
    moved = booking.reschedule_appointment(appointment_id=booked.pk, professional_id=ruiz.pk, starts_at=tomorrow(11), actor=STAFF, version=booked.version)
    assert moved.starts_at == tomorrow(11)
    booking.cancel_appointment(appointment_id=booked.pk, actor=STAFF, reason="x")
