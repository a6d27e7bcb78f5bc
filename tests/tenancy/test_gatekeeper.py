from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection

from clinics.models import Professional
from clinics.tenancy import gatekeeper
from clinics.tenancy.errors import LinkUsed
from clinics.tenancy.mail import notify_ceos
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, RefreshFamily, User
from dentalogic.core.errors import DependencyAway
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, credentials, membership

pytestmark = pytest.mark.django_db

ANSWER = {
    "status": "pending",
    "email": "nueva@alfa.test",
    "role": "professional",
    "clinic": "alfa",
}


def request_to_join(**more: Any) -> dict[str, Any]:
    return {
        "email": "Nueva@alfa.test",
        "password": "una-clave-bien-larga-9",
        "first_name": "Nueva",
        "last_name": "Persona",
        "role": "professional",
        "clinic": "alfa",
        "specialty": "Ortodoncia",
        "registration_number": "MN 1234",
        **more,
    }


def register(api: Api, **more: Any) -> Membership:
    response = api().post("auth/register/", request_to_join(**more))
    assert response.status_code == 201, response.content
    return Membership.objects.select_related("clinic", "user").get(user__email="nueva@alfa.test")


def owed(topic: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_id::text, sink FROM outbox WHERE topic = %s", [topic])
        return [{"clinic": row[0], "sink": row[1]} for row in cursor.fetchall()]


def test_everybody_is_born_pending(api: Api, alfa: Clinic) -> None:
    response = api().post("auth/register/", request_to_join())
    assert response.status_code == 201
    assert response.json() == ANSWER
    made = Membership.objects.get(user__email="nueva@alfa.test")
    assert (made.status, made.role, made.activated_at) == ("pending", "professional", None)
    assert owed("registration.pending") == [{"clinic": str(alfa.pk), "sink": "mail"}]
    given = {"email": "nueva@alfa.test", "password": "una-clave-bien-larga-9"}
    assert_problem(api().post("auth/login/", given), 403, "account-pending")
    with clinic_scope(alfa):
        assert not Professional.objects.exists()


def test_nobody_registers_as_ceo(api: Api) -> None:
    refused = api().post("auth/register/", request_to_join(role="ceo"))
    assert "role" in assert_problem(refused, 400, "invalid")["errors"]
    assert not User.objects.filter(email="nueva@alfa.test").exists()


def test_a_known_email_gets_the_same_answer_and_nothing_happens(api: Api, alfa: Clinic) -> None:
    before = User.objects.get(email="secretary@alfa.test").password
    given = request_to_join(email="secretary@alfa.test", clinic="beta")
    response = api().post("auth/register/", given)
    assert response.status_code == 201
    assert response.json() == {**ANSWER, "email": "secretary@alfa.test", "clinic": "beta"}
    assert Membership.objects.filter(user__email="secretary@alfa.test").count() == 1
    assert User.objects.get(email="secretary@alfa.test").password == before
    assert owed("registration.pending") == []


def test_a_known_person_asks_for_another_clinic(api: Api, beta: Clinic) -> None:
    given = request_to_join(**credentials("secretary"), clinic="beta")
    assert api().post("auth/register/", given).status_code == 201
    asked = Membership.objects.get(user__email="secretary@alfa.test", clinic=beta)
    assert asked.status == MembershipStatus.PENDING


def test_the_time_tells_nothing_about_an_email(api: Api, alfa: Clinic) -> None:
    def seconds(email: str) -> float:
        client, best = api(), 9.0
        for n in range(3):
            address = email.format(n)
            began = time.perf_counter()
            client.post("auth/register/", request_to_join(email=address))
            best = min(best, time.perf_counter() - began)
        return best

    known, unknown = seconds("secretary@alfa.test"), seconds("nadie-{}@alfa.test")
    # Without the hash a known address would be answered several times faster.
    assert known > unknown / 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-at-sign"),
        ("password", "short"),
        ("password", "password123"),
        ("first_name", ""),
        ("role", "admin"),
        ("clinic", "nowhere"),
        ("phone", "1" * 99),
        ("last_name", "x\0y"),
    ],
)
def test_a_bad_registration_is_refused_by_field(api: Api, field: str, value: str) -> None:
    before = User.objects.count()
    refused = api().post("auth/register/", request_to_join(**{field: value}))
    assert field in assert_problem(refused, 400, "invalid")["errors"]
    assert User.objects.count() == before


def test_a_ceo_lets_a_professional_in(api: Api, alfa: Clinic) -> None:
    asked = register(api)
    listed = api("ceo").get("staff/?status=pending").json()["results"]
    assert [one["id"] for one in listed] == [str(asked.pk)]
    response = api("ceo").post(f"staff/{asked.pk}/activate/")
    assert response.status_code == 200
    assert response.json()["status"] == "active"
    asked.refresh_from_db()
    assert asked.activated_by == membership(alfa, "ceo").user_id
    with clinic_scope(alfa):
        row = Professional.objects.get(user_id=asked.user_id)
        # Not bookable: no hours.
        assert (row.working_hours, row.is_active, row.specialty) == ({}, True, "Ortodoncia")
        assert row.registration_number == "MN 1234"
    given = {"email": "nueva@alfa.test", "password": "una-clave-bien-larga-9"}
    assert api().post("auth/login/", given).status_code == 200
    assert api("ceo").post(f"staff/{asked.pk}/activate/").status_code == 200


