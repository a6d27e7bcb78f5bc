from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest

from clinics.models import (
    Appointment,
    Chair,
    Event,
    Patient,
    Professional,
    ProfessionalTreatment,
    Treatment,
)
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, own_row
from tests.fixtures.clinics import WEEK, make_patient, make_treatment

pytestmark = pytest.mark.django_db

NINE = "2026-11-25T09:00:00-03:00"
TEN = "2026-11-25T10:00:00-03:00"


@pytest.fixture
def booking(ruiz: Professional, ana: Patient, cleaning: Treatment) -> dict[str, Any]:
    return {
        "patient": str(ana.pk),
        "professional": str(ruiz.pk),
        "treatment": str(cleaning.pk),
        "starts_at": NINE,
    }


def book(api: Api, booking: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = api("secretary").post("appointments/", {**booking, **more})
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_a_secretary_books(api: Api, booking: dict[str, Any], ruiz: Professional) -> None:
    body = book(api, booking, notes="viene con su hija")
    assert body["status"] == "scheduled"
    assert body["starts_at"] == NINE
    assert body["ends_at"] == "2026-11-25T09:30:00-03:00"
    assert body["professional"] == {"id": str(ruiz.pk), "name": "Dra. María Elena Ruiz"}
    assert body["patient"]["name"] == "Ana Pérez"
    assert (body["source"], body["version"], body["notes"]) == ("staff", 1, "viene con su hija")
    assert api("secretary").get(f"appointments/{body['id']}/").json() == body
    assert Event.objects.get().data["id"] == body["id"]


def test_a_taken_slot_answers_with_alternatives(api: Api, booking: dict[str, Any]) -> None:
    book(api, booking)
    other = make_patient("Beto Gómez", dni="30111333", phone="+5491155550003")
    refused = api("secretary").post("appointments/", {**booking, "patient": str(other.pk)})
    body = assert_problem(refused, 409, "slot-taken")
    assert [one["starts_at"] for one in body["alternatives"]] != []
    assert len(body["alternatives"]) == 3
    assert Appointment.objects.count() == 1
    again = {**booking, "patient": str(other.pk), "starts_at": body["alternatives"][0]["starts_at"]}
    assert api("secretary").post("appointments/", again).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_at", "mañana"),
        ("starts_at", "2026-11-25T09:00:00"),
        ("starts_at", "0001-01-01T00:00:00+14:00"),
        ("starts_at", "9999-12-31T23:59:59-12:00"),
        ("starts_at", 1),
        ("starts_at", None),
        ("starts_at", "2026-11-25T09:00:30-03:00"),
        ("patient", "1"),
        ("patient", None),
        ("patient", ["a"]),
        ("treatment", {"id": 1}),
        ("professional", ""),
        ("notes", "x" * 501),
        ("notes", "a\0b"),
        ("override_hold", "maybe"),
        ("chair", "no"),
    ],
)
def test_bad_input_is_400_and_books_nothing(
    api: Api, booking: dict[str, Any], field: str, value: Any
) -> None:
    refused = api("secretary").post("appointments/", {**booking, field: value})
    body = assert_problem(refused, 400, "invalid")
    assert field in body["errors"]
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("field", ["patient", "treatment", "professional", "chair"])
def test_ids_of_another_clinic_do_not_exist(
    api: Api, booking: dict[str, Any], beta: Clinic, field: str
) -> None:
    with clinic_scope(beta):
        foreign = {
            "patient": make_patient().pk,
            "treatment": make_treatment().pk,
            "professional": own_row(beta, working_hours=WEEK).pk,
            "chair": Chair.objects.create(name="Sillón").pk,
        }
    for value in (foreign[field], uuid.uuid4()):
        refused = api("secretary").post("appointments/", {**booking, field: str(value)})
        assert refused.status_code in {404, 409}, refused.content
        assert refused.json()["type"].endswith(("not-found", "not-offered"))
    assert not Appointment.objects.exists()


STEPS = ("confirm", "reschedule", "cancel", "arrive", "seat", "complete", "no-show", "undo")


@pytest.mark.parametrize("step", STEPS)
def test_an_appointment_of_another_clinic_is_not_found(
    api: Api, booking: dict[str, Any], beta: Clinic, step: str
) -> None:
    made = book(api, booking)
    values = {"version": 1, "reason": "x", "starts_at": TEN}
    stranger = api("ceo", beta)
    assert_problem(stranger.get(f"appointments/{made['id']}/"), 404, "not-found")
    assert_problem(stranger.post(f"appointments/{made['id']}/{step}/", values), 404, "not-found")
    assert stranger.get("appointments/").json()["results"] == []
    assert Appointment.objects.get().version == 1


def test_the_steps_of_a_day(api: Api, booking: dict[str, Any]) -> None:
    made = book(api, booking)
    client = api("secretary")
    version, seen = 1, []
    for step in ("confirm", "arrive", "seat", "complete"):
        response = client.post(f"appointments/{made['id']}/{step}/", {"version": version})
        assert response.status_code == 200, response.content
        version = response.json()["version"]
        seen.append(response.json()["status"])
    assert seen == ["confirmed", "arrived", "in_chair", "completed"]
    url = f"appointments/{made['id']}/undo/"
    assert_problem(client.post(url, {"version": version}), 400, "invalid")
    undone = client.post(url, {"version": version, "reason": "se equivocó de fila"})
    assert undone.json()["status"] == "in_chair"
    refused = client.post(f"appointments/{made['id']}/confirm/", {"version": version + 1})
    assert assert_problem(refused, 409, "transition-refused")["allowed"] == ["completed"]


