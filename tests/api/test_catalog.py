from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from clinics.models import Absence, Closure, Insurer, Patient, PatientFact, Professional, Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, membership, own_row
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_day() -> Iterator[None]:
    """Whatever the machine's clock says: what is over is refused."""
    with clock.frozen(NOW):
        yield


HOURS = {"0": [{"start": "09:00", "end": "13:00"}]}


def test_the_ceo_keeps_the_treatments(api: Api, alfa: Clinic) -> None:
    ceo = api("ceo")
    given = {"code": "conducto", "name": "Tratamiento de conducto", "minutes": 60}
    made = ceo.post("treatments/", given)
    assert made.status_code == 201
    assert "code" in assert_problem(ceo.post("treatments/", given), 400, "invalid")["errors"]
    url = f"treatments/{made.json()['id']}/"
    changed = ceo.patch(url, {"version": 1, "minutes": 45, "price": "1500.50"})
    assert (changed.json()["minutes"], changed.json()["version"]) == (45, 2)
    assert changed.json()["price"] == "1500.50"
    assert_problem(ceo.patch(url, {"version": 1, "minutes": 90}), 409, "stale-version")
    assert "version" in assert_problem(ceo.patch(url, {"minutes": 90}), 400, "invalid")["errors"]
    assert ceo.get(url).json()["minutes"] == 45
    assert [one["code"] for one in api("secretary").get("treatments/").json()["results"]] == [
        "conducto"
    ]


def test_insurers_differ_by_more_than_accents(api: Api, alfa: Clinic) -> None:
    ceo = api("ceo")
    made = ceo.post("insurers/", {"name": "Unión Personal", "synonyms": ["UP"]})
    assert made.status_code == 201
    assert_problem(ceo.post("insurers/", {"name": "UNION PERSONAL"}), 400, "invalid")
    changed = ceo.patch(f"insurers/{made.json()['id']}/", {"is_active": False})
    assert changed.json()["is_active"] is False
    assert ceo.get("insurers/?active=true").json()["results"] == []


def test_closures_come_and_go(api: Api, alfa: Clinic) -> None:
    ceo = api("ceo")
    given = {"starts_on": "2027-01-04", "ends_on": "2027-01-15", "name": "Vacaciones"}
    made = ceo.post("closures/", given)
    assert made.status_code == 201
    url = f"closures/{made.json()['id']}/"
    assert api("professional").get("closures/?since=2027-01-10").json()["results"]
    assert_problem(api("secretary").delete(url), 403, "not-allowed")
    assert ceo.delete(url).status_code == 204
    assert_problem(ceo.delete(url), 404, "not-found")
    assert_problem(ceo.post("closures/", {**given, "ends_on": "2027-01-01"}), 400, "invalid")
    with clinic_scope(alfa):
        assert not Closure.objects.exists()


def test_professionals_change_their_own_hours_alone(api: Api, alfa: Clinic) -> None:
    mine = own_row(alfa)
    with clinic_scope(alfa):
        other = make_professional()
    client = api("professional")
    changed = client.patch(f"professionals/{mine.pk}/", {"version": 1, "working_hours": HOURS})
    assert changed.status_code == 200, changed.content
    assert changed.json()["working_hours"] == HOURS
    refused = client.patch(f"professionals/{mine.pk}/", {"version": 2, "specialty": "x"})
    assert_problem(refused, 403, "not-allowed")
    refused = client.patch(f"professionals/{other.pk}/", {"version": 1, "working_hours": {}})
    assert_problem(refused, 404, "not-found")
    with clinic_scope(alfa):
        assert Professional.objects.get(pk=mine.pk).version == 2
        assert Professional.objects.get(pk=other.pk).version == 1


@pytest.mark.parametrize(
    "hours",
    [
        {"7": []},
        {"0": [{"start": "13:00", "end": "09:00"}]},
        {"0": [{"start": "09:00", "end": "13:00"}, {"start": "12:00", "end": "14:00"}]},
        {"0": "09:00"},
        [],
        None,
        "x",
    ],
)
def test_wrong_hours_are_explained(api: Api, alfa: Clinic, hours: Any) -> None:
    mine = own_row(alfa)
    refused = api("ceo").patch(f"professionals/{mine.pk}/", {"version": 1, "working_hours": hours})
    assert refused.status_code == 400, refused.content
    with clinic_scope(alfa):
        assert Professional.objects.get(pk=mine.pk).working_hours == {}


