"""The audit over REST, and an appointment's history."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from clinics.models import Appointment, AuditEntry, Patient, RecordRead
from clinics.services import audit
from clinics.tenancy.models import Clinic, Role
from dentalogic.core import clock
from dentalogic.core.tenancy import acting_as, clinic_scope
from tests.fixtures.api import Api, assert_problem, membership, own_row
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow


@pytest.fixture
def patient(alfa: Clinic) -> Patient:
    with clinic_scope(alfa), acting_as("agent"):
        return make_patient()


def test_an_objects_history_names_people_and_fields(
    alfa: Clinic, api: Api, patient: Patient
) -> None:
    api("secretary").patch(f"patients/{patient.pk}/", {"version": 1, "email": "a@perez.test"})
    body = api("ceo").get(f"audit/?object=patients:{patient.pk}").json()
    last, first = body["results"]
    who = membership(alfa, "secretary").user
    assert last["actor"] == {"kind": "staff", "id": str(who.pk), "name": who.full_name}
    assert (last["action"], last["action_label"]) == ("update", "Cambio")
    assert (last["object"], last["object_label"]) == (f"patients:{patient.pk}", "Paciente")
    assert last["changes"] == [
        {"field": "email", "label": "Correo", "before": "", "after": "a@perez.test"}
    ]
    assert first["actor"] == {"kind": "agent", "id": None, "name": "Asistente"}
    assert {"field": "dni", "label": "DNI", "before": None, "after": "30111222"} in first["changes"]


def test_filters_and_pages(alfa: Clinic, api: Api, patient: Patient) -> None:
    client = api("ceo")
    assert {one["actor"]["kind"] for one in client.get("audit/?actor=agent").json()["results"]} == {
        "agent"
    }
    later = {"from": "2099-01-01T00:00:00-03:00"}
    assert client.get("audit/", later).json()["results"] == []
    with clinic_scope(alfa):
        make_patient("Eva Sosa", dni="20333444", phone="+5491155550003")
    first = client.get("audit/?limit=1").json()
    second = client.get(first["next"]).json()
    assert first["results"][0]["id"] != second["results"][0]["id"]


@pytest.mark.parametrize("role", ["secretary", "professional"])
def test_the_audit_is_the_ceos(api: Api, patient: Patient, role: str) -> None:
    answer = api(role).get(f"audit/?object=patients:{patient.pk}")
    assert_problem(answer, 403, "not-allowed")


@pytest.mark.parametrize(
    "query",
    [
        "object=patients",
        "object=patients:1",
        "object=users:7b6c1b0e-0000-4000-8000-000000000000",
        "object=:",
        "actor=ana",
        "from=ayer",
    ],
)
def test_what_can_not_be_asked(api: Api, query: str) -> None:
    assert_problem(api("ceo").get(f"audit/?{query}"), 400, "invalid")


def test_another_clinics_object_has_no_history(beta: Clinic, api: Api, patient: Patient) -> None:
    mine = api("ceo", beta).get(f"audit/?object=patients:{patient.pk}").json()
    nobodys = api("ceo", beta).get(f"audit/?object=patients:{uuid.uuid4()}").json()
    assert mine == nobodys == {"next": None, "previous": None, "results": []}


def test_a_chart_in_the_audit_is_shown_as_a_read_and_covered_for_others(
    alfa: Clinic, api: Api, patient: Patient
) -> None:
    with clinic_scope(alfa):
        Patient.objects.filter(pk=patient.pk).update(
            medical_history={"version": 1, "notes": "diabetes"}
        )
        entry = AuditEntry.objects.get(row_id=patient.pk, action="update")
        (covered,) = audit.changes_for(entry, Role.SECRETARY)
        assert (covered["before"], covered["after"]) == ("***", "***")
        assert not RecordRead.objects.exists()
    answer = api("ceo").get(f"audit/?object=patients:{patient.pk}")
    assert "diabetes" in answer.content.decode()
    with clinic_scope(alfa):
        (read,) = RecordRead.objects.all()
    assert (read.patient_id, read.user_id) == (patient.pk, membership(alfa, "ceo").user_id)
    assert read.why


@pytest.fixture
def booked(alfa: Clinic, api: Api, patient: Patient) -> dict[str, Any]:
    with clinic_scope(alfa):
        treatment = make_treatment()
    professional = own_row(
        alfa, working_hours={str(d): [{"start": "09:00", "end": "18:00"}] for d in range(7)}
    )
    with clinic_scope(alfa):
        professional.offered_treatments.create(treatment=treatment)
    body = {
        "patient": str(patient.pk),
        "professional": str(professional.pk),
        "treatment": str(treatment.pk),
        "starts_at": tomorrow(10).isoformat(),
    }
    with clock.frozen(NOW):
        made = api("secretary").post("appointments/", body)
    assert made.status_code == 201, made.content
    return dict(made.json())


def test_an_appointments_history(alfa: Clinic, api: Api, booked: dict[str, Any]) -> None:
    with clock.frozen(NOW + timedelta(minutes=1)):
        api("professional").post(
            f"appointments/{booked['id']}/cancel/", {"version": 1, "reason": "llueve"}
        )
    for role in ("secretary", "ceo", "professional"):
        made, cancelled = api(role).get(f"appointments/{booked['id']}/history/").json()["results"]
        assert made["actor"]["name"] == membership(alfa, "secretary").user.full_name
        assert (made["from_label"], made["to_label"]) == ("", "Agendado")
        assert cancelled["actor"]["id"] == str(membership(alfa, "professional").user_id)
        assert (cancelled["to_status"], cancelled["reason"]) == ("cancelled", "llueve")


def test_a_colleagues_history_does_not_exist(
    alfa: Clinic, beta: Clinic, api: Api, booked: dict[str, Any]
) -> None:
    with clinic_scope(alfa):
        other = make_professional("Juan Gómez")
        Appointment.objects.filter(pk=booked["id"]).update(professional=other)
    assert_problem(
        api("professional").get(f"appointments/{booked['id']}/history/"), 404, "not-found"
    )
    assert_problem(api("ceo", beta).get(f"appointments/{booked['id']}/history/"), 404, "not-found")
