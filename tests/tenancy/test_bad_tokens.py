"""Tokens that no log-in of ours gave, and good ones whose world has changed."""

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
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, RefreshFamily, Role, User
from dentalogic.core.clock import real_now
from tests.fixtures.api import Api, Client, assert_problem, membership

pytestmark = pytest.mark.django_db
REFRESH, ME = "auth/refresh/", "auth/me/"


@pytest.fixture
def member(alfa: Clinic) -> Membership:
    return membership(alfa, "secretary")


@pytest.fixture
def pair(member: Membership) -> tokens.Pair:
    return tokens.issue(member)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, settings.JWT_SIGNING_KEY, algorithms=["HS256"])
    return claims


def signed(claims: dict[str, Any], **more: Any) -> str:
    return jwt.encode({**claims, **more}, settings.JWT_SIGNING_KEY, algorithm="HS256")


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    parts = [{"alg": algorithm, "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join([*encoded, b""]).decode()


def show(access: str) -> Any:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client.get(ME)


def refresh(token: Any) -> Any:
    return Client().post(REFRESH, {"refresh": token})


def assert_alive(member: Membership, pair: tokens.Pair) -> None:
    """Nothing happened to the log-in that was imitated."""
    assert RefreshFamily.objects.get(membership=member).ended_at is None
    assert show(pair.access).status_code == 200
    assert refresh(pair.refresh).status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "RS256", "HS256"])
def test_what_is_not_signed_is_refused(
    member: Membership, pair: tokens.Pair, algorithm: str
) -> None:
    assert_problem(show(unsigned(claims_of(pair.access), algorithm)), 401, "token-invalid")
    assert_problem(refresh(unsigned(claims_of(pair.refresh), algorithm)), 401, "token-invalid")
    assert_alive(member, pair)


@pytest.mark.parametrize("claim", ["sub", "tenant_id", "clinic", "role", "family", "jti", "exp"])
@pytest.mark.parametrize("value", [None, 7, -1, 1e400, [], {}, "", "x", True, "é" * 50], ids=repr)
def test_claims_of_a_wrong_type_are_refused(pair: tokens.Pair, claim: str, value: Any) -> None:
    """Signed with our own key: not even a defect of ours elsewhere would make a 500 of them."""
    for token, ask in ((pair.access, show), (pair.refresh, refresh)):
        if claim == "jti" and ask is show:
            continue  # an access token is told by its family
        if claim == "role" and ask is refresh:
            continue  # the next pair has the membership's role
        try:
            text = signed(claims_of(token), **{claim: value})
        except (TypeError, ValueError, OverflowError):
            continue  # such a token can't be written
        answer = ask(text)
        assert answer.status_code == 401, answer.content


@pytest.mark.parametrize("claim", ["sub", "tenant_id", "clinic", "family", "jti", "exp"])
def test_claims_that_are_missing_are_refused(pair: tokens.Pair, claim: str) -> None:
    for token, ask in ((pair.access, show), (pair.refresh, refresh)):
        left = {name: value for name, value in claims_of(token).items() if name != claim}
        assert ask(jwt.encode(left, settings.JWT_SIGNING_KEY, algorithm="HS256")).status_code == 401


def test_each_token_is_good_for_its_own_door(member: Membership, pair: tokens.Pair) -> None:
    assert_problem(show(pair.refresh), 401, "token-invalid")
    assert_problem(refresh(pair.access), 401, "token-invalid")
    kinds = (None, "sliding", "", 7)
    for kind in kinds:
        assert_problem(show(signed(claims_of(pair.access), token_type=kind)), 401, "token-invalid")
        given = signed(claims_of(pair.refresh), token_type=kind)
        assert_problem(refresh(given), 401, "token-invalid")
    # A receiver that we are not.
    for audience in ("another-service", ["a", "b"]):
        assert show(signed(claims_of(pair.access), aud=audience)).status_code == 401
    assert_alive(member, pair)


@pytest.mark.parametrize(
    "given",
    [None, 5, [], {}, "", "a", "a.b", "a.b.c", "..", "é.é.é", "x" * 4096, "x" * 5000],
    ids=repr,
)
def test_what_is_no_token_is_one_clear_answer(pair: tokens.Pair, given: Any) -> None:
    assert refresh(given).status_code in {400, 401}
    assert Client().post("auth/logout/", {"refresh": given}).status_code in {400, 401}