@pytest.mark.parametrize("step", [step for step in STEPS if step != "undo"])
def test_an_old_version_changes_nothing(api: Api, booking: dict[str, Any], step: str) -> None:
    made = book(api, booking)
    client = api("secretary")
    values = {"version": 7, "starts_at": TEN}
    refused = client.post(f"appointments/{made['id']}/{step}/", values)
    assert_problem(refused, 409, "stale-version")
    without = client.post(f"appointments/{made['id']}/{step}/", {"starts_at": TEN})
    assert "version" in assert_problem(without, 400, "invalid")["errors"]
    found = Appointment.objects.get()
    assert (found.version, found.status) == (1, "scheduled")


def test_rescheduling(api: Api, booking: dict[str, Any]) -> None:
    made = book(api, booking)
    client = api("secretary")
    moved = client.post(f"appointments/{made['id']}/reschedule/", {"version": 1, "starts_at": TEN})
    assert moved.status_code == 200, moved.content
    assert (moved.json()["starts_at"], moved.json()["version"]) == (TEN, 2)
    cancelled = client.post(f"appointments/{made['id']}/cancel/", {"version": 2, "reason": "viaja"})
    assert cancelled.json()["cancel_reason"] == "viaja"
    assert cancelled.json()["cancelled_by"].startswith("staff:")


def test_professionals_have_their_own_agenda_alone(
    api: Api, alfa: Clinic, booking: dict[str, Any], cleaning: Treatment
) -> None:
    others = book(api, booking)
    mine = own_row(alfa, working_hours=WEEK)
    ProfessionalTreatment.objects.create(professional=mine, treatment=cleaning)
    client = api("professional")
    assert client.get("appointments/").json()["results"] == []
    assert_problem(client.get(f"appointments/{others['id']}/"), 404, "not-found")
    for step in STEPS:
        values = {"version": 1, "reason": "x", "starts_at": TEN}
        refused = client.post(f"appointments/{others['id']}/{step}/", values)
        assert_problem(refused, 404, "not-found")
    refused = client.post("appointments/", {**booking, "starts_at": TEN})
    assert_problem(refused, 403, "not-allowed")
    given = {**booking, "professional": str(mine.pk), "starts_at": TEN}
    made = client.post("appointments/", given)
    assert made.status_code == 201, made.content
    assert [one["id"] for one in client.get("appointments/").json()["results"]] == [
        made.json()["id"]
    ]
    taken_over = {"version": 1, "starts_at": NINE, "professional": booking["professional"]}
    refused = client.post(f"appointments/{made.json()['id']}/reschedule/", taken_over)
    assert_problem(refused, 403, "not-allowed")
    assert Appointment.objects.filter(version=1).count() == 2


def test_the_list_filters_and_pages(api: Api, booking: dict[str, Any], ana: Patient) -> None:
    hours = [f"2026-11-25T{hour:02}:00:00-03:00" for hour in (9, 10, 11, 14, 15)]
    for start in hours:
        book(api, booking, starts_at=start)
    client = api("secretary")
    first = client.get("appointments/?limit=2").json()
    assert [one["starts_at"] for one in first["results"]] == hours[:2]
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert [one["starts_at"] for one in second["results"]] == hours[2:4]
    last = client.get(second["next"]).json()
    assert [one["starts_at"] for one in last["results"]] == hours[4:]
    assert last["next"] is None
    back = client.get(last["previous"]).json()
    assert back["results"] == second["results"]
    assert client.get(back["previous"]).json()["results"] == first["results"]
    window = {"from": "2026-11-25T10:30:00-03:00", "to": "2026-11-25T14:30:00-03:00"}
    assert starts(client.get("appointments/", window)) == hours[2:4]
    assert starts(client.get("appointments/", {"patient": str(ana.pk)})) == hours
    assert starts(client.get("appointments/", {"patient": str(uuid.uuid4())})) == []
    assert starts(client.get("appointments/?status=cancelled&status=no_show")) == []
    assert starts(client.get(f"patients/{ana.pk}/appointments/")) == hours[::-1]


def starts(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["starts_at"] for one in response.json()["results"]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1000",
        "limit=x",
        "cursor=abc",
        "cursor=WyJuIiwieCIsInkiXQ",
        "cursor=%00",
        "from=ayer",
        "status=dead",
        "professional=1",
    ],
)
def test_bad_queries_are_400(api: Api, alfa: Clinic, query: str) -> None:
    assert_problem(api("secretary").get(f"appointments/?{query}"), 400, "invalid")


def test_availability_explains_itself(
    api: Api, ruiz: Professional, cleaning: Treatment, booking: dict[str, Any]
) -> None:
    book(api, booking)
    query = {
        "from": "2026-11-25T08:00:00-03:00",
        "to": "2026-11-25T13:30:00-03:00",
        "treatment": str(cleaning.pk),
    }
    body = api("professional").get("availability/", query).json()
    assert body["professionals"] == [
        {"id": str(ruiz.pk), "name": "Dra. María Elena Ruiz", "trust": "local"}
    ]
    assert body["slots"][0]["starts_at"] == "2026-11-25T09:30:00-03:00"
    assert body["slots"][0]["professional_id"] == str(ruiz.pk)
    codes = {(one["starts_at"][11:16], one["code"]) for one in body["reasons"]}
    assert ("09:00", "taken") in codes
    assert datetime.fromisoformat(body["slots"][0]["ends_at"])
    unknown = {**query, "treatment": str(uuid.uuid4())}
    assert_problem(api("ceo").get("availability/", unknown), 404, "not-found")
    unknown = {**query, "professional": str(uuid.uuid4())}
    assert_problem(api("ceo").get("availability/", unknown), 404, "not-found")
    for wrong in ({"to": query["from"]}, {"to": "2027-11-25T13:00:00-03:00"}, {"from": ""}):
        assert_problem(api("ceo").get("availability/", {**query, **wrong}), 400, "invalid")
