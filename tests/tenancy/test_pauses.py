"""Growing pauses between failed log-ins, for REST and pages alike."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db.models import F
from django.test import Client as Browser

from clinics.tenancy import pauses
from clinics.tenancy.errors import TooManyAttempts
from clinics.tenancy.models import Clinic, LoginPause, RefreshFamily
from dentalogic.core import passwords
from dentalogic.core.clock import real_now
from tests.fixtures.api import Api, assert_problem, credentials

pytestmark = pytest.mark.django_db

WRONG = {**credentials(), "password": "not-the-password-1"}
CEO = pauses.account_key("ceo@alfa.test")


def let_pass(seconds: float) -> None:
    """Let the pauses have begun that much earlier."""
    LoginPause.objects.update(
        wait_until=F("wait_until") - timedelta(seconds=seconds),
        failed_at=F("failed_at") - timedelta(seconds=seconds),
    )


def pause(seconds: float = 600) -> None:
    """Let the fixture's CEO have failed so often that the pause outlasts a slow machine."""
    until = real_now() + timedelta(seconds=seconds)
    LoginPause.objects.create(key=CEO, failures=14, wait_until=until)


def fail(api: Api, times: int = 5) -> None:
    for _ in range(times):
        assert_problem(api().post("auth/login/", WRONG), 401, "wrong-credentials")


def test_pauses_double_up_to_a_quarter_of_an_hour(api: Api, alfa: Clinic) -> None:
    for number in range(5):
        pauses.begin(email="ceo@alfa.test", address=f"10.0.1.{number}")
    waits = []
    for number in range(13):
        with pytest.raises(TooManyAttempts) as told:
            pauses.begin(email="CEO@alfa.test ", address=f"10.0.0.{number}")
        waits.append(told.value.details["retry_after"])
        let_pass(waits[-1])
        pauses.begin(email="ceo@alfa.test", address=f"10.0.0.{number}")
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    # Not even the right password is looked at, and nobody is let in.
    refused = api().post("auth/login/", credentials())
    body = assert_problem(refused, 429, "throttled")
    assert refused.headers["Retry-After"] == str(body["retry_after"])
    assert 600 < body["retry_after"] <= 900
    assert not RefreshFamily.objects.exists()


def test_a_success_starts_the_account_over(api: Api, alfa: Clinic) -> None:
    pause()
    let_pass(600)
    assert api().post("auth/login/", credentials()).status_code == 200
    assert not LoginPause.objects.filter(key=CEO).exists()
    fail(api, 2)
    assert api().post("auth/login/", credentials()).status_code == 200


def test_another_account_is_not_in_the_way(api: Api, alfa: Clinic) -> None:
    pause()
    assert api().post("auth/login/", credentials()).status_code == 429
    assert api().post("auth/login/", credentials("secretary")).status_code == 200


def test_an_account_that_nobody_has_is_paused_alike(api: Api, alfa: Clinic) -> None:
    for _ in range(5):
        pauses.begin(email="nadie@alfa.test", address="10.1.1.1")
    LoginPause.objects.update(wait_until=real_now() + timedelta(seconds=600))
    nobody = {"email": "nadie@alfa.test", "password": "not-the-password-1"}
    assert_problem(api().post("auth/login/", nobody), 429, "throttled")


def test_an_address_is_paused_over_many_accounts(api: Api, alfa: Clinic) -> None:
    for number in range(pauses.FREE_OF_ADDRESS):
        pauses.begin(email=f"p{number}@alfa.test", address="10.1.1.1")
    with pytest.raises(TooManyAttempts):
        pauses.begin(email="another@alfa.test", address="10.1.1.1")
    # Nobody is kept out elsewhere, and neighbours of one network of IPv6 are one address.
    pauses.begin(email="another@alfa.test", address="10.1.1.2")
    one, other = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"
    assert pauses.address_key(one) == pauses.address_key(other)
    assert pauses.address_key(one) != pauses.address_key("2001:db8:1:3::1")


