"""The waiting list over REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from clinics.models import Appointment, Patient, Professional, Treatment, WaitingEntry
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment

pytestmark = pytest.mark.django_db
TEN = "2026-11-25T10:00:00-03:00"
MORNING = {"from": "2026-11-25T09:00:00-03:00", "to": "2026-11-25T13:00:00-03:00"}


@pytest.fixture(autouse=True)
def one_day() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def rows(alfa: Clinic) -> tuple[Professional, Treatment, Patient]:
    with clinic_scope(alfa):
        cleaning = make_treatment()
        return make_professional(treatments=(cleaning,)), cleaning, make_patient()


Rows = tuple[Professional, Treatment, Patient]


def test_from_the_list_to_the_chair(api: Api, alfa: Clinic, rows: Rows) -> None:
    ruiz, cleaning, ana = rows
    client = api("secretary")
    given: dict[str, Any] = {
        "patient": str(ana.pk),
        "treatment": str(cleaning.pk),
        "preferred_hours": {"2": [{"start": "10:00", "end": "12:00"}]},
    }
    key = {"Idempotency-Key": "k"}
    made = [client.post("waiting-list/", given, headers=key) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json() == made[1].json()
    entry = made[0].json()
    assert (entry["status"], entry["until_day"]) == ("waiting", "2026-12-24")
    assert_problem(client.post("waiting-list/", given), 409, "already-waiting")
    listed = client.get(f"waiting-list/?treatment={cleaning.pk}").json()["results"]
    assert [one["id"] for one in listed] == [entry["id"]]
    (found,) = client.get("waiting-list/candidates/", MORNING).json()["results"]
    assert (found["entry"]["id"], found["starts_at"]) == (entry["id"], TEN)
    assert found["professional"]["id"] == str(ruiz.pk)
    url = f"waiting-list/{entry['id']}/"
    time = {"version": 1, "professional": str(ruiz.pk), "starts_at": TEN}
    offered = client.post(f"{url}offer/", time)
    assert (offered.status_code, offered.json()["offered_starts_at"]) == (200, TEN)
    assert_problem(client.post(f"{url}book/", time), 409, "stale-version")
    booked = client.post(f"{url}book/", {**time, "version": 2}).json()
    assert booked["status"] == "booked"
    assert client.get(f"appointments/{booked['booked']}/").json()["starts_at"] == TEN
    assert_problem(client.post(f"{url}withdraw/", {"version": 3}), 409, "no-longer-waiting")
    assert client.get("waiting-list/").json()["results"] == []
    assert len(client.get("waiting-list/?status=booked").json()["results"]) == 1
    with clinic_scope(alfa):
        assert Appointment.objects.count() == 1


def test_bad_input_is_answered_by_field(api: Api, alfa: Clinic, rows: Rows) -> None:
    _, cleaning, ana = rows
    client = api("secretary")
    good = {"patient": str(ana.pk), "treatment": str(cleaning.pk)}
    for name, value in (
        ("patient", "x"),
        ("patient", None),
        ("until_day", "2026-11-20"),
        ("from_day", "ayer"),
        ("preferred_hours", {"2": [{"start": "12:00", "end": "10:00"}]}),
        ("preferred_hours", [1]),
        ("note", "x" * 201),
        ("note", {"a": 1}),
    ):
        body = assert_problem(client.post("waiting-list/", good | {name: value}), 400, "invalid")
        assert any(one.split(".")[0] == name for one in body["errors"]), (name, body)
    for query in ({}, {"from": TEN}, MORNING | {"to": MORNING["from"]}, MORNING | {"to": "x"}):
        assert_problem(client.get("waiting-list/candidates/", query), 400, "invalid")
    assert_problem(client.get("waiting-list/?status=sleeping"), 400, "invalid")
    assert_problem(api("professional").get("waiting-list/"), 403, "not-allowed")
    with clinic_scope(alfa):
        assert not WaitingEntry.objects.exists()


def test_withdrawing(api: Api, rows: Rows, beta: Clinic) -> None:
    _, cleaning, ana = rows
    client = api("secretary")
    entry = client.post("waiting-list/", {"patient": ana.pk, "treatment": cleaning.pk}).json()
    url = f"waiting-list/{entry['id']}/withdraw/"
    assert_problem(api("ceo", beta).post(url, {"version": 1}), 404, "not-found")
    assert_problem(client.post(url, {"version": 7}), 409, "stale-version")
    assert_problem(client.post(url, {}), 400, "invalid")
    assert client.post(url, {"version": 1}).json()["status"] == "withdrawn"
