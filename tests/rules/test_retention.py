"""The robot lets go of what is due, bounded, and of nothing that a law keeps."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pydantic import ValidationError

from agent.models import Step, Turn
from clinics.models import (
    AccountingTransaction,
    AuditEntry,
    ChannelIdentity,
    ClinicalRecord,
    Event,
    Offer,
    Patient,
)
from clinics.services import retention
from clinics.services.erasing import erase_person
from clinics.tenancy.models import Clinic, QuarantinedItem
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core import clock
from tests.fixtures.clinics import make_patient, make_professional, make_treatment
from whatsapp.models import Conversation, InboxItem, Message

DAY = timedelta(days=1)
YEAR = timedelta(days=366)
NOTHING = dict.fromkeys(
    ("guests", "charts", "events", "offers", "audit", "messages", "inbox", "turns"), 0
)


def talk_of(patient: Patient, age: timedelta) -> Conversation:
    """A conversation of so long ago, with its webhook and the agent's turn."""
    at = clock.real_now() - age
    key = uuid.uuid4().hex
    identity = ChannelIdentity.objects.create(patient=patient, raw_id=key, send_to=key)
    talk = Conversation.objects.create(identity=identity, line_id=uuid.uuid4())
    Message.objects.create(
        conversation=talk, position=1, author="patient", text="hola", created_at=at
    )
    InboxItem.objects.create(
        provider="meta", external_id="1", item_id=key, kind="message", body={}, ingested_at=at
    )
    turn = Turn.objects.create(
        conversation_id=talk.pk, turn_no=1, prompt_version="1", model="m", finished_at=at
    )
    Step.objects.create(turn=turn, position=1, kind="model", content={"content": "hola"})
    return talk


def record_of(patient: Patient, age: timedelta) -> None:
    ClinicalRecord.objects.create(
        patient=patient,
        professional=make_professional(f"Doctora {uuid.uuid4().hex[:6]}"),
        author_user_id=uuid.uuid4(),
        position=1,
        kind="evolution",
        text="caries",
        hash="0" * 64,
        signed_at=clock.now() - age,
    )


@pytest.fixture
def old_clinic(in_alfa: Clinic) -> Clinic:
    """One of each kind that is due, and one that is not."""
    now = clock.now()
    long_ago = now - 2 * YEAR
    Patient.objects.create(first_name="Vieja", created_at=long_ago)
    Patient.objects.create(first_name="Nueva", created_at=now)
    charted = make_patient("Vigente Dos", dni="3")
    record_of(charted, 9 * YEAR)
    erase_person(patient_id=charted.pk)
    talk_of(make_patient(), 3 * YEAR)
    talk_of(make_patient("Eva Sosa", dni="2"), DAY)
    for age in (40 * DAY, DAY):
        Event.objects.create(
            number=age.days, type="PATIENT_UPDATED", data={}, created_at=clock.real_now() - age
        )
        AuditEntry.objects.create(
            table_name="chairs",
            row_id=uuid.uuid4(),
            action="update",
            actor="system",
            at=clock.real_now() - (11 * YEAR if age > 2 * DAY else 9 * YEAR),
        )
    treatment = make_treatment()
    for days in (-3, 3):
        Offer.objects.create(
            conversation_id=uuid.uuid4(),
            code="S1",
            kind="slot",
            professional=make_professional(f"Otra {days}", treatments=(treatment,)),
            treatment=treatment,
            starts_at=now,
            ends_at=now + timedelta(minutes=30),
            expires_at=now + days * DAY,
        )
    AccountingTransaction.objects.create(
        occurred_on=(now - 30 * YEAR).date(),
        recorded_by=uuid.uuid4(),
        kind="income",
        method="cash",
        amount=10,
        currency="ARS",
    )
    return in_alfa


DUE = {**NOTHING, "guests": 1, "events": 1, "offers": 1, "audit": 1, "messages": 1} | {
    "inbox": 1,
    "turns": 1,
}
SHOWN = (Patient, Message, InboxItem, Step, Event, AuditEntry, Offer, ClinicalRecord)


def shown() -> list[Any]:
    return [sorted(map(str, model.objects.values())) for model in SHOWN]


@pytest.mark.usefixtures("old_clinic")
def test_a_dry_run_counts_and_changes_nothing() -> None:
    before = shown()
    assert dict(retention.sweep(dry_run=True)) == DUE
    assert shown() == before


@pytest.mark.usefixtures("old_clinic")
def test_what_is_due_goes_and_the_rest_stays() -> None:
    records, money = ClinicalRecord.objects.count(), AccountingTransaction.objects.count()
    assert dict(retention.sweep()) == DUE
    # The erased guest is an event of today.
    assert dict(retention.sweep()) == NOTHING
    names = set(Patient.objects.values_list("first_name", flat=True))
    assert "Vieja" not in names
    assert {"Nueva", "Vigente", "Ana", "Eva"} <= names
    assert sorted(Message.objects.values_list("text", flat=True)) == ["", "hola"]
    assert InboxItem.objects.count() == 1
    assert sorted(map(str, Step.objects.values_list("content", flat=True))) == [
        "{'content': 'hola'}",
        "{}",
    ]
    assert (ClinicalRecord.objects.count(), AccountingTransaction.objects.count()) == (
        records,
        money,
    )


def test_a_charts_identification_goes_with_its_term(in_alfa: Clinic) -> None:
    patient = make_patient("Zoraida Quiroga")
    record_of(patient, 9 * YEAR)
    erase_person(patient_id=patient.pk)
    kept = dict(retention.sweep())
    assert kept["charts"] == 0
    with clock.frozen(clock.now() + 2 * YEAR):
        assert dict(retention.sweep())["charts"] == 1
    patient.refresh_from_db()
    assert (patient.first_name, patient.dni, patient.version) == ("", None, 3)
    assert ClinicalRecord.objects.count() == 1
    assert "Quiroga" not in str(list(AuditEntry.objects.values()))


def test_more_than_a_batch_goes(in_alfa: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for number in range(5):
        Event.objects.create(
            number=number + 1,
            type="PATIENT_UPDATED",
            data={},
            created_at=clock.real_now() - 40 * DAY,
        )
    assert dict(retention.sweep())["events"] == 5


@pytest.mark.parametrize(
    ("name", "value"), [("keep_records_years", 9), ("keep_audit_years", 9), ("keep_inbox_days", 0)]
)
def test_no_clinic_goes_below_the_law(name: str, value: int) -> None:
    with pytest.raises(ValidationError):
        ClinicSettings.model_validate({name: value})


def test_the_command(alfa: Clinic, beta: Clinic) -> None:
    for days in (31, 29):
        QuarantinedItem.objects.create(
            provider="meta",
            reason="unknown_number",
            digest=str(days) * 32,
            body="x",
            received_at=clock.real_now() - days * DAY,
        )
    said = run(dry_run=True)
    assert "quarantine: 1 due" in said
    assert "alfa: guests: 0 due" in said
    assert QuarantinedItem.objects.count() == 2
    assert "quarantine" not in run(clinic="beta")
    assert QuarantinedItem.objects.count() == 2
    assert "quarantine: 1 let go" in run()
    assert QuarantinedItem.objects.get().digest.startswith("29")
    with pytest.raises(CommandError) as wrong:
        run(clinic="nowhere")
    assert wrong.value.returncode == 2


def run(**options: Any) -> str:
    out = StringIO()
    call_command("retention", stdout=out, **options)
    return out.getvalue()
