from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings

from clinics.tenancy import tokens
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, RefreshFamily, Role, User
from dentalogic.core.clock import real_now
from tests.fixtures.api import Api, Client, assert_problem, client_of, credentials, membership

pytestmark = pytest.mark.django_db


def test_login_gives_tokens_that_say_who_and_where(api: Api, alfa: Clinic) -> None:
    response = api().post("auth/login/", credentials())
    assert response.status_code == 200
    body = response.json()
    claims = jwt.decode(body["access"], settings.JWT_SIGNING_KEY, algorithms=["HS256"])
    ceo = membership(alfa, "ceo")
    assert claims["sub"] == str(ceo.user_id)
    assert claims["role"] == "ceo"
    assert claims["clinic"] == "alfa"
    assert claims["tenant_id"] == str(alfa.pk)
    assert claims["jti"]
    assert abs(claims["exp"] - real_now().timestamp() - 15 * 60) < 30
    assert body["user"]["clinics"] == [
        {"schema": "alfa", "name": "Clínica Alfa", "role": "ceo", "status": "active"}
    ]
    refresh = jwt.decode(body["refresh"], settings.JWT_SIGNING_KEY, algorithms=["HS256"])
    assert abs(refresh["exp"] - real_now().timestamp() - 7 * 86400) < 30
    me = Client()
    me.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert me.get("auth/me/").json() == body["user"]


@pytest.mark.parametrize(
    "given",
    [
        {"email": "ceo@alfa.test", "password": "wrong-password-1"},
        {"email": "nobody@alfa.test", "password": "wrong-password-1"},
        {**credentials(), "clinic": "beta"},
        {**credentials(), "clinic": "nowhere"},
    ],
)
def test_wrong_credentials_are_one_answer(api: Api, given: dict[str, str]) -> None:
    body = assert_problem(api().post("auth/login/", given), 401, "wrong-credentials")
    assert body["title"] == "El correo o la contraseña no son correctos."
    assert not RefreshFamily.objects.exists()


@pytest.mark.parametrize("status", [MembershipStatus.PENDING, MembershipStatus.SUSPENDED])
def test_who_is_not_active_learns_it_after_the_right_password_alone(
    api: Api, alfa: Clinic, status: MembershipStatus
) -> None:
    Membership.objects.filter(pk=membership(alfa, "secretary").pk).update(status=status)
    code = f"account-{status}"
    assert_problem(api().post("auth/login/", credentials("secretary")), 403, code)
    wrong = {**credentials("secretary"), "password": "not-the-password"}
    assert_problem(api().post("auth/login/", wrong), 401, "wrong-credentials")
    assert not RefreshFamily.objects.exists()


def test_the_operators_switch_shuts_out_of_every_clinic(api: Api, alfa: Clinic) -> None:
    client = api("secretary")
    User.objects.filter(email="secretary@alfa.test").update(is_active=False)
    assert_problem(client.get("auth/me/"), 403, "account-suspended")
    assert_problem(api().post("auth/login/", credentials("secretary")), 403, "account-suspended")


def test_a_stranger_has_no_clinic(api: Api, stranger: User) -> None:
    given = {**credentials(), "email": stranger.email}
    assert_problem(api().post("auth/login/", given), 403, "no-clinic")


def test_login_without_a_clinic_takes_the_last_one_used(
    api: Api, alfa: Clinic, beta: Clinic
) -> None:
    user = membership(alfa, "ceo").user
    Membership.objects.create(
        user=user,
        clinic=beta,
        role=Role.SECRETARY,
        status=MembershipStatus.ACTIVE,
        activated_at=real_now(),
    )
    assert login(api)["user"]["clinic"]["schema"] == "alfa"
    assert login(api, clinic="beta")["user"]["role"] == "secretary"
    assert login(api)["user"]["clinic"]["schema"] == "beta"
    Membership.objects.filter(user=user, clinic=beta).update(status=MembershipStatus.SUSPENDED)
    assert login(api)["user"]["clinic"]["schema"] == "alfa"


def login(api: Api, **more: Any) -> dict[str, Any]:
    response = api().post("auth/login/", credentials(**more))
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def bearer(token: str) -> Client:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def signed(claims: dict[str, Any], key: str | None = None, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key or settings.JWT_SIGNING_KEY, algorithm=algorithm)