def test_a_decision_with_a_key_is_made_once(api: Api, alfa: Clinic) -> None:
    asked = register(api)
    ceo, key = api("ceo"), {"Idempotency-Key": "one decision"}
    activated = ceo.post(f"staff/{asked.pk}/activate/", headers=key)
    assert (activated.status_code, activated.json()["status"]) == (200, "active")
    # The key is of this member and this decision; another one is its own.
    assert ceo.post(f"staff/{asked.pk}/suspend/", headers=key).json()["status"] == "suspended"
    again = ceo.post(f"staff/{asked.pk}/activate/", headers=key)
    assert (again.status_code, again.json()["status"]) == (200, "suspended")
    asked.refresh_from_db()
    assert asked.status == "suspended"
    other = ceo.post(f"staff/{asked.pk}/activate/", {"x": 1}, headers=key)
    assert_problem(other, 422, "idempotency-key-reused")
    assert_problem(
        ceo.post(f"staff/{asked.pk}/activate/", headers={"Idempotency-Key": "x" * 201}),
        400,
        "invalid",
    )
    asked.refresh_from_db()
    assert asked.status == "suspended"


@pytest.mark.parametrize("role", ["secretary", "professional"])
@pytest.mark.parametrize("action", ["activate", "suspend"])
def test_nobody_else_decides(api: Api, role: str, action: str) -> None:
    asked = register(api)
    assert_problem(api(role).post(f"staff/{asked.pk}/{action}/"), 403, "not-allowed")
    assert_problem(api(role).get("staff/"), 403, "not-allowed")
    asked.refresh_from_db()
    assert asked.status == "pending"


@pytest.mark.parametrize("action", ["activate", "suspend"])
def test_the_ceo_of_another_clinic_finds_nobody(api: Api, beta: Clinic, action: str) -> None:
    asked = register(api)
    assert_problem(api("ceo", beta).post(f"staff/{asked.pk}/{action}/"), 404, "not-found")
    asked.refresh_from_db()
    assert asked.status == "pending"
    listed = api("ceo", beta).get("staff/").json()["results"]
    assert {one["email"] for one in listed} == {
        "ceo@beta.test",
        "professional@beta.test",
        "secretary@beta.test",
    }


def test_suspension_is_immediate(api: Api, alfa: Clinic) -> None:
    client = api("professional")
    member = membership(alfa, "professional")
    with clinic_scope(alfa):
        Professional.objects.create(
            user_id=member.user_id, first_name="P", last_name="Q", name_key="p q"
        )
    assert api("ceo").post(f"staff/{member.pk}/suspend/").status_code == 200
    assert_problem(client.get("auth/me/"), 403, "account-suspended")
    assert not RefreshFamily.objects.filter(membership=member, ended_at=None).exists()
    with clinic_scope(alfa):
        assert not Professional.objects.get(user_id=member.user_id).is_active
    assert api("ceo").post(f"staff/{member.pk}/activate/").status_code == 200
    # What ended stays ended: the old tokens do not come back to life.
    assert_problem(client.get("auth/me/"), 401, "session-ended")


def test_a_ceo_does_not_lock_themselves_out(api: Api, alfa: Clinic) -> None:
    ceo = membership(alfa, "ceo")
    assert_problem(api("ceo").post(f"staff/{ceo.pk}/suspend/"), 409, "own-account")
    ceo.refresh_from_db()
    assert ceo.status == "active"


def test_the_ceos_of_that_clinic_are_told_once(api: Api, alfa: Clinic) -> None:
    asked = register(api)
    with clinic_scope(alfa):
        notify_ceos(str(asked.pk))
        notify_ceos(str(asked.pk))
    assert [message.to for message in mail.outbox] == [["ceo@alfa.test"]]
    link = next(line for line in str(mail.outbox[0].body).splitlines() if line.startswith("http"))
    token = link.rstrip("/").rpartition("/")[2]
    assert gatekeeper.pending_behind(token, alfa.pk).pk == asked.pk


def test_an_activation_link_is_good_once_and_for_its_clinic(
    api: Api, alfa: Clinic, beta: Clinic
) -> None:
    asked = register(api)
    token = gatekeeper.activation_token(asked)
    with pytest.raises(LinkUsed):
        gatekeeper.pending_behind(token, beta.pk)
    with pytest.raises(LinkUsed):
        gatekeeper.pending_behind(token + "x", alfa.pk)
    gatekeeper.activate(clinic_id=alfa.pk, membership_id=asked.pk, by=None)
    with pytest.raises(LinkUsed):
        gatekeeper.pending_behind(token, alfa.pk)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_a_mail_server_the_request_goes_to_the_emergency_log_once(
    api: Api, alfa: Clinic, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", closed_port()
    asked = register(api)
    log = settings.HOME / "log" / "omega.log"
    before = log.read_text() if log.exists() else ""
    for _ in range(2):
        with clinic_scope(alfa), pytest.raises(DependencyAway):
            notify_ceos(str(asked.pk))
    lines = log.read_text()[len(before) :].splitlines()
    assert len(lines) == 1
    assert "CRITICAL" in lines[0]
    assert "nueva@alfa.test" in lines[0]
    assert f"clinic=alfa role=professional link={settings.PUBLIC_URL}/admin/activation/" in lines[0]
    assert log.stat().st_mode & 0o077 == 0
    asked.refresh_from_db()
    assert asked.omega_at is not None
    assert asked.ceos_told_at is None


def test_the_emergency_log_lies_in_the_home() -> None:
    handlers: Any = settings.LOGGING["handlers"]
    assert handlers["omega"]["filename"] == settings.HOME / "log/omega.log"
