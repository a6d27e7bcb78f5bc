"""The optional second step: enrolment, log-ins by page and API, replays, recovery."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinics.tenancy import otp
from clinics.tenancy.models import Clinic, LoginPause, RefreshFamily, User
from clinics.tenancy.pauses import account_key
from dentalogic.core.clock import real_now
from dentalogic.core.encryption import UnreadableValue
from tests.fixtures.api import Api, assert_problem, credentials, membership
from tests.fixtures.template import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/second-step/"


def code_at(key: bytes, steps: int = 0) -> str:
    totp = TOTP(key)
    totp.time = real_now().timestamp() + 30 * steps
    return f"{totp.token():06}"


@pytest.fixture
def ceo(alfa: Clinic) -> User:
    return membership(alfa, "ceo").user


@pytest.fixture
def key(ceo: User) -> bytes:
    """Turn the second step of alfa's CEO on, by the code of a while ago."""
    otp.begin(user=ceo)
    begun = otp.enrolment(ceo)
    assert begun is not None
    secret = base64.b32decode(begun.key)
    otp.confirm(user=ceo, code=code_at(secret, -1))
    return secret


def browser(role: str = "ceo") -> Browser:
    client = Browser()
    assert client.post("/login/", credentials(role)).status_code == 302
    return client


def test_the_page_turns_it_on_and_off(nothing_counted: None, ceo: User) -> None:
    client = browser()
    assert "Empezar" in client.get(PAGE).content.decode()
    wrong = client.post(PAGE, {"action": "begin", "password": "not-mine-at-all"})
    assert wrong.status_code == 400
    assert not TOTPDevice.objects.exists()
    begun = client.post(PAGE, {"action": "begin", "password": PASSWORD}).content.decode()
    assert "data:image/svg+xml" in begun
    found = re.search(r"<code>([A-Z2-7]{32})</code>", begun)
    assert found is not None
    secret = base64.b32decode(found[1])
    assert not otp.is_on(ceo.pk)
    assert client.post(PAGE, {"action": "confirm", "code": "000000x"}).status_code == 401
    done = client.post(PAGE, {"action": "confirm", "code": code_at(secret)}).content.decode()
    codes = re.findall(r"<li><code>([a-z2-7-]+)</code>", done)
    assert len(codes) == 10
    assert otp.is_on(ceo.pk)
    # Neither the key nor a code can be read in the database.
    assert found[1] not in str(TOTPDevice.objects.values())
    assert codes[0].replace("-", "") not in str(StaticToken.objects.values())
    assert "data:image" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"action": "off", "password": "not-mine-at-all"}).status_code == 400
    assert otp.is_on(ceo.pk)
    assert client.post(PAGE, {"action": "off", "password": PASSWORD}).status_code == 200
    assert not otp.is_on(ceo.pk)
    assert not StaticToken.objects.exists()


def test_it_is_offered_to_ceos_and_the_operator(nothing_counted: None, alfa: Clinic) -> None:
    for role in ("secretary", "professional"):
        client = browser(role)
        assert_problem(client.get(PAGE), 403, "not-allowed")
        refused = client.post(PAGE, {"action": "begin", "password": PASSWORD})
        assert_problem(refused, 403, "not-allowed")
    assert not TOTPDevice.objects.exists()
    operator = Browser()
    operator.force_login(User.objects.create_superuser("op@platform.test", PASSWORD))
    assert operator.get(PAGE).status_code == 200
    assert Browser().get(PAGE).status_code == 302


def test_the_api_asks_for_the_code_after_the_right_password_alone(api: Api, key: bytes) -> None:
    assert_problem(api().post("auth/login/", credentials()), 401, "otp-required")
    wrong = {**credentials(), "password": "not-the-password-1", "otp": code_at(key)}
    assert_problem(api().post("auth/login/", wrong), 401, "wrong-credentials")
    assert_problem(api().post("auth/login/", credentials(otp="000000")), 401, "otp-wrong")
    assert not RefreshFamily.objects.exists()
    assert api().post("auth/login/", credentials(otp=code_at(key))).status_code == 200


