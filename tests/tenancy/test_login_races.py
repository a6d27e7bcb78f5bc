"""Many at once at the doors of an account: each door lets through what it would let in turn."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.utils.http import urlsafe_base64_encode
from django_otp.oath import TOTP

from clinics.tenancy import otp, passwords, pauses, tokens
from clinics.tenancy.errors import LinkUsed, OtpWrong, SessionEnded, TooManyAttempts
from clinics.tenancy.models import Clinic, LoginPause, Membership, RefreshFamily, Role
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError
from dentalogic.core.tenancy import no_scope
from tests.fixtures.clinics import make_user
from tests.fixtures.template import PASSWORD

T = TypeVar("T")


def at_once(times: int, work: Callable[[int], T]) -> list[T | DomainError]:
    """Run `work` in as many threads; what each returned, or was refused with."""

    def run(number: int) -> T | DomainError:
        try:
            with no_scope():
                return work(number)
        except DomainError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


@pytest.fixture
def ceo(throwaway: Clinic) -> Membership:
    return make_user(throwaway, Role.CEO, password=PASSWORD)


def test_many_guesses_at_once_are_no_more_than_in_turn(committing: None) -> None:
    email, address = "no-such-person@alfa.test", "10.9.9.9"
    keys = [pauses.account_key(email), pauses.address_key(address)]
    try:
        answers = at_once(12, lambda _: pauses.begin(email=email, address=address))
    finally:
        LoginPause.objects.filter(key__in=keys).delete()
    refused = [one for one in answers if isinstance(one, TooManyAttempts)]
    assert len(refused) == 12 - pauses.FREE_OF_ACCOUNT


def test_one_refresh_token_gives_one_pair_and_its_family_ends(ceo: Membership) -> None:
    pair = tokens.issue(ceo)
    answers = at_once(4, lambda _: tokens.rotate(pair.refresh))
    (won,) = [one for one in answers if isinstance(one, tokens.Pair)]
    assert all(isinstance(one, SessionEnded) for one in answers if one is not won)
    # There is no grace: whoever lost may have been robbed, so the winner is out as well.
    assert not RefreshFamily.objects.filter(membership=ceo, ended_at=None).exists()
    with pytest.raises(SessionEnded):
        tokens.caller_of(won.access)
    with pytest.raises(SessionEnded):
        tokens.rotate(won.refresh)


def test_one_code_lets_one_in(ceo: Membership) -> None:
    otp.begin(user=ceo.user)
    begun = otp.enrolment(ceo.user)
    assert begun is not None
    totp = TOTP(base64.b32decode(begun.key))
    totp.time = real_now().timestamp() - 30
    otp.confirm(user=ceo.user, code=f"{totp.token():06}")
    totp.time += 30
    code = f"{totp.token():06}"
    try:
        answers = at_once(5, lambda _: otp.check(user_id=ceo.user_id, code=code))
        assert sum(isinstance(one, OtpWrong) for one in answers) == 4
        (spare,) = otp.renew_recovery_codes(user=ceo.user)[:1]
        answers = at_once(5, lambda _: otp.check(user_id=ceo.user_id, code=spare))
        assert sum(isinstance(one, OtpWrong) for one in answers) == 4
    finally:
        otp.turn_off(user=ceo.user)


def test_one_mailed_link_sets_one_password(ceo: Membership) -> None:
    uid = urlsafe_base64_encode(str(ceo.user_id).encode())
    token = default_token_generator.make_token(ceo.user)
    answers = at_once(
        3,
        lambda number: passwords.set_by_link(
            uid=uid, token=token, password=f"otra-clave-cualquiera-{number}"
        ),
    )
    assert sum(isinstance(one, LinkUsed) for one in answers) == 2
    (number,) = [n for n, one in enumerate(answers) if not isinstance(one, LinkUsed)]
    ceo.user.refresh_from_db()
    assert ceo.user.check_password(f"otra-clave-cualquiera-{number}")
