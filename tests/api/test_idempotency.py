from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from clinics.models import Appointment, Patient, Treatment
from clinics.tenancy.models import Clinic, Role
from dentalogic.core import clock
from dentalogic.core.idempotency import RequestInFlight, once, once_across
from dentalogic.core.tenancy import clinic_scope
from tests.api.test_appointments import NINE, TEN, booking  # noqa: F401  # a fixture
from tests.fixtures.api import Api, assert_problem, client_of
from tests.fixtures.clinics import make_user


@pytest.mark.django_db
def test_the_same_request_twice_is_one_effect(api: Api, booking: dict[str, Any]) -> None:  # noqa: F811
    client = api("secretary")
    key = {"Idempotency-Key": "k-1"}
    first = client.post("appointments/", booking, headers=key)
    assert first.status_code == 201
    again = client.post("appointments/", booking, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert Appointment.objects.count() == 1
    other = client.post("appointments/", {**booking, "starts_at": TEN}, headers=key)
    assert_problem(other, 422, "idempotency-key-reused")
    assert Appointment.objects.count() == 1
    # Another person's key of the same name is another key.
    assert_problem(api("ceo").post("appointments/", booking, headers=key), 409, "slot-taken")


@pytest.mark.django_db
def test_a_step_repeated_is_no_stale_version(api: Api, booking: dict[str, Any]) -> None:  # noqa: F811
    client = api("secretary")
    made = client.post("appointments/", booking).json()
    url = f"appointments/{made['id']}/confirm/"
    key = {"Idempotency-Key": "confirm-1"}
    assert client.post(url, {"version": 1}, headers=key).json()["version"] == 2
    again = client.post(url, {"version": 1}, headers=key)
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert_problem(client.post(url, {"version": 1}), 409, "stale-version")


@pytest.mark.django_db
def test_a_refused_request_leaves_its_key_unused(
    api: Api,
    booking: dict[str, Any],  # noqa: F811
) -> None:
    client = api("secretary")
    key = {"Idempotency-Key": "k-2"}
    patients = Patient.objects.count()
    assert_problem(client.post("patients/", {"first_name": "A"}, headers=key), 400, "invalid")
    bad = {"first_name": "A", "last_name": "B", "phone": "12"}
    assert_problem(client.post("patients/", bad, headers=key), 400, "invalid")
    assert Patient.objects.count() == patients
    good = {"first_name": "A", "last_name": "B"}
    assert client.post("patients/", good, headers=key).status_code == 201
    assert client.post("patients/", good, headers=key).status_code == 201
    assert Patient.objects.count() == patients + 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_an_odd_key_is_refused(api: Api, key: str) -> None:
    given = {"name": "OSDE"}
    refused = api("ceo").post("insurers/", given, headers={"Idempotency-Key": key})
    assert_problem(refused, 400, "invalid")


@pytest.mark.parametrize("guard", [once, once_across])
def test_a_request_in_flight_is_told_apart(
    throwaway: Clinic, guard: Callable[..., tuple[UUID, bool]]
) -> None:
    user_id, result = uuid4(), uuid4()
    inside, leave = threading.Event(), threading.Event()
    answers: list[tuple[UUID, bool]] = []

    def slow() -> UUID:
        inside.set()
        assert leave.wait(10)
        return result

    def first() -> None:
        with clinic_scope(throwaway):
            answers.append(guard(user_id=user_id, route="r", key="k", body={}, work=slow))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with clinic_scope(throwaway), pytest.raises(RequestInFlight):
        guard(user_id=user_id, route="r", key="k", body={}, work=uuid4)
    leave.set()
    thread.join(10)
    with clinic_scope(throwaway):
        again = guard(user_id=user_id, route="r", key="k", body={}, work=uuid4)
    assert answers == [(result, False)]
    assert again == (result, True)


def test_racing_requests_with_one_key_book_once(throwaway: Clinic, nothing_counted: None) -> None:
    from tests.fixtures.clinics import make_patient, make_professional, make_treatment

    member = make_user(throwaway, Role.SECRETARY)
    with clinic_scope(throwaway):
        cleaning: Treatment = make_treatment()
        given = {
            "treatment": str(cleaning.pk),
            "professional": str(make_professional(treatments=(cleaning,)).pk),
            "patient": str(make_patient().pk),
            "starts_at": f"{next_monday()}T10:00:00-03:00",
        }
    start = threading.Barrier(4)
    seen: list[tuple[int, str]] = []

    def race() -> None:
        client = client_of(member)
        start.wait(10)
        answer = client.post("appointments/", given, headers={"Idempotency-Key": "one"})
        body = answer.json()
        seen.append((answer.status_code, body.get("id") or body["type"]))
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with clinic_scope(throwaway):
        made = Appointment.objects.get()
    assert {one for one in seen if one[0] == 201} == {(201, str(made.pk))}
    refused = {one for one in seen if one[0] != 201}
    assert refused <= {(409, "urn:dentalogic:problem:request-in-flight")}


def next_monday() -> str:
    from datetime import timedelta

    today = clock.real_now().date()
    return str(today + timedelta(days=7 - today.weekday() + 7))


assert NINE
