from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from clinics.models import (
    AccountingTransaction,
    Appointment,
    AppointmentChange,
    ChannelIdentity,
    Event,
    Guardian,
    Patient,
    PatientFact,
    Professional,
    Treatment,
    WaitingEntry,
)
from clinics.services.histories import union
from clinics.services.identities import identify_sender
from clinics.tenancy.models import Clinic
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import NOW, make_patient, make_professional, tomorrow

pytestmark = pytest.mark.django_db
PENICILLIN = {
    "version": 1,
    "allergies": [{"substance": "Penicilina", "reaction": "", "severity": "severe"}],
    "smoking": {"status": "former"},
    "updated_at": "2026-01-01T00:00:00Z",
    "updated_by": str(uuid.uuid4()),
}


@pytest.fixture
def old(in_alfa: Clinic) -> Patient:
    return make_patient("Anita Perez", dni="30111223", phone="+5491155550009", email="ana@x.test")


def booked(patient: Patient, ruiz: Professional, cleaning: Treatment, **fields: Any) -> Appointment:
    starts = fields.pop("starts_at", tomorrow(10))
    return Appointment.objects.create(
        patient=patient,
        professional=ruiz,
        treatment=cleaning,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        source="staff",
        **{"status": "scheduled", **fields},
    )


def merge(api: Api, old: Patient, survivor: Patient, **more: Any) -> Any:
    given = {
        "into": str(survivor.pk),
        "version": old.version,
        "into_version": survivor.version,
    }
    client = api("secretary")
    headers = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    return client.post(f"patients/{old.pk}/merge/", {**given, **more}, headers=headers)


def test_what_lies_ahead_moves_and_what_was_stays(
    api: Api, old: Patient, ana: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    past = booked(old, ruiz, cleaning, starts_at=NOW - timedelta(days=9), status="completed")
    ahead = booked(old, ruiz, cleaning)
    paid = AccountingTransaction.objects.create(
        patient=old, occurred_on="2026-11-15", recorded_by=uuid.uuid4(), kind="income",
        method="cash", amount=10, currency="ARS",
    )  # fmt: skip
    fact = PatientFact.objects.create(
        patient=old, field="dni", value="30111223", source="staff", recorded_by=uuid.uuid4()
    )
    writer = identify_sender(raw_id="5491155550009", phone="5491155550009", send_to="x")
    assert writer.patient_id == old.pk
    child = make_patient("Hija Perez", active=False)
    Guardian.objects.create(guardian=old, dependant=child, relation="hija")
    waiting = WaitingEntry.objects.create(
        patient=old, treatment=cleaning, from_day="2026-11-25", until_day="2026-12-25",
        source="staff",
    )  # fmt: skip
    ana.medical_history = {}
    old.medical_history = PENICILLIN
    old.save()

    answer = merge(api, old, ana, key="m-1")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["id"], body["version"], body["email"]) == (str(ana.pk), 2, "ana@x.test")
    assert body["dni"] == "30111222"
    # The same request again is the same answer.
    assert merge(api, old, ana, key="m-1").json() == body

    assert Appointment.objects.get(pk=past.pk).patient_id == old.pk
    moved = Appointment.objects.get(pk=ahead.pk)
    assert (moved.patient_id, moved.version, moved.status) == (ana.pk, 2, "scheduled")
    step = AppointmentChange.objects.get(appointment=moved)
    assert step.changed == {"patient": [str(old.pk), str(ana.pk)]}
    assert AccountingTransaction.objects.get(pk=paid.pk).patient_id == old.pk
    assert PatientFact.objects.get(pk=fact.pk).patient_id == old.pk
    assert ChannelIdentity.objects.get(pk=writer.pk).patient_id == ana.pk
    assert Guardian.objects.get().guardian_id == ana.pk
    assert WaitingEntry.objects.get(pk=waiting.pk).patient_id == ana.pk
    merged = Patient.objects.get(pk=old.pk)
    assert (merged.merged_into_id, merged.version) == (ana.pk, 2)
    assert Patient.objects.get(pk=ana.pk).medical_history["allergies"][0]["severity"] == "severe"
    types = sorted(Event.objects.values_list("type", flat=True))
    assert types == ["APPOINTMENT_UPDATED", "PATIENT_UPDATED", "PATIENT_UPDATED"]


