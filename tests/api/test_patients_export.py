from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import (
    AccountingTransaction,
    Appointment,
    ClinicalRecord,
    Consent,
    ConsentText,
    Guardian,
    Patient,
    PatientFact,
    Professional,
    RecordRead,
    Treatment,
    TreatmentPlan,
)
from clinics.services.finding import find_patient
from clinics.tenancy.models import Clinic
from tests.fixtures.api import Api, assert_problem, membership
from tests.fixtures.clinics import make_patient, make_professional, tomorrow

pytestmark = pytest.mark.django_db
SECTIONS = {
    *("format", "version", "exported_at", "exported_by", "clinic", "patient", "merged_rows"),
    *("identities", "guardians", "dependants", "facts", "appointments", "waiting_list"),
    *("consents", "plans", "transactions", "medical_history", "records", "left_out"),
}


@pytest.fixture
def full(ana: Patient, ruiz: Professional, cleaning: Treatment) -> Patient:
    by = uuid.uuid4()
    child = make_patient("Hija Pérez", active=False)
    Guardian.objects.create(guardian=ana, dependant=child, relation="hija")
    PatientFact.objects.create(
        patient=ana, field="dni", value="30111222", source="staff", recorded_by=by
    )
    Appointment.objects.create(
        patient=ana, professional=ruiz, treatment=cleaning, starts_at=tomorrow(10),
        ends_at=tomorrow(11), status="scheduled", source="staff", notes="trae placa",
    )  # fmt: skip
    text = ConsentText.objects.create(kind="data", text_version=1, text="Acepto.", published_by=by)
    Consent.objects.create(patient=ana, text=text, how="en papel", recorded_by=by)
    plan = TreatmentPlan.objects.create(
        patient=ana, professional=ruiz, title="Ortodoncia", currency="ARS", created_by=by
    )
    plan.items.create(position=1, treatment=cleaning, tooth=16, faces="O", price="1500.50")
    AccountingTransaction.objects.create(
        patient=ana, occurred_on="2026-11-15", recorded_by=by, kind="income", method="cash",
        amount="10.00", currency="ARS",
    )  # fmt: skip
    ClinicalRecord.objects.create(
        patient=ana, professional=ruiz, author_user_id=by, position=1, kind="evolution",
        text="Caries en 16.", signed_as="Dra. Ruiz", hash="0" * 64,
    )  # fmt: skip
    old = make_patient("Anita Pérez", dni="30111223", phone="+5491155550009", merged_into=ana)
    PatientFact.objects.create(
        patient=old, field="dni", value="30111223", source="staff", recorded_by=by
    )
    return ana


def export(api: Api, patient: Patient, role: str = "ceo", **query: str) -> Any:
    return api(role).get(f"patients/{patient.pk}/export/", query)


def test_a_ceo_exports_everything_and_it_is_noted(api: Api, in_alfa: Clinic, full: Patient) -> None:
    answer = export(api, full, why="lo pidió la paciente")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    assert f"paciente-{full.pk}.json" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == SECTIONS
    assert (body["format"], body["version"]) == ("dentalogic.patient", 1)
    assert body["exported_at"] == "2026-11-24T09:00:00-03:00"
    assert body["patient"]["dni"] == "30111222"
    assert [one["name"] for one in body["merged_rows"]] == ["Anita Pérez"]
    assert [one["value"] for one in body["facts"]] == ["30111222", "30111223"]
    assert body["dependants"][0]["relation"] == "hija"
    assert body["guardians"] == []
    assert body["appointments"][0]["notes"] == "trae placa"
    assert body["consents"][0]["text"] == "Acepto."
    assert body["plans"][0]["items"][0]["price"] == "1500.50"
    assert body["transactions"][0]["amount"] == "10.00"
    assert body["records"][0]["text"] == "Caries en 16."
    assert body["left_out"] == []
    read = RecordRead.objects.get()
    user = membership(in_alfa, "ceo").user_id
    assert (read.patient_id, read.user_id, read.what) == (full.pk, user, "export")
    assert (read.role, read.why) == ("ceo", "lo pidió la paciente")


def test_a_secretary_exports_nothing_clinical(api: Api, full: Patient) -> None:
    answer = export(api, full, "secretary")
    body = answer.json()
    assert (body["records"], body["medical_history"]) == (None, None)
    assert body["left_out"] == ["medical_history", "records"]
    assert body["transactions"]
    assert "Caries" not in answer.content.decode()
    assert not RecordRead.objects.exists()


def test_a_professional_exports_their_own_agenda_and_no_money(
    api: Api, in_alfa: Clinic, full: Patient, cleaning: Treatment
) -> None:
    mine = make_professional("Julián Gómez", user_id=membership(in_alfa, "professional").user_id)
    Appointment.objects.create(
        patient=full, professional=mine, treatment=cleaning, starts_at=tomorrow(15),
        ends_at=tomorrow(16), status="scheduled", source="staff",
    )  # fmt: skip
    body = export(api, full, "professional").json()
    assert [one["professional"] for one in body["appointments"]] == ["Dra. Julián Gómez"]
    assert (body["plans"], body["transactions"]) == ([], None)
    assert set(body["left_out"]) == {"transactions", "appointments:others", "plans:others"}
    assert body["records"]
    assert RecordRead.objects.get().role == "professional"


@pytest.mark.parametrize("role", ["ceo", "secretary", "professional"])
def test_the_pdf_says_the_same(api: Api, full: Patient, role: str) -> None:
    answer = export(api, full, role, format="pdf")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f"paciente-{full.pk}.pdf" in answer.headers["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    assert RecordRead.objects.count() == (0 if role == "secretary" else 1)


def test_an_empty_row_can_be_exported(api: Api, in_alfa: Clinic) -> None:
    nobody = make_patient("X", active=False)
    for form in ("json", "pdf"):
        assert export(api, nobody, format=form).status_code == 200


def test_the_id_of_a_merged_row_exports_the_person(api: Api, full: Patient) -> None:
    old = Patient.objects.get(merged_into=full)
    assert export(api, old).json()["patient"]["id"] == str(full.pk)
    assert find_patient(old.pk) == full


def test_bad_exports_are_refused_and_note_nothing(api: Api, full: Patient, beta: Clinic) -> None:
    for query in ({"format": "xml"}, {"why": "x" * 201}):
        assert_problem(export(api, full, **query), 400, "invalid")
    unknown = f"patients/{uuid.uuid4()}/export/"
    for form in ("json", "pdf"):
        assert_problem(api("ceo").get(unknown, {"format": form}), 404, "not-found")
        foreign = api("ceo", beta).get(f"patients/{full.pk}/export/", {"format": form})
        assert_problem(foreign, 404, "not-found")
    assert not RecordRead.objects.exists()


def test_more_history_is_no_more_statements(
    api: Api, full: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    client = api("ceo")
    url = f"patients/{full.pk}/export/"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(5):
        plan = TreatmentPlan.objects.create(
            patient=full, professional=ruiz, title=f"{number}", currency="ARS",
            created_by=uuid.uuid4(),
        )  # fmt: skip
        plan.items.create(position=1, treatment=cleaning, price="1")
        ClinicalRecord.objects.create(
            patient=full, professional=ruiz, author_user_id=uuid.uuid4(), position=number + 2,
            kind="evolution", text="x", hash=str(number) * 64,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(url).json()["records"]) == 6
    assert len(many) == len(few)
