"""Passwords changed, forgotten and set by a link."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser

from clinics.tenancy import pauses
from clinics.tenancy.mail import password_link, send_reset_link
from clinics.tenancy.models import Clinic, LoginPause, Membership, RefreshFamily, User
from dentalogic.core import relay
from dentalogic.core.clock import real_now
from tests.fixtures.api import Api, assert_problem, credentials, membership
from tests.fixtures.smtp import MailServer
from tests.fixtures.template import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "otra-clave-cualquiera-9"
FORGOT = "auth/password/forgot/"


@pytest.fixture(autouse=True)
def _answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinics.tenancy.passwords.ANSWER_SECONDS", 0.0)


def link_parts(link: str) -> dict[str, str]:
    uid, token = link.rstrip("/").split("/")[-2:]
    return {"uid": uid, "token": token}


def mailed_link() -> str:
    found = re.search(r"http://\S+/password/\S+", str(mail.outbox[-1].body))
    assert found is not None
    return found[0]


def owed() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.outbox WHERE topic = 'password.asked'")
        return int(cursor.fetchone()[0])


def set_and_works(api: Api, password: str, role: str = "ceo") -> bool:
    given = {**credentials(role), "password": password}
    return api().post("auth/login/", given).status_code == 200


def test_a_forgotten_password_is_set_by_a_mailed_link_once(api: Api, alfa: Clinic) -> None:
    old = api("ceo")
    page = Browser()
    page.post("/login/", credentials())
    assert page.get("/").status_code == 200
    answer = api().post(FORGOT, {"email": " CEO@alfa.test "})
    assert (answer.status_code, answer.content) == (202, b"")
    relay.drain(sinks=("mail",))
    assert mail.outbox[-1].to == ["ceo@alfa.test"]
    given = {**link_parts(mailed_link()), "password": NEW}
    assert api().post("auth/password/set/", given).status_code == 204
    # Every log-in of before is over, by token and by session.
    assert_problem(old.get("auth/me/"), 401, "session-ended")
    assert page.get("/").status_code == 302
    assert not RefreshFamily.objects.filter(ended_at=None).exists()
    assert set_and_works(api, NEW)
    assert not set_and_works(api, PASSWORD)
    again = {**given, "password": "y-una-tercera-clave-3"}
    assert_problem(api().post("auth/password/set/", again), 404, "link-used")
    assert set_and_works(api, NEW)


@pytest.mark.parametrize(
    "email", ["nadie@alfa.test", "stranger@nowhere.test", "x" * 250, "\x00", ""]
)
def test_the_answer_is_the_same_for_an_unknown_address(api: Api, alfa: Clinic, email: str) -> None:
    answer = api().post(FORGOT, {"email": email})
    if email.strip("\x00"):
        assert (answer.status_code, answer.content) == (202, b"")
    else:
        assert_problem(answer, 400, "invalid")
    relay.drain(sinks=("mail",))
    assert mail.outbox == []
    assert owed() == 0


def test_who_is_disabled_gets_no_link(api: Api, alfa: Clinic) -> None:
    User.objects.filter(email="ceo@alfa.test").update(is_active=False)
    assert api().post(FORGOT, {"email": "ceo@alfa.test"}).status_code == 202
    assert owed() == 0


def test_a_mailbox_is_not_flooded(api: Api, alfa: Clinic) -> None:
    for _ in range(8):
        assert api().post(FORGOT, {"email": "ceo@alfa.test"}).status_code == 202
        relay.drain(sinks=("mail",))
    assert len(mail.outbox) == pauses.FREE_MAILS


def test_the_mail_is_owed_until_it_goes_and_for_a_day(
    api: Api, alfa: Clinic, mail_server: MailServer
) -> None:
    api().post(FORGOT, {"email": "ceo@alfa.test"})
    relay.drain(sinks=("mail",))
    mail_server.start()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.outbox SET due_at = now()")
    relay.drain(sinks=("mail",))
    assert [message["To"] for message in mail_server.received] == ["ceo@alfa.test"]
    user = User.objects.get(email="ceo@alfa.test")
    send_reset_link(str(user.pk), (real_now() - timedelta(days=1, minutes=1)).isoformat())
    assert len(mail_server.received) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "c0ffee-0123456789abcdef"}, "link-used"),
        ({"uid": "AAAA"}, "link-used"),
        ({"uid": "%%%"}, "link-used"),
        ({"uid": "MQ"}, "link-used"),
        ({"password": "corta"}, "invalid"),
        ({"password": "password123"}, "invalid"),
        ({"password": ""}, "invalid"),
    ],
)
def test_a_bad_link_or_password_changes_nothing(
    api: Api, alfa: Clinic, change: dict[str, str], code: str
) -> None:
    user = User.objects.get(email="ceo@alfa.test")
    given = {**link_parts(password_link(user)), "password": NEW, **change}
    status = 404 if code == "link-used" else 400
    assert_problem(api().post("auth/password/set/", given), status, code)
    assert set_and_works(api, PASSWORD)


def test_a_link_ends_with_its_days(api: Api, alfa: Clinic, settings: Any) -> None:
    user = User.objects.get(email="ceo@alfa.test")
    given = {**link_parts(password_link(user)), "password": NEW}
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert_problem(api().post("auth/password/set/", given), 404, "link-used")


def test_a_link_is_one_persons(api: Api, alfa: Clinic) -> None:
    ceo, other = (User.objects.get(email=f"{one}@alfa.test") for one in ("ceo", "secretary"))
    given = {**link_parts(password_link(ceo)), "password": NEW}
    given["uid"] = link_parts(password_link(other))["uid"]
    assert_problem(api().post("auth/password/set/", given), 404, "link-used")
    assert set_and_works(api, PASSWORD, "secretary")


def test_the_pages_say_the_same(nothing_counted: None, api: Api, alfa: Clinic) -> None:
    client = Browser()
    assert client.get("/password/forgot/").status_code == 200
    told = {
        client.post("/password/forgot/", {"email": e}).content
        for e in ("ceo@alfa.test", "no@x.test")
    }
    assert len(told) == 1
    relay.drain(sinks=("mail",))
    path = "/" + mailed_link().split("/", 3)[3]
    form = client.get(path)
    assert form.headers["Location"].endswith("/set-password/")
    hidden = form.headers["Location"]
    assert "Contraseña nueva" in client.get(hidden).content.decode()
    unlike = {"new_password1": NEW, "new_password2": "otra-cosa-distinta-1"}
    assert "no son iguales" in client.post(hidden, unlike).content.decode()
    weak = {"new_password1": "password123", "new_password2": "password123"}
    assert client.post(hidden, weak).status_code == 400
    done = client.post(hidden, {"new_password1": NEW, "new_password2": NEW})
    assert done.headers["Location"] == "/login/?set=1"
    # It logs nobody in.
    assert client.get("/").status_code == 302
    assert "venció" in client.get(path).content.decode()
    assert set_and_works(api, NEW)


def test_a_change_ends_the_other_log_ins_and_not_this_one(api: Api, alfa: Clinic) -> None:
    mine, other = api("ceo"), api("ceo")
    given = {"current_password": PASSWORD, "new_password": NEW}
    assert mine.post("auth/password/", given).status_code == 204
    assert mine.get("auth/me/").status_code == 200
    assert_problem(other.get("auth/me/"), 401, "session-ended")
    assert set_and_works(api, NEW)
    relay.drain(sinks=("mail",))
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["ceo@alfa.test"],
        "Tu contraseña de Dentalogic cambió",
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"current_password": "not-mine-at-all", "new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "corta"}, "new_password"),
        ({"current_password": PASSWORD}, "new_password"),
        ({"new_password": NEW}, "current_password"),
        ({"current_password": 5, "new_password": ["x"]}, "new_password"),
    ],
)
def test_a_bad_change_is_refused_by_field(
    api: Api, alfa: Clinic, given: dict[str, Any], field: str
) -> None:
    other = api("ceo")
    refused = api("ceo").post("auth/password/", given)
    assert field in assert_problem(refused, 400, "invalid")["errors"]
    assert other.get("auth/me/").status_code == 200
    assert set_and_works(api, PASSWORD)


def test_a_stolen_token_does_not_guess_the_password(api: Api, alfa: Clinic) -> None:
    thief = api("ceo")
    given = {"current_password": "not-mine-at-all", "new_password": NEW}
    answers = [thief.post("auth/password/", given).status_code for _ in range(2)]
    assert answers == [400, 400]
    paused = LoginPause.objects.filter(key=pauses.account_key("ceo@alfa.test"))
    assert paused.get().failures == 2
    paused.update(failures=14, wait_until=real_now() + timedelta(minutes=10))
    refused = thief.post("auth/password/", {**given, "current_password": PASSWORD})
    assert_problem(refused, 429, "throttled")


def test_a_session_goes_on_after_its_own_change(nothing_counted: None, alfa: Clinic) -> None:
    client, other = Browser(), Browser()
    for one in (client, other):
        one.post("/login/", credentials())
    wrong = {"current_password": "x", "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/", wrong).status_code == 400
    assert other.get("/").status_code == 200
    assert client.post("/password/", {**wrong, "current_password": PASSWORD}).status_code == 200
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert client.get("/admin/password_change/").headers["Location"] == "/password/"
    given = {"current_password": NEW, "new_password": PASSWORD}
    by_api = client.post("/api/v1/auth/password/", given, content_type="application/json")
    assert by_api.status_code == 204
    assert client.get("/").status_code == 200


def test_a_new_password_forgives_the_pause(api: Api, alfa: Clinic) -> None:
    for _ in range(5):
        pauses.begin(email="ceo@alfa.test", address="10.1.1.1")
    user = membership(alfa, "ceo").user
    given = {**link_parts(password_link(user)), "password": NEW}
    assert api().post("auth/password/set/", given).status_code == 204
    assert not LoginPause.objects.filter(key=pauses.account_key(user.email)).exists()
    assert set_and_works(api, NEW)
    assert Membership.objects.get(user=user).status == "active"