def test_the_old_row_leads_to_the_person(
    api: Api, old: Patient, ana: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    past = booked(old, ruiz, cleaning, starts_at=NOW - timedelta(days=9), status="completed")
    third = make_patient("Ana P.", active=False)
    assert merge(api, third, old).status_code == 200
    old.refresh_from_db()
    assert merge(api, old, ana).status_code == 200
    client = api("secretary")
    for row in (third, old, ana):
        assert client.get(f"patients/{row.pk}/").json()["id"] == str(ana.pk)
        seen = client.get(f"patients/{row.pk}/appointments/").json()["results"]
        assert [one["id"] for one in seen] == [str(past.pk)]
    for q in ("30.111.223", "11 5555 0009", "30111222"):
        found = client.get("patients/", {"q": q}).json()["results"]
        assert [one["id"] for one in found] == [str(ana.pk)]
    everybody = client.get("patients/", {"merged": "true"}).json()["results"]
    assert {one["id"]: one["merged_into"] for one in everybody} == {
        str(ana.pk): None,
        str(old.pk): str(ana.pk),
        str(third.pk): str(ana.pk),
    }
    assert len(client.get("patients/").json()["results"]) == 1
    # Nothing is written to it any more.
    refused = client.patch(f"patients/{old.pk}/", {"version": 3, "email": "b@x.test"})
    assert assert_problem(refused, 409, "patient-merged")["into"] == str(ana.pk)
    starts = tomorrow(11).isoformat()
    given = {"patient": str(old.pk), "professional": str(ruiz.pk), "treatment": str(cleaning.pk)}
    refused = client.post("appointments/", {**given, "starts_at": starts})
    assert_problem(refused, 409, "patient-merged")
    # And who writes with its DNI is taken for the person.
    made = client.post("patients/", {"first_name": "A", "last_name": "B", "dni": "30111223"})
    assert made.json()["possible_duplicate_of"] == str(ana.pk)


def test_two_appointments_at_a_time_stand_in_the_way(
    api: Api, old: Patient, ana: Patient, ruiz: Professional, cleaning: Treatment
) -> None:
    mine = booked(ana, ruiz, cleaning)
    other = make_professional("Julián Gómez", treatments=(cleaning,))
    theirs = booked(old, other, cleaning, starts_at=tomorrow(10, 15))
    body = assert_problem(merge(api, old, ana), 409, "merge-conflict")
    assert [[one["id"] for one in pair] for pair in body["appointments"]] == [
        [str(theirs.pk), str(mine.pk)]
    ]
    assert Patient.objects.filter(merged_into=None, version=1).count() == 2
    assert Appointment.objects.get(pk=theirs.pk).patient_id == old.pk
    assert not Event.objects.exists()
    Appointment.objects.filter(pk=mine.pk).update(status="cancelled")
    assert merge(api, old, ana).status_code == 200


def test_a_guardian_and_their_dependant_are_two_people(
    api: Api, old: Patient, ana: Patient
) -> None:
    Guardian.objects.create(guardian=ana, dependant=old)
    assert_problem(merge(api, old, ana), 409, "merge-conflict")
    assert_problem(merge(api, ana, old), 409, "merge-conflict")
    assert Patient.objects.filter(merged_into=None, version=1).count() == 2


def test_both_wait_and_both_are_guardians_once(
    api: Api, old: Patient, ana: Patient, cleaning: Treatment
) -> None:
    child = make_patient("Hija Perez", active=False)
    for row in (old, ana):
        Guardian.objects.create(guardian=row, dependant=child)
        WaitingEntry.objects.create(
            patient=row, treatment=cleaning, from_day="2026-11-25", until_day="2026-12-25",
            source="staff",
        )  # fmt: skip
    assert merge(api, old, ana).status_code == 200
    assert Guardian.objects.get().guardian_id == ana.pk
    assert WaitingEntry.objects.get(status="waiting").patient_id == ana.pk
    assert WaitingEntry.objects.get(status="withdrawn").patient_id == old.pk


def test_a_merge_needs_both_as_they_were_seen(
    api: Api, old: Patient, ana: Patient, beta: Clinic
) -> None:
    wrong: dict[str, Any]
    for wrong in ({"version": 9}, {"into_version": 9}):
        assert_problem(merge(api, old, ana, **wrong), 409, "stale-version")
    for wrong in ({"version": 0}, {"into_version": "x"}, {"into": "x"}, {"into": str(old.pk)}):
        assert_problem(merge(api, old, ana, **wrong), 400, "invalid")
    assert_problem(merge(api, old, ana, into=str(uuid.uuid4())), 404, "not-found")
    assert Patient.objects.filter(merged_into=None, version=1).count() == 2
    assert not Event.objects.exists()
    assert merge(api, old, ana).status_code == 200
    old.refresh_from_db()
    ana.refresh_from_db()
    assert_problem(merge(api, old, ana), 409, "patient-merged")
    assert_problem(merge(api, ana, old), 409, "patient-merged")


def test_duplicates_are_listed_until_put_aside(api: Api, in_alfa: Clinic, ana: Patient) -> None:
    client = api("secretary")
    given = {"first_name": "Ana", "last_name": "Perez", "dni": "30.111.222"}
    made = client.post("patients/", given).json()
    assert made["possible_duplicate_of"] == str(ana.pk)
    same = {"first_name": "ANA", "last_name": "Pérez", "phone": "11 15 5555-0002"}
    second = client.post("patients/", same).json()
    listed = client.get("patients/duplicates/").json()["results"]
    seen = {one["patient"]["id"]: (one["other"]["id"], one["reasons"]) for one in listed}
    assert seen == {
        made["id"]: (str(ana.pk), ["dni", "name"]),
        second["id"]: (str(ana.pk), ["phone", "name"]),
    }
    url = f"patients/{made['id']}/not-duplicate/"
    assert_problem(client.post(url, {"version": 7}), 409, "stale-version")
    assert_problem(client.post(url, {}), 400, "invalid")
    assert client.post(url, {"version": 1}).json()["possible_duplicate_of"] is None
    assert len(client.get("patients/duplicates/").json()["results"]) == 1


def test_two_histories_keep_what_either_warns_of() -> None:
    latex = {
        "version": 1,
        "allergies": [{"substance": "látex"}, {"substance": "penicilina", "severity": "mild"}],
        "conditions": [],
        "medication": None,
        "updated_at": "2026-05-05T00:00:00Z",
    }
    for joined in (union(latex, PENICILLIN), union(PENICILLIN, latex)):
        assert [one["substance"] for one in joined["allergies"]] == ["látex", "penicilina"]
        assert joined["smoking"] == {"status": "former"}
        assert joined["conditions"] == []
        assert joined["updated_at"] == "2026-05-05T00:00:00Z"
    assert union({}, latex) == latex
    assert union(latex, {}) == latex