def test_an_expired_refresh_token_says_so_and_ends_nothing(
    member: Membership, pair: tokens.Pair
) -> None:
    stale = signed(
        claims_of(pair.refresh), exp=int((real_now() - timedelta(seconds=1)).timestamp())
    )
    assert_problem(refresh(stale), 401, "token-expired")
    assert_alive(member, pair)


def test_a_family_ends_by_its_own_age(member: Membership, pair: tokens.Pair) -> None:
    RefreshFamily.objects.update(expires_at=real_now() - timedelta(seconds=1))
    assert refresh(pair.refresh).status_code == 401
    assert tokens.prune() == 1


def test_an_unknown_number_of_a_family_ends_it(member: Membership, pair: tokens.Pair) -> None:
    old = signed(claims_of(pair.refresh), jti=uuid.uuid4().hex)
    assert_problem(refresh(old), 401, "refresh-reused")
    assert_problem(refresh(pair.refresh), 401, "session-ended")
    assert_problem(show(pair.access), 401, "session-ended")


def test_a_role_that_changed_needs_a_new_access_token(
    member: Membership, pair: tokens.Pair
) -> None:
    Membership.objects.filter(pk=member.pk).update(role=Role.PROFESSIONAL)
    assert_problem(show(pair.access), 401, "token-invalid")
    renewed = refresh(pair.refresh).json()
    assert claims_of(renewed["access"])["role"] == "professional"
    assert show(renewed["access"]).json()["role"] == "professional"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": MembershipStatus.SUSPENDED}, "account-suspended"),
        ({"status": MembershipStatus.PENDING}, "account-pending"),
    ],
)
def test_who_is_not_active_renews_nothing(
    member: Membership, pair: tokens.Pair, change: dict[str, Any], code: str
) -> None:
    before = RefreshFamily.objects.get().current_jti
    Membership.objects.filter(pk=member.pk).update(**change)
    assert_problem(refresh(pair.refresh), 403, code)
    assert RefreshFamily.objects.get().current_jti == before


def test_nobody_renews_for_a_disabled_account_or_a_closed_clinic(
    alfa: Clinic, member: Membership, pair: tokens.Pair
) -> None:
    User.objects.filter(pk=member.user_id).update(is_active=False)
    assert_problem(refresh(pair.refresh), 403, "account-suspended")
    User.objects.filter(pk=member.user_id).update(is_active=True)
    Clinic.objects.filter(pk=alfa.pk).update(is_active=False)
    assert_problem(refresh(pair.refresh), 401, "token-invalid")
    assert_problem(show(pair.access), 401, "token-invalid")


def test_a_token_is_for_one_clinic_even_of_who_works_in_two(
    api: Api, beta: Clinic, member: Membership, pair: tokens.Pair
) -> None:
    add_member(beta, member.user, Role.CEO, status=MembershipStatus.ACTIVE)
    moved = {"clinic": "beta", "tenant_id": str(beta.pk), "role": "ceo"}
    assert_problem(show(signed(claims_of(pair.access), **moved)), 401, "session-ended")
    assert_problem(refresh(signed(claims_of(pair.refresh), **moved)), 401, "session-ended")
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    switched = client.post("auth/switch-clinic/", {"clinic": "beta"}).json()
    assert claims_of(switched["access"])["role"] == "ceo"
    # The log-in of before is over, in both halves.
    assert_problem(show(pair.access), 401, "session-ended")
    assert_problem(refresh(pair.refresh), 401, "session-ended")
    assert refresh(switched["refresh"]).status_code == 200


@pytest.mark.parametrize("clinic", ["nowhere", "public", "", None, 5, ["beta"], "x" * 64, "a\0b"])
def test_a_switch_to_what_is_no_clinic_changes_nothing(
    member: Membership, pair: tokens.Pair, clinic: Any
) -> None:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert client.post("auth/switch-clinic/", {"clinic": clinic}).status_code in {400, 401}
    assert_alive(member, pair)