def test_successes_do_not_wear_an_address_out(api: Api, alfa: Clinic) -> None:
    for _ in range(pauses.FREE_OF_ADDRESS + 5):
        pauses.begin(email="ceo@alfa.test", address="10.1.1.1").succeeded()
    assert LoginPause.objects.get().failures == 0


def test_pages_and_the_api_count_together(api: Api, alfa: Clinic) -> None:
    page = Browser()
    fail(api, 2)
    assert page.post("/login/", WRONG).status_code == 401
    assert LoginPause.objects.get(key=CEO).failures == 3
    LoginPause.objects.filter(key=CEO).delete()
    pause()
    refused = page.post("/login/", credentials())
    assert refused.status_code == 429
    assert 500 < int(refused.headers["Retry-After"]) <= 600
    assert "Demasiados intentos" in refused.content.decode()
    assert "_auth_user_id" not in page.session
    assert api().post("auth/login/", credentials()).status_code == 429


def test_a_flush_of_redis_frees_nobody(api: Api, alfa: Clinic) -> None:
    pause()
    cache.clear()
    assert api().post("auth/login/", credentials()).status_code == 429


def test_who_is_shut_out_is_not_paused_for_it(api: Api, alfa: Clinic) -> None:
    from clinics.tenancy.models import User

    User.objects.filter(email="ceo@alfa.test").update(is_active=False)
    for _ in range(7):
        assert_problem(api().post("auth/login/", credentials()), 403, "account-suspended")


def test_nothing_readable_is_stored(api: Api, alfa: Clinic) -> None:
    fail(api, 1)
    for row in LoginPause.objects.all():
        assert len(row.key) == 64
        assert "alfa" not in row.key


def test_what_is_old_is_pruned(api: Api, alfa: Clinic) -> None:
    fail(api, 2)
    assert pauses.prune() == 0
    let_pass(24 * 3600 + 60)
    # Forgotten before it is pruned, too.
    assert api().post("auth/login/", WRONG).status_code == 401
    assert LoginPause.objects.get(key=CEO).failures == 1
    let_pass(24 * 3600 + 60)
    assert pauses.prune() == 2
    assert not LoginPause.objects.exists()


def test_the_time_tells_nothing_about_an_account(api: Api, alfa: Clinic) -> None:
    def seconds(email: str) -> float:
        best = 9.0
        for _ in range(3):
            began = time.perf_counter()
            api().post("auth/login/", {**WRONG, "email": email})
            best = min(best, time.perf_counter() - began)
        return best

    known, unknown = seconds("ceo@alfa.test"), seconds("nadie@alfa.test")
    assert unknown > known / 3
    assert known > unknown / 3


def test_passwords_are_checked_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = [0], [0]
    real = Argon2PasswordHasher.encode

    def watched(self: Any, password: str, salt: str) -> str:
        running[0] += 1
        most[0] = max(most[0], running[0])
        try:
            return str(real(self, password, salt))
        finally:
            running[0] -= 1

    monkeypatch.setattr(Argon2PasswordHasher, "encode", watched)
    hasher = passwords.BoundedArgon2()
    with ThreadPoolExecutor(8) as threads:
        encoded = list(
            threads.map(lambda n: hasher.encode(f"p{n}", "a-salt-of-16-bytes"), range(8))
        )
    assert len(set(encoded)) == 8
    assert most[0] <= passwords.AT_ONCE


def test_who_waits_too_long_for_a_place_is_told_so(
    api: Api, alfa: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 0.01)
    for _ in range(passwords.AT_ONCE):
        passwords._places.acquire()
    try:
        answers = [api().post("auth/login/", credentials()) for _ in range(7)]
    finally:
        for _ in range(passwords.AT_ONCE):
            passwords._places.release()
    for answer in answers:
        assert_problem(answer, 429, "throttled")
    # Nothing was decided, and nothing counts.
    assert api().post("auth/login/", credentials()).status_code == 200