@pytest.mark.parametrize("steps", [-2, 2, 3])
def test_a_code_of_another_time_is_refused(api: Api, key: bytes, steps: int) -> None:
    TOTPDevice.objects.update(last_t=-1)
    given = credentials(otp=code_at(key, steps))
    assert_problem(api().post("auth/login/", given), 401, "otp-wrong")


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_a_step_off(api: Api, key: bytes, steps: int) -> None:
    TOTPDevice.objects.update(last_t=-1)
    code = code_at(key, steps)
    assert api().post("auth/login/", credentials(otp=code)).status_code == 200
    # A code is good once, and so is every one before it.
    assert_problem(api().post("auth/login/", credentials(otp=code)), 401, "otp-wrong")
    earlier = credentials(otp=code_at(key, steps - 1))
    assert_problem(api().post("auth/login/", earlier), 401, "otp-wrong")


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-1", "1e5", "\0"]
)
def test_odd_codes_are_refused(api: Api, key: bytes, code: str) -> None:
    answer = api().post("auth/login/", credentials(otp=code))
    assert answer.status_code in {400, 401}
    assert not RefreshFamily.objects.exists()


def test_guessing_codes_is_paused_and_the_password_does_not_reset_it(api: Api, key: bytes) -> None:
    for _ in range(2):
        # What only asks for the code costs nothing and forgives nothing.
        assert_problem(api().post("auth/login/", credentials()), 401, "otp-required")
        assert_problem(api().post("auth/login/", credentials(otp="000000")), 401, "otp-wrong")
    paused = LoginPause.objects.filter(key=account_key("ceo@alfa.test"))
    assert paused.get().failures == 2
    paused.update(failures=14, wait_until=real_now() + timedelta(minutes=10))
    assert_problem(api().post("auth/login/", credentials(otp=code_at(key))), 429, "throttled")
    assert not RefreshFamily.objects.exists()


def test_a_recovery_code_is_spent(api: Api, ceo: User, key: bytes) -> None:
    codes = otp.renew_recovery_codes(user=ceo)
    assert api().post("auth/login/", credentials(otp=codes[0].upper())).status_code == 200
    assert_problem(api().post("auth/login/", credentials(otp=codes[0])), 401, "otp-wrong")
    assert otp.recovery_codes_left(ceo.pk) == 9
    fresh = otp.renew_recovery_codes(user=ceo)
    assert_problem(api().post("auth/login/", credentials(otp=codes[1])), 401, "otp-wrong")
    assert api().post("auth/login/", credentials(otp=fresh[1])).status_code == 200


def test_the_page_asks_in_a_second_step(nothing_counted: None, key: bytes) -> None:
    client = Browser()
    answer = client.post("/login/", credentials(next="/admin/"))
    assert answer.headers["Location"] == "/login/code/?next=%2Fadmin%2F"
    # The first step alone opens nothing.
    assert client.get("/").status_code == 302
    assert client.get("/admin/").status_code == 302
    assert client.get("/api/v1/auth/me/").status_code == 401
    assert client.get("/login/code/").status_code == 200
    assert client.post("/login/code/", {"code": "000000"}).status_code == 401
    assert client.get("/").status_code == 302
    entered = client.post("/login/code/", {"code": code_at(key), "next": "/admin/"})
    assert entered.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_second_step_is_nobodys_without_the_first(
    nothing_counted: None, ceo: User, key: bytes
) -> None:
    assert Browser().post("/login/code/", {"code": code_at(key)}).headers["Location"] == "/login/"
    client = Browser()
    client.post("/login/", credentials())
    session = client.session
    session["awaited"] = {**session["awaited"], "until": real_now().timestamp() - 1}
    session.save()
    assert client.post("/login/code/", {"code": code_at(key)}).headers["Location"] == "/login/"
    # A password that changed in between ends the wait.
    client.post("/login/", credentials())
    ceo.set_password("otra-clave-cualquiera-9")
    ceo.save()
    assert client.post("/login/code/", {"code": code_at(key)}).headers["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


def test_a_new_password_does_not_turn_it_off(api: Api, ceo: User, key: bytes) -> None:
    ceo.set_password("otra-clave-cualquiera-9")
    ceo.save()
    given = {**credentials(), "password": "otra-clave-cualquiera-9"}
    assert_problem(api().post("auth/login/", given), 401, "otp-required")


def test_keys_follow_a_rotation(api: Api, key: bytes, settings: Any) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["another-key-of-forty-characters-or-so-123", *old]
    assert otp.reseal() == 1
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert api().post("auth/login/", credentials(otp=code_at(key))).status_code == 200
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(UnreadableValue):
        otp.reseal()