def test_the_ceo_adds_a_professional_with_treatments(api: Api, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        cleaning = make_treatment()
    with clinic_scope(beta):
        foreign = make_treatment()
    ceo = api("ceo")
    given: dict[str, Any] = {
        "first_name": "Carla",
        "last_name": "Díaz",
        "title": "Dra.",
        "working_hours": HOURS,
    }
    for wrong in (
        {"treatments": [str(foreign.pk)]},
        {"user_id": str(membership(beta, "professional").user_id)},
    ):
        assert_problem(ceo.post("professionals/", {**given, **wrong}), 400, "invalid")
    with clinic_scope(alfa):
        assert not Professional.objects.exists()
    made = ceo.post("professionals/", {**given, "treatments": [str(cleaning.pk)]})
    assert made.status_code == 201, made.content
    assert made.json()["treatments"] == [str(cleaning.pk)]
    emptied = ceo.patch(f"professionals/{made.json()['id']}/", {"version": 1, "treatments": []})
    assert emptied.json()["treatments"] == []


def test_absences(api: Api, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        row = make_professional()
    url = f"professionals/{row.pk}/absences/"
    given = {"starts_at": "2026-12-01T09:00:00-03:00", "ends_at": "2026-12-02T09:00:00-03:00"}
    made = api("ceo").post(url, given)
    assert made.status_code == 201
    assert made.json()["starts_at"] == given["starts_at"]
    assert_problem(api("ceo", beta).post(url, given), 404, "not-found")
    assert_problem(api("ceo", beta).get(url), 404, "not-found")
    assert_problem(api("ceo", beta).delete(f"{url}{made.json()['id']}/"), 404, "not-found")
    backwards = {"starts_at": given["ends_at"], "ends_at": given["starts_at"]}
    assert_problem(api("ceo").post(url, backwards), 400, "invalid")
    with clinic_scope(alfa):
        assert Absence.objects.count() == 1
    assert api("ceo").delete(f"{url}{made.json()['id']}/").status_code == 204


FACTS = {
    "first_name": "Ana",
    "last_name": "Pérez",
    "dni": "30.111.222",
    "insurance": "osde",
    "phone": "011 15 5555-0002",
}


def test_staff_enters_a_patient_and_the_facts_are_noted(api: Api, alfa: Clinic) -> None:
    with clinic_scope(alfa):
        Insurer.objects.create(name="OSDE", name_key="osde")
    client = api("secretary")
    guest = client.post("patients/", {"first_name": "Ana", "last_name": "Pérez"})
    assert (guest.status_code, guest.json()["status"]) == (201, "guest")
    body = client.patch(
        f"patients/{guest.json()['id']}/", {"version": guest.json()["version"], **FACTS}
    ).json()
    assert (body["status"], body["dni"], body["insurance"]) == ("active", "30111222", "OSDE")
    assert body["phone"] == "+5491155550002"
    noted = client.get(f"patients/{body['id']}/facts/").json()["results"]
    assert {one["field"] for one in noted} == {"full_name", "dni", "insurance", "phone"}
    assert {one["source"] for one in noted} == {"staff"}
    emptied = client.patch(f"patients/{body['id']}/", {"version": body["version"], "dni": ""})
    assert "dni" in assert_problem(emptied, 400, "invalid")["errors"]
    stale = client.patch(f"patients/{body['id']}/", {"version": 1, "email": "a@b.test"})
    assert_problem(stale, 409, "stale-version")
    with clinic_scope(alfa):
        assert Patient.objects.get().email == ""
        assert PatientFact.objects.filter(superseded_at=None).count() == 4


def test_patients_are_found_by_what_one_has(api: Api, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        ana = make_patient("Ana María Pérez Núñez")
        make_patient("Beto Gómez", dni="27000111", phone="+5491144440000")
    with clinic_scope(beta):
        make_patient("Ana Pérez")
    client = api("secretary")
    for words in ("nunez", "ana pér", "PEREZ ana", "30111222", "30.111", "11 5555-0002"):
        found = client.get("patients/", {"q": words}).json()["results"]
        assert [one["id"] for one in found] == [str(ana.pk)], words
    assert len(client.get("patients/").json()["results"]) == 2
    assert client.get("patients/", {"q": "zzz"}).json()["results"] == []
    assert_problem(api("ceo", beta).get(f"patients/{ana.pk}/"), 404, "not-found")
    refused = api("ceo", beta).patch(f"patients/{ana.pk}/", {"version": 1, "email": "x@y.test"})
    assert_problem(refused, 404, "not-found")
    assert_problem(api("ceo", beta).get(f"patients/{ana.pk}/facts/"), 404, "not-found")
    assert_problem(api("ceo").get(f"patients/{uuid.uuid4()}/"), 404, "not-found")


def test_events_are_numbered_and_read_once(api: Api, alfa: Clinic) -> None:
    client = api("secretary")
    begin = client.get("events/").json()
    assert begin["results"] == []
    client.post("patients/", FACTS)
    body = client.get(f"events/?since={begin['last']}").json()
    assert [one["type"] for one in body["results"]] == ["PATIENT_UPDATED"]
    assert "30111222" not in str(body)
    assert client.get(f"events/?since={body['last']}").json()["results"] == []
    assert_problem(client.get(f"events/?since={body['last'] + 5}"), 410, "resync")
    assert_problem(client.get("events/?since=-1"), 400, "invalid")
    assert_problem(client.get(f"events/?since={10**30}"), 400, "invalid")


def test_money_of_a_treatment_is_a_number(api: Api, alfa: Clinic) -> None:
    given = {"code": "x", "name": "X", "minutes": 30}
    for wrong in ({"price": "NaN"}, {"price": "-1"}, {"minutes": 10**12}, {"code": "con espacio"}):
        assert_problem(api("ceo").post("treatments/", {**given, **wrong}), 400, "invalid")
    with clinic_scope(alfa):
        assert not Treatment.objects.exists()
