"""Tokens and sessions that name another clinic, alone or half: the pair has to be the member's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from clinics.tenancy import tokens
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import (
    Clinic,
    Membership,
    MembershipStatus,
    RefreshFamily,
    Role,
    User,
)
from clinics.tenancy.sessions import CLINIC
from tests.fixtures.api import Client, assert_problem, credentials, membership
from tests.fixtures.template import PASSWORD
from tests.walls.prover_fingerprint import fingerprint
from tests.walls.prover_world import World

Worlds = tuple[World, World]
ME = "auth/me/"


def forged(kind: type[Any], member: Membership, family: Any, **claims: Any) -> str:
    """Sign, with the deployment's own key, what no log-in of ours would ever say."""
    token = kind()
    honest = {
        "sub": str(member.user_id),
        "role": member.role,
        "clinic": member.clinic.schema_name,
        "tenant_id": str(member.clinic_id),
        "family": str(family.pk),
    }
    for name, value in {**honest, **claims}.items():
        token[name] = str(value)
    if kind is tokens.RefreshToken:
        token["jti"] = family.current_jti.hex
    return str(token)


def mixed_pairs(own: Clinic, other: Clinic) -> list[dict[str, Any]]:
    return [
        {"clinic": other.schema_name},
        {"tenant_id": other.pk},
        {"clinic": other.schema_name, "tenant_id": other.pk},
        {"clinic": "public"},
        {"clinic": "nowhere"},
        {"clinic": 'alfa", "beta'},
        {"tenant_id": uuid.uuid4()},
        {"tenant_id": ""},
    ]


def families(member: Membership) -> RefreshFamily:
    tokens.issue(member)
    return RefreshFamily.objects.filter(membership=member).latest("created_at")


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("of_both", [False, True], ids=["of one", "of both"])
def test_a_token_whose_clinic_is_not_the_members_is_refused(
    alfa: Clinic, beta: Clinic, place: int, of_both: bool
) -> None:
    member = membership(alfa, "secretary")
    if of_both:
        # Even who may work in both: a log-in is for one, and its family says which.
        add_member(beta, member.user, Role.SECRETARY, status=MembershipStatus.ACTIVE)
    family = families(member)
    claims = mixed_pairs(alfa, beta)[place]
    client = Client()
    access = forged(tokens.AccessToken, member, family, **claims)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    for path in (ME, "patients/", "events/?since=0"):
        assert client.get(path).status_code == 401
    refresh = forged(tokens.RefreshToken, member, family, **claims)
    assert Client().post("auth/refresh/", {"refresh": refresh}).status_code == 401
    family.refresh_from_db()
    assert family.ended_at is None
    honest = forged(tokens.AccessToken, member, family)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {honest}")
    assert client.get(ME).json()["clinic"]["schema"] == "alfa"


def test_a_role_that_is_not_the_members_is_refused(alfa: Clinic) -> None:
    member = membership(alfa, "secretary")
    client = Client()
    access = forged(tokens.AccessToken, member, families(member), role="ceo")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert_problem(client.get("staff/"), 401, "token-invalid")


def test_a_session_in_anothers_clinic_ends(worlds: Worlds) -> None:
    own, foreign = worlds
    before = fingerprint(foreign)
    for user in (
        membership(own.clinic, "ceo").user,
        User.objects.get(email="stranger@nowhere.test"),
    ):
        client = Browser()
        client.force_login(user)
        session = client.session
        session[CLINIC] = str(foreign.clinic.pk)
        session.save()
        page = client.get("/")
        assert page.status_code == 302
        assert page.headers["Location"].startswith("/login/")
        assert "_auth_user_id" not in client.session
    assert fingerprint(foreign) == before


@pytest.mark.parametrize("stated", ["beta", "id"])
def test_a_page_of_the_other_clinic_is_a_conflict(worlds: Worlds, stated: str) -> None:
    own, foreign = worlds
    clinic = foreign.clinic.schema_name if stated == "beta" else str(foreign.clinic.pk)
    browser = Browser()
    browser.post("/login/", credentials("ceo"))
    api = Client()
    access = tokens.issue(membership(own.clinic, "ceo")).access
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    for answer in (
        browser.get("/agenda/data/", headers={"X-Clinic": clinic}),
        api.get("patients/", headers={"X-Clinic": clinic}),
    ):
        body = assert_problem(answer, 409, "clinic-switched")
        assert foreign.word not in str(body)
    assert api.get("patients/", headers={"X-Clinic": "alfa"}).status_code == 200


def test_nobody_logs_in_where_they_are_not_a_member(worlds: Worlds) -> None:
    own, foreign = worlds
    before = fingerprint(foreign)
    for email in ("ceo@alfa.test", "stranger@nowhere.test", "nobody@nowhere.test"):
        given = {"email": email, "password": PASSWORD, "clinic": "beta"}
        assert_problem(Client().post("auth/login/", given), 401, "wrong-credentials")
        browser = Browser()
        browser.post("/login/", given)
        assert browser.session.get(CLINIC) in {None, str(own.clinic.pk)}
    for status in ("pending", "suspended"):
        user = User.objects.get(pk=own.ids[f"user.{status}"])
        user.set_password(PASSWORD)
        user.save()
        given = {"email": user.email, "password": PASSWORD}
        assert_problem(Client().post("auth/login/", given), 403, f"account-{status}")
        assert Browser().post("/login/", given).status_code == 403
    assert fingerprint(foreign) == before


def test_a_key_used_in_one_clinic_repeats_nothing_in_another(worlds: Worlds) -> None:
    own, foreign = worlds
    user = membership(own.clinic, "secretary").user
    there = add_member(foreign.clinic, user, Role.SECRETARY, status=MembershipStatus.ACTIVE)
    person = {"first_name": "Eva", "last_name": "Sosa"}
    made = []
    for member in (membership(own.clinic, "secretary"), there):
        client = Client()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(member).access}")
        answer = client.post("patients/", person, headers={"Idempotency-Key": "the same"})
        assert answer.status_code == 201
        made.append(answer.json()["id"])
    assert made[0] != made[1]
