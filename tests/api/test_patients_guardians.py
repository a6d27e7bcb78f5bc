from __future__ import annotations

import uuid
from typing import Any

import pytest

from clinics.models import Event, Guardian, Patient
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(alfa: Clinic) -> dict[str, Patient]:
    with clinic_scope(alfa):
        return {
            name: make_patient(f"{name} Sosa", dni=f"3011122{place}")
            for place, name in enumerate(("Abuela", "Madre", "Hija"))
        }


def guardians(patient: Patient) -> str:
    return f"patients/{patient.pk}/guardians/"


def dependants(patient: Patient) -> str:
    return f"patients/{patient.pk}/dependants/"


def links(alfa: Clinic) -> list[tuple[Any, Any, str]]:
    with clinic_scope(alfa):
        return list(Guardian.objects.values_list("guardian", "dependant", "relation"))


def test_a_guardian_comes_and_goes(api: Api, alfa: Clinic, family: dict[str, Patient]) -> None:
    client = api("secretary")
    mother, child = family["Madre"], family["Hija"]
    given = {"guardian": str(mother.pk), "relation": "Madre"}
    made = client.post(guardians(child), given)
    assert made.status_code == 201, made.content
    assert made.json()["guardian"]["name"] == "Madre Sosa"
    again = client.post(guardians(child), {**given, "relation": "madre  y tutora"})
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert again.json()["relation"] == "madre y tutora"
    seen = client.get(guardians(child)).json()["results"]
    assert [one["guardian"]["id"] for one in seen] == [str(mother.pk)]
    assert client.get(dependants(mother)).json()["results"] == seen
    assert client.get(guardians(mother)).json()["results"] == []
    assert client.delete(f"{guardians(child)}{mother.pk}/").status_code == 204
    assert_problem(client.delete(f"{guardians(child)}{mother.pk}/"), 404, "not-found")
    assert links(alfa) == []
    with clinic_scope(alfa):
        assert {one.type for one in Event.objects.all()} == {"PATIENT_UPDATED"}
        assert Event.objects.count() == 3


def test_dependants_are_the_same_links(api: Api, alfa: Clinic, family: dict[str, Patient]) -> None:
    client = api("secretary")
    mother, child = family["Madre"], family["Hija"]
    key = {"Idempotency-Key": "d-1"}
    for _ in range(2):
        made = client.post(dependants(mother), {"dependant": str(child.pk)}, headers=key)
        assert made.status_code == 201
    assert links(alfa) == [(mother.pk, child.pk, "")]
    assert client.delete(f"{dependants(mother)}{child.pk}/").status_code == 204
    assert links(alfa) == []


def test_nobody_speaks_for_whom_they_depend_on(
    api: Api, alfa: Clinic, family: dict[str, Patient]
) -> None:
    client = api("secretary")
    old, mother, child = family["Abuela"], family["Madre"], family["Hija"]
    assert client.post(dependants(old), {"dependant": str(mother.pk)}).status_code == 201
    assert client.post(dependants(mother), {"dependant": str(child.pk)}).status_code == 201
    before = links(alfa)
    refused = client.post(dependants(child), {"dependant": str(old.pk)})
    assert_problem(refused, 409, "guardian-cycle")
    refused = client.post(guardians(old), {"guardian": str(mother.pk)})
    assert_problem(refused, 409, "guardian-cycle")
    assert_problem(client.post(guardians(old), {"guardian": str(old.pk)}), 400, "invalid")
    assert links(alfa) == before


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"guardian": "nobody"},
        {"guardian": None},
        {"guardian": ["x"]},
        {"guardian": "self", "relation": "x" * 41},
        {"guardian": "self", "relation": "\0"},
        {"guardian": "self", "relation": {"a": 1}},
    ],
)
def test_bad_links_are_400(
    api: Api, alfa: Clinic, family: dict[str, Patient], given: dict[str, Any]
) -> None:
    if given.get("guardian") == "self":
        given = {**given, "guardian": str(family["Madre"].pk)}
    assert_problem(api("ceo").post(guardians(family["Hija"]), given), 400, "invalid")
    assert links(alfa) == []


def test_strangers_are_unknown(
    api: Api, alfa: Clinic, beta: Clinic, family: dict[str, Patient]
) -> None:
    with clinic_scope(beta):
        foreign = make_patient()
    client = api("ceo")
    child = family["Hija"]
    for other in (str(foreign.pk), str(uuid.uuid4())):
        refused = client.post(guardians(child), {"guardian": other})
        assert_problem(refused, 404, "not-found")
        assert_problem(client.delete(f"{guardians(child)}{other}/"), 404, "not-found")
    assert_problem(client.get(guardians(foreign)), 404, "not-found")
    refused = client.post(guardians(foreign), {"guardian": str(child.pk)})
    assert_problem(refused, 404, "not-found")
    assert links(alfa) == []
