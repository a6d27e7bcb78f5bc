"""What the desk may type of a patient, and what is refused with nothing written."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from clinics.models import Event, Patient, PatientFact
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_patient

pytestmark = pytest.mark.django_db
BASE: dict[str, Any] = {"first_name": "Ana", "last_name": "Pérez"}
BAD_VALUES: dict[str, list[Any]] = {
    "first_name": ["", " ", None, "x" * 81, "a\0b", ["x"], {"a": 1}, True],
    "last_name": ["", None, "x" * 81, "\0"],
    "document_type": ["", None, "x" * 11],
    "dni": ["1234", "x" * 21, "12345678901234567", "30 111/222", "３０１", []],
    "birth_date": [
        *("31/12/1980", "1899-12-31", "2100-01-01", "2090-01-01", "1980-02-30", "hoy", "", 1, []),
    ],
    "phone": ["12", "no", "+54", "x" * 31, "+1 555 0000000000000", {}],
    "email": ["no", "a@b", "a b@c.test", "x" * 250 + "@c.test"],
    "insurance": ["x" * 81, None, []],
    "insurance_plan": ["x" * 81, None],
    "member_number": ["x" * 41, None],
}
BAD = [(name, value) for name, values in BAD_VALUES.items() for value in values]


def kept(alfa: Clinic) -> tuple[list[Any], int, int]:
    with clinic_scope(alfa):
        return (
            list(Patient.objects.order_by("id").values()),
            PatientFact.objects.count(),
            Event.objects.count(),
        )


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_named_and_nothing_is_kept(
    api: Api, alfa: Clinic, name: str, value: Any
) -> None:
    with clinic_scope(alfa):
        ana = make_patient()
    before = kept(alfa)
    client = api("secretary")
    body = assert_problem(client.post("patients/", {**BASE, name: value}), 400, "invalid")
    assert set(body["errors"]) == {name}
    change = {"version": 1, name: value}
    body = assert_problem(client.patch(f"patients/{ana.pk}/", change), 400, "invalid")
    assert set(body["errors"]) == {name}
    assert kept(alfa) == before


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("first_name", "x" * 80, "x" * 80),
        ("last_name", "Ñandú-O'Hara ", "Ñandú-O'Hara"),
        ("dni", "30.111.222", "30111222"),
        ("dni", "aab-123.456", "AAB123456"),
        ("dni", "1" * 15, "1" * 15),
        ("dni", None, None),
        ("dni", "", None),
        ("birth_date", "1900-01-01", "1900-01-01"),
        ("phone", "011 15-5555-0002", "+5491155550002"),
        ("phone", "+1 212 555 2368", "+12125552368"),
        ("insurance", "particular", "PARTICULAR"),
        ("email", "ana@x.test", "ana@x.test"),
    ],
)
def test_what_fits_is_kept_in_one_form(
    api: Api, alfa: Clinic, name: str, given: Any, stored: Any
) -> None:
    made = api("secretary").post("patients/", {**BASE, name: given})
    assert made.status_code == 201, made.content
    assert made.json()[name] == stored


def test_what_nobody_may_say_is_not_taken(api: Api, alfa: Clinic) -> None:
    """Status, versions and whom they were merged into follow from what happens."""
    more = {"status": "active", "version": 7, "id": str(uuid.uuid4()), "tenant_id": "x"}
    made = api("secretary").post("patients/", {**BASE, **more, "merged_into": str(uuid.uuid4())})
    assert (made.json()["status"], made.json()["version"]) == ("guest", 1)
    assert made.json()["merged_into"] is None
    assert made.json()["id"] != more["id"]


@pytest.mark.parametrize("version", [0, -1, 2, "x", None, [], 2**31, 1.5])
def test_a_change_needs_the_version_that_was_seen(api: Api, alfa: Clinic, version: Any) -> None:
    with clinic_scope(alfa):
        ana = make_patient()
    before = kept(alfa)
    change = {"version": version, "last_name": "Sosa"}
    refused = api("secretary").patch(f"patients/{ana.pk}/", change)
    if version == 2:
        assert_problem(refused, 409, "stale-version")
    else:
        assert "version" in assert_problem(refused, 400, "invalid")["errors"]
    assert kept(alfa) == before


def test_an_active_patient_keeps_what_makes_one(api: Api, alfa: Clinic) -> None:
    with clinic_scope(alfa):
        ana = make_patient()
    before = kept(alfa)
    for name in ("dni", "phone"):
        change = {"version": 1, name: None}
        body = assert_problem(api("ceo").patch(f"patients/{ana.pk}/", change), 400, "invalid")
        assert set(body["errors"]) == {name}
    refused = api("ceo").patch(f"patients/{ana.pk}/", {"version": 1, "insurance": ""})
    assert set(assert_problem(refused, 400, "invalid")["errors"]) == {"insurance"}
    assert kept(alfa) == before


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", "{", "", '{"first_name": "\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(api: Api, alfa: Clinic, body: str) -> None:
    before = kept(alfa)
    for method in ("POST", "PATCH"):
        url = "patients/" if method == "POST" else f"patients/{uuid.uuid4()}/"
        answer = api("secretary").generic(method, url, body, "application/json")
        assert answer.status_code == 400, answer.content
    assert kept(alfa) == before


def test_other_clinics_and_unknown_ids_are_the_same(api: Api, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(beta):
        foreign = make_patient()
    client = api("secretary")
    for row in (foreign.pk, uuid.uuid4()):
        base = f"patients/{row}/"
        for path in ("", "appointments/", "facts/", "guardians/", "dependants/", "export/"):
            assert_problem(client.get(base + path), 404, "not-found")
        assert_problem(client.patch(base, {"version": 1, "last_name": "X"}), 404, "not-found")
        assert_problem(client.post(f"{base}not-duplicate/", {"version": 1}), 404, "not-found")
    with clinic_scope(beta):
        assert Patient.objects.get().version == 1
