"""Erasure removes what no law keeps, all of it, in one transaction; or nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agent.models import Step, Turn
from clinics.models import (
    AccountingTransaction,
    Appointment,
    AuditEntry,
    ChannelIdentity,
    ClinicalRecord,
    Event,
    Guardian,
    Patient,
    PatientFact,
    PlanItem,
    Professional,
    Treatment,
    TreatmentPlan,
)
from clinics.services.erasing import AlreadyErased, ErasureBlocked, erase_person
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock
from dentalogic.core.errors import NotFound
from dentalogic.core.models import OutboxMessage
from dentalogic.core.relay import drain
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, make_patient, tomorrow
from whatsapp.models import Conversation, InboxItem, Message

WORDS = ("Zoraida", "Quiroga", "99888777", "+5491144443333", "zoraida@quiroga.test", "alergia")


@pytest.fixture
def zoraida(in_alfa: Clinic) -> Patient:
    """A person who is known by everything that we keep of people."""
    patient = make_patient(
        "Zoraida Quiroga",
        dni="99888777",
        phone="+5491144443333",
        email="zoraida@quiroga.test",
        member_number="99888777",
        medical_history={"version": 1, "notes": "alergia"},
    )
    PatientFact.objects.create(
        patient=patient,
        field="full_name",
        value="Zoraida Quiroga",
        source="staff",
        quoted_text="soy Zoraida",
        recorded_by=uuid.uuid4(),
    )
    identity = ChannelIdentity.objects.create(
        patient=patient,
        raw_id="5491144443333",
        phone="+5491144443333",
        send_to="5491144443333",
        profile_name="Zoraida",
    )
    Guardian.objects.create(guardian=patient, dependant=make_patient("Otra Persona", dni="1"))
    line = Line.objects.filter(clinic=in_alfa).first()
    talk = Conversation.objects.create(
        identity=identity, line_id=line.pk if line else uuid.uuid4(), handoff_reason="Zoraida"
    )
    Message.objects.create(
        conversation=talk, position=1, author="patient", text="soy Zoraida", provider_id="wamid.z"
    )
    InboxItem.objects.create(
        provider="meta",
        external_id="1",
        item_id="wamid.z",
        kind="message",
        body={"text": "soy Zoraida"},
        ingested_at=clock.real_now(),
    )
    turn = Turn.objects.create(
        conversation_id=talk.pk, turn_no=1, prompt_version="1", model="m", reply="Hola Zoraida"
    )
    Step.objects.create(turn=turn, position=1, kind="model", content={"content": "Hola Zoraida"})
    return patient


def visit(patient: Patient, ruiz: Professional, cleaning: Treatment, **fields: Any) -> Appointment:
    given = {"starts_at": NOW - timedelta(days=30), "status": "completed", **fields}
    return Appointment.objects.create(
        patient=patient,
        professional=ruiz,
        treatment=cleaning,
        ends_at=given["starts_at"] + timedelta(minutes=30),
        source="staff",
        notes="Zoraida viene con su hermana",
        **given,
    )


def chart(patient: Patient, ruiz: Professional, **fields: Any) -> ClinicalRecord:
    return ClinicalRecord.objects.create(
        patient=patient,
        professional=ruiz,
        author_user_id=uuid.uuid4(),
        position=1,
        kind="evolution",
        text="caries en 16",
        hash="0" * 64,
        **fields,
    )


def said_of(*models: Any) -> str:
    return " ".join(str(list(model.objects.values())) for model in models)


EVERYWHERE = (
    *(Patient, PatientFact, ChannelIdentity, Guardian, Appointment, AuditEntry, Conversation),
    *(Message, InboxItem, Turn, Step),
)


def test_everything_goes_where_no_law_keeps_it(
    zoraida: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    visit(zoraida, ruiz, cleaning)
    outcome = erase_person(patient_id=zoraida.pk)
    assert outcome["kept"] == {}
    assert outcome["removed"] == {"facts": 1, "guardians": 1, "identities": 1}
    drain(sinks=("ingest",))
    found = said_of(*EVERYWHERE)
    assert [word for word in (*WORDS, "5491144443333") if word in found] == []
    zoraida.refresh_from_db()
    assert (zoraida.anonymised_at, zoraida.version) == (NOW, 2)
    event = Event.objects.get(type="PATIENT_UPDATED", data__id=str(zoraida.pk))
    assert event.data["name"] == ""
    # What happened stays, without whom it happened to.
    assert Appointment.objects.filter(patient=zoraida, notes="").count() == 1
    assert Message.objects.count() == 1
    entry = AuditEntry.objects.get(row_id=zoraida.pk, action="insert")
    assert entry.after is not None
    assert (entry.after["first_name"], entry.after["status"]) == ("[borrado]", "active")


def test_a_chart_within_its_term_keeps_who_it_is_of(
    zoraida: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    record = chart(zoraida, ruiz, signed_at=NOW - timedelta(days=3650))
    AccountingTransaction.objects.create(
        occurred_on=NOW.date(),
        recorded_by=uuid.uuid4(),
        kind="income",
        method="cash",
        amount=Decimal(10),
        currency="ARS",
        patient=zoraida,
    )
    outcome = erase_person(patient_id=zoraida.pk)
    assert outcome["kept"] == {
        "records": {"count": 1, "files": 0, "law": "Ley 26.529, arts. 15 y 18"},
        "identification": {"law": "Ley 26.529, arts. 15 y 18"},
        "transactions": {"count": 1, "law": "Código Civil y Comercial, art. 328"},
    }
    zoraida.refresh_from_db()
    assert (zoraida.first_name, zoraida.dni) == ("Zoraida", "99888777")
    assert zoraida.medical_history["notes"] == "alergia"
    assert (zoraida.phone, zoraida.email, zoraida.insurance) == (None, "", "")
    assert ClinicalRecord.objects.get().text == record.text
    drain(sinks=("ingest",))
    found = said_of(PatientFact, ChannelIdentity, Message, InboxItem, Turn, Step)
    assert [word for word in WORDS if word in found] == []
    assert "5491144443333" not in said_of(AuditEntry)


def nothing_happened(patient: Patient) -> None:
    assert Patient.objects.get(pk=patient.pk).first_name == "Zoraida"
    assert PatientFact.objects.filter(patient=patient).count() == 1
    assert ChannelIdentity.objects.get(patient=patient).phone == "+5491144443333"
    assert not OutboxMessage.objects.filter(topic="patient.erased").exists()
    assert "[borrado]" not in said_of(AuditEntry)


def test_who_is_expected_is_not_erased(
    zoraida: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    visit(zoraida, ruiz, cleaning, starts_at=tomorrow(10), status="scheduled")
    with pytest.raises(ErasureBlocked) as refused:
        erase_person(patient_id=zoraida.pk)
    assert refused.value.details == {"reasons": ["future_appointments"]}
    nothing_happened(zoraida)


def test_who_owes_is_not_erased(zoraida: Patient, ruiz: Professional, cleaning: Treatment) -> None:
    plan = TreatmentPlan.objects.create(
        patient=zoraida,
        professional=ruiz,
        title="Conducto",
        currency="ARS",
        status="approved",
        created_by=uuid.uuid4(),
    )
    PlanItem.objects.create(plan=plan, position=1, treatment=cleaning, price=100, insurer_pays=40)
    with pytest.raises(ErasureBlocked) as refused:
        erase_person(patient_id=zoraida.pk)
    assert refused.value.details == {"reasons": ["open_balance"]}
    nothing_happened(zoraida)
    AccountingTransaction.objects.create(
        occurred_on=NOW.date(),
        recorded_by=uuid.uuid4(),
        kind="income",
        method="cash",
        amount=Decimal(60),
        currency="ARS",
        patient=zoraida,
        plan=plan,
    )
    assert erase_person(patient_id=zoraida.pk)["kept"]["transactions"]["count"] == 1


def test_a_second_erasure_and_a_strangers_are_refused(beta: Clinic, zoraida: Patient) -> None:
    with clinic_scope(beta), pytest.raises(NotFound):
        erase_person(patient_id=zoraida.pk)
    nothing_happened(zoraida)
    erase_person(patient_id=zoraida.pk)
    with pytest.raises(AlreadyErased):
        erase_person(patient_id=zoraida.pk)


def test_both_rows_of_a_merged_person_go(zoraida: Patient) -> None:
    old = make_patient("Zoraida Q.", dni="99888777", merged_into=zoraida)
    erase_person(patient_id=old.pk)
    assert set(Patient.objects.filter(first_name="").values_list("pk", flat=True)) == {
        old.pk,
        zoraida.pk,
    }