def unsigned(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join([*encoded, b""]).decode()


def good_claims(member: Membership) -> dict[str, Any]:
    access = tokens.issue(member).access
    claims: dict[str, Any] = jwt.decode(access, settings.JWT_SIGNING_KEY, algorithms=["HS256"])
    return claims


def test_forged_and_stale_tokens_are_refused(alfa: Clinic, beta: Clinic) -> None:
    member = membership(alfa, "secretary")
    good = good_claims(member)
    assert bearer(signed(good)).get("auth/me/").status_code == 200
    without_exp = {name: value for name, value in good.items() if name != "exp"}
    forged = {
        "unsigned": unsigned(good),
        "other key": signed(good, "another-key-of-forty-characters-or-so-123"),
        "other algorithm": signed(
            good, "another-key-that-is-long-enough-for-sha-512-and-its-sixty-four-bytes", "HS512"
        ),
        "promoted": signed({**good, "role": "ceo"}),
        "other clinic": signed({**good, "tenant_id": str(beta.pk)}),
        "schema and id apart": signed({**good, "clinic": "beta"}),
        "other user": signed({**good, "sub": str(membership(alfa, "ceo").user_id)}),
        "unknown user": signed({**good, "sub": str(uuid.uuid4())}),
        "no family": signed({**good, "family": str(uuid.uuid4())}),
        "refresh as access": tokens.issue(member).refresh,
        "no expiry": signed(without_exp),
        "no subject": signed({**good, "sub": None}),
        "odd subject": signed({**good, "sub": "1; DROP TABLE users"}),
        "rubbish": "abc",
        "two dots": "a.b.c",
        "empty": "",
    }
    for name, token in forged.items():
        response = bearer(token).get("auth/me/")
        assert response.status_code == 401, name
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="dentalogic"', name
        assert response.json()["type"] in {
            "urn:dentalogic:problem:token-invalid",
            "urn:dentalogic:problem:session-ended",
        }, name


def test_an_expired_token_says_so(alfa: Clinic) -> None:
    claims = good_claims(membership(alfa, "ceo"))
    expired = signed({**claims, "exp": int((real_now() - timedelta(seconds=1)).timestamp())})
    assert_problem(bearer(expired).get("auth/me/"), 401, "token-expired")


def test_no_token_is_no_answer(api: Api) -> None:
    response = api().get("auth/me/")
    assert_problem(response, 401, "not-authenticated")
    for header in ("Basic Y2VvOnB3", "Bearer", "bearer a b"):
        client = Client()
        client.credentials(HTTP_AUTHORIZATION=header)
        assert_problem(client.get("auth/me/"), 401, "token-invalid")


@pytest.mark.parametrize(
    ("status", "code"), [("pending", "account-pending"), ("suspended", "account-suspended")]
)
def test_a_good_token_ends_with_the_membership(
    api: Api, alfa: Clinic, status: str, code: str
) -> None:
    client = api("secretary")
    assert client.get("treatments/").status_code == 200
    Membership.objects.filter(clinic=alfa, role="secretary").update(status=status)
    assert_problem(client.get("treatments/"), 403, code)


def test_authentication_costs_one_statement(
    api: Api, alfa: Clinic, django_assert_num_queries: Any
) -> None:
    client = api("ceo")
    # The member, the clinic's search path, and the list itself.
    with django_assert_num_queries(3):
        client.get("closures/")


def test_refresh_rotates_and_a_reused_token_ends_the_family(api: Api, alfa: Clinic) -> None:
    first = login(api)
    second = api().post("auth/refresh/", {"refresh": first["refresh"]})
    assert second.status_code == 200
    renewed = second.json()
    assert bearer(renewed["access"]).get("auth/me/").status_code == 200
    reused = api().post("auth/refresh/", {"refresh": first["refresh"]})
    assert_problem(reused, 401, "refresh-reused")
    # Whoever stole it, both are out: the newest refresh token and every access token.
    again = api().post("auth/refresh/", {"refresh": renewed["refresh"]})
    assert_problem(again, 401, "session-ended")
    assert_problem(bearer(renewed["access"]).get("auth/me/"), 401, "session-ended")


def test_only_a_refresh_token_refreshes(api: Api) -> None:
    body = login(api)
    refused = api().post("auth/refresh/", {"refresh": body["access"]})
    assert_problem(refused, 401, "token-invalid")
    assert api().post("auth/refresh/", {"refresh": body["refresh"]}).status_code == 200


def test_logout_ends_the_family_and_no_other(api: Api) -> None:
    mine, other = login(api), login(api)
    assert bearer(mine["access"]).post("auth/logout/").status_code == 204
    assert_problem(bearer(mine["access"]).get("auth/me/"), 401, "session-ended")
    ended = api().post("auth/refresh/", {"refresh": mine["refresh"]})
    assert_problem(ended, 401, "session-ended")
    assert api().post("auth/logout/", {"refresh": other["refresh"]}).status_code == 204
    assert_problem(bearer(other["access"]).get("auth/me/"), 401, "session-ended")
    assert_problem(api().post("auth/logout/"), 401, "token-invalid")


def test_switching_clinics_asks_the_membership(api: Api, alfa: Clinic, beta: Clinic) -> None:
    client = api("ceo")
    refused = client.post("auth/switch-clinic/", {"clinic": "beta"})
    assert_problem(refused, 401, "wrong-credentials")
    user = membership(alfa, "ceo").user
    there = Membership.objects.create(user=user, clinic=beta, role=Role.SECRETARY)
    assert_problem(client.post("auth/switch-clinic/", {"clinic": "beta"}), 403, "account-pending")
    Membership.objects.filter(pk=there.pk).update(status="active", activated_at=real_now())
    body = client.post("auth/switch-clinic/", {"clinic": "beta"}).json()
    assert body["user"]["clinic"]["schema"] == "beta"
    assert body["user"]["role"] == "secretary"
    assert_problem(client.get("auth/me/"), 401, "session-ended")


def test_a_page_of_another_clinic_is_told_so(alfa: Clinic) -> None:
    client = client_of(membership(alfa, "ceo"))
    assert client.get("auth/me/", headers={"X-Clinic": "alfa"}).status_code == 200
    assert_problem(client.get("auth/me/", headers={"X-Clinic": "beta"}), 409, "clinic-switched")
