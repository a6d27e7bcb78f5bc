"""Telling patients that their time can't be kept: who is written to, what, and who is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from clinics.models import (
    Absence,
    Appointment,
    ChannelIdentity,
    Event,
    Guardian,
    MoveRequest,
    Patient,
)
from clinics.services.moves import settle_moves
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock
from tests.fixtures.clinics import make_patient, make_professional, make_treatment, tomorrow
from whatsapp.models import Conversation, Message
from whatsapp.moves import tell
from whatsapp.threads import open_conversation

SAID = (
    "Hola Ana. Te escribimos de {clinic}: no vamos a poder mantener tu turno del miércoles 25 de"
    " noviembre a las 10:00 con Dra. María Elena Ruiz. Respondé a este mensaje y elegimos juntos"
    " otro horario. Disculpá la molestia."
)


@pytest.fixture
def request_(in_alfa: Clinic, ana: Patient) -> MoveRequest:
    treatment = make_treatment()
    ruiz = make_professional(treatments=(treatment,))
    appointment = Appointment.objects.create(
        patient=ana,
        professional=ruiz,
        treatment=treatment,
        starts_at=tomorrow(10),
        ends_at=tomorrow(10, 30),
        status="scheduled",
        source="staff",
    )
    absence = Absence.objects.create(
        professional=ruiz,
        starts_at=tomorrow(10),
        ends_at=tomorrow(12),
        reason="hepatitis",
    )
    return MoveRequest.objects.create(
        appointment=appointment, cause="absence", cause_id=absence.pk, created_by=ana.pk
    )


def talk(clinic: Clinic, patient: Patient, *, hours_ago: int = 1) -> Conversation:
    identity = ChannelIdentity.objects.create(
        patient=patient, raw_id=str(patient.pk), send_to=patient.phone or ""
    )
    line = Line.objects.filter(clinic=clinic).first()
    assert line is not None
    with transaction.atomic():
        found = open_conversation(identity, line.pk)
    found.last_inbound_at = clock.real_now() - timedelta(hours=hours_ago)
    found.save()
    return found


@pytest.fixture
def line(in_alfa: Clinic) -> Line:
    found = Line.objects.filter(clinic=in_alfa).first()
    return found or Line.objects.create(clinic=in_alfa, external_id="1", phone="+5491155550000")


def texts() -> list[str]:
    return list(Message.objects.values_list("text", flat=True))


@pytest.mark.usefixtures("line")
def test_the_patient_reads_what_and_not_why_and_once(
    in_alfa: Clinic, request_: MoveRequest, ana: Patient
) -> None:
    conversation = talk(in_alfa, ana)
    tell(str(request_.pk))
    tell(str(request_.pk))
    assert texts() == [SAID.format(clinic=in_alfa.name)]
    message = Message.objects.get()
    assert (message.conversation_id, message.author, message.status) == (
        conversation.pk, "staff", "queued"
    )  # fmt: skip
    request_.refresh_from_db()
    assert request_.told_at == clock.now()


@pytest.mark.usefixtures("line")
def test_a_guardian_reads_whose_it_is(in_alfa: Clinic, request_: MoveRequest, ana: Patient) -> None:
    mother = make_patient("Eva Sosa", dni="20111222", phone="+5491155550009")
    Guardian.objects.create(guardian=mother, dependant=ana)
    talk(in_alfa, mother)
    tell(str(request_.pk))
    assert texts()[0].startswith("Hola Eva.")
    assert "el turno de Ana Pérez del miércoles 25" in texts()[0]


@pytest.mark.usefixtures("line")
def test_the_latest_thread_is_taken(in_alfa: Clinic, request_: MoveRequest, ana: Patient) -> None:
    mother = make_patient("Eva Sosa", dni="20111222", phone="+5491155550009")
    Guardian.objects.create(guardian=mother, dependant=ana)
    talk(in_alfa, ana, hours_ago=30)
    latest = talk(in_alfa, mother, hours_ago=2)
    tell(str(request_.pk))
    assert Message.objects.get().conversation_id == latest.pk


def staff_are_told() -> dict[str, Any]:
    found: dict[str, Any] = Event.objects.get(type="HUMAN_HANDOFF").data
    return found


@pytest.mark.usefixtures("line")
def test_after_a_day_of_silence_the_staff_are_told(
    in_alfa: Clinic, request_: MoveRequest, ana: Patient
) -> None:
    conversation = talk(in_alfa, ana, hours_ago=25)
    tell(str(request_.pk))
    assert texts() == []
    assert staff_are_told() == {
        "conversation_id": str(conversation.pk),
        "reason": "move_not_told",
        "move_request_id": str(request_.pk),
        "appointment_id": str(request_.appointment_id),
    }
    request_.refresh_from_db()
    assert request_.told_at is None


def test_who_never_wrote_is_the_staffs_to_call(request_: MoveRequest) -> None:
    tell(str(request_.pk))
    assert texts() == []
    assert staff_are_told()["conversation_id"] is None


@pytest.mark.usefixtures("line")
def test_what_is_settled_is_not_told(in_alfa: Clinic, request_: MoveRequest, ana: Patient) -> None:
    talk(in_alfa, ana)
    settle_moves(request_.appointment, "moved")
    tell(str(request_.pk))
    assert texts() == []
    assert not Event.objects.exists()
