"""Whoever is shut out is out within a second: tokens, sockets, staff pages and the admin."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from io import StringIO
from uuid import uuid4

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from clinics.tenancy import otp, passwords, sessions
from clinics.tenancy.models import Clinic, LoginPause, Membership, RefreshFamily, Role, User
from tests.fixtures.api import Api, assert_problem, credentials, membership
from tests.fixtures.clinics import make_user
from tests.fixtures.server import Served
from tests.fixtures.template import PASSWORD

SOON = 1.0


@dataclass
class Present:
    """One person, in by every way there is."""

    member: Membership
    served: Served
    api: httpx.Client
    pages: httpx.Client
    by_token: ClientConnection
    by_session: ClientConnection

    def is_in(self) -> list[int]:
        """Return what the API, the agenda and the admin answer."""
        paths = [(self.api, "/api/v1/auth/me/"), (self.pages, "/"), (self.pages, "/admin/")]
        return [client.get(path).status_code for client, path in paths]

    def closed_within(self, seconds: float) -> list[int]:
        """Return the codes with which both sockets close in time."""
        until, codes = time.monotonic() + seconds, []
        for line in (self.by_token, self.by_session):
            with pytest.raises(ConnectionClosed) as closed:
                line.recv(timeout=max(0.01, until - time.monotonic()))
            assert closed.value.rcvd is not None
            codes.append(closed.value.rcvd.code)
        return codes


def log_in(served: Served, email: str) -> tuple[httpx.Client, httpx.Client]:
    """Log in by the API and by the page."""
    api, pages = (httpx.Client(base_url=served.url, timeout=60) for _ in range(2))
    given = {"email": email, "password": PASSWORD}
    access = api.post("/api/v1/auth/login/", json=given).json()["access"]
    api.headers["Authorization"] = f"Bearer {access}"
    post(pages, "/login/", **given)
    return api, pages


def post(pages: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form as the page does."""
    pages.get(path)
    answer = pages.post(path, data={**fields, "csrfmiddlewaretoken": pages.cookies["csrftoken"]})
    assert answer.status_code == 302, answer.text
    return answer


@pytest.fixture
def ceo(throwaway: Clinic) -> Iterator[Membership]:
    yield make_user(throwaway, Role.CEO, password=PASSWORD)
    LoginPause.objects.all().delete()


@pytest.fixture
def enter(server: Served, throwaway: Clinic) -> Iterator[Callable[[], Present]]:
    """Let a second CEO in everywhere."""
    with ExitStack() as open_:

        def build() -> Present:
            member = make_user(throwaway, Role.CEO, password=PASSWORD)
            api, pages = log_in(server, member.user.email)
            token = Subprotocol(api.headers["Authorization"].split()[1])
            cookie = {"Cookie": f"sessionid={pages.cookies['sessionid']}"}
            url, origin = server.socket_url, Origin(server.url)
            lines = [
                open_.enter_context(connect(url, subprotocols=[Subprotocol("jwt"), token])),
                open_.enter_context(connect(url, origin=origin, additional_headers=cookie)),
            ]
            for one in (api, pages):
                open_.callback(one.close)
            present = Present(member, server, api, pages, *lines)
            assert present.is_in() == [200, 200, 200]
            return present

        yield build


@pytest.mark.processes
def test_a_suspension_ends_everything_within_a_second(
    server: Served, ceo: Membership, enter: Callable[[], Present]
) -> None:
    present = enter()
    api, pages = log_in(server, ceo.user.email)
    with closing(api), closing(pages):
        answer = api.post(f"/api/v1/staff/{present.member.pk}/suspend/")
        assert answer.status_code == 200
        assert present.closed_within(SOON) == [4403, 4403]
        assert present.is_in() == [403, 302, 302]
        # Who suspended is still there.
        assert api.get("/api/v1/auth/me/").status_code == 200
        # Let in again, what ended stays ended.
        assert api.post(f"/api/v1/staff/{present.member.pk}/activate/").status_code == 200
        assert present.is_in() == [401, 302, 302]


@pytest.mark.processes
def test_the_operators_switch_does_the_same(
    server: Served, ceo: Membership, enter: Callable[[], Present]
) -> None:
    present = enter()
    operator = User.objects.create_superuser(f"op-{uuid4().hex[:8]}@platform.test", PASSWORD)
    with httpx.Client(base_url=server.url, timeout=60) as pages:
        post(pages, "/login/", email=operator.email, password=PASSWORD)
        post(pages, "/admin/access/", email=present.member.user.email, enabled="0")
        assert present.closed_within(SOON) == [4403, 4403]
        assert present.is_in() == [403, 302, 302]
        # Let in again, what ended stays ended; a new log-in works.
        post(pages, "/admin/access/", email=present.member.user.email, enabled="1")
        assert present.is_in() == [401, 302, 302]
        again, again_pages = log_in(server, present.member.user.email)
        with closing(again), closing(again_pages):
            assert again.get("/api/v1/auth/me/").status_code == 200
    User.objects.filter(pk=operator.pk).delete()


@pytest.mark.processes
def test_a_new_password_ends_the_others_sockets_too(
    server: Served, ceo: Membership, enter: Callable[[], Present]
) -> None:
    present = enter()
    passwords.change(
        user=present.member.user,
        current=PASSWORD,
        new="otra-clave-cualquiera-9",
        address="10.8.8.8",
    )
    assert present.closed_within(SOON) == [4403, 4401]
    assert present.is_in() == [401, 302, 302]


@pytest.mark.django_db
def test_sessions_end_in_the_clinic_of_the_suspension_alone(
    nothing_counted: None, alfa: Clinic, beta: Clinic
) -> None:
    person, other = Browser(), Browser()
    person.post("/login/", credentials("secretary"))
    other.post("/login/", credentials("ceo"))
    user = membership(alfa, "secretary").user
    assert sessions.end_sessions(user.pk, beta.pk) == 0
    assert person.get("/").status_code == 200
    assert sessions.end_sessions(user.pk, alfa.pk) == 1
    assert person.get("/").status_code == 302
    assert other.get("/").status_code == 200


@pytest.mark.django_db
class TestAccess:
    """The page of the operator's switch."""

    page = "/admin/access/"

    @pytest.fixture
    def operator(self) -> Browser:
        client = Browser()
        client.force_login(User.objects.create_superuser("op@platform.test"))
        return client

    def test_it_is_the_operators_alone(self, nothing_counted: None, alfa: Clinic) -> None:
        given = {"email": "secretary@alfa.test", "enabled": "0"}
        for role in ("ceo", "secretary"):
            client = Browser()
            client.post("/login/", credentials(role))
            assert_problem(client.post(self.page, given, follow=True), 403, "not-allowed")
        assert Browser().post(self.page, given).status_code == 302
        assert User.objects.get(email="secretary@alfa.test").is_active

    def test_it_ends_and_allows_every_clinic(
        self, api: Api, operator: Browser, alfa: Clinic
    ) -> None:
        client = api("secretary")
        given = {"email": " Secretary@alfa.test", "enabled": "0"}
        assert operator.post(self.page, given).status_code == 302
        assert_problem(client.get("auth/me/"), 403, "account-suspended")
        member = membership(alfa, "secretary")
        assert not RefreshFamily.objects.filter(membership=member, ended_at=None).exists()
        # The clinic's own decision stays what it was.
        assert member.status == "active"
        assert operator.post(self.page, {**given, "enabled": "1"}).status_code == 302
        assert_problem(client.get("auth/me/"), 401, "session-ended")

    @pytest.mark.parametrize(
        "given",
        [
            {"email": "nadie@alfa.test", "enabled": "0"},
            {"email": "op@platform.test", "enabled": "0"},
            {"email": "secretary@alfa.test", "enabled": "7"},
            {"email": "secretary@alfa.test"},
            {"email": "", "enabled": "0"},
        ],
    )
    def test_a_wrong_use_changes_nothing(
        self, operator: Browser, alfa: Clinic, given: dict[str, str]
    ) -> None:
        assert operator.post(self.page, given).status_code == 200
        assert not User.objects.filter(is_active=False).exists()


@pytest.mark.django_db
def test_the_command_line_does_the_same(api: Api, alfa: Clinic) -> None:
    client, user = api("ceo"), membership(alfa, "ceo").user
    otp.begin(user=user)
    call_command("account", "CEO@alfa.test", "--disable")
    assert_problem(client.get("auth/me/"), 403, "account-suspended")
    call_command("account", "ceo@alfa.test", "--enable")
    call_command("account", "ceo@alfa.test", "--no-second-step")
    assert otp.enrolment(user) is None
    said = StringIO()
    call_command("account", "ceo@alfa.test", "--password-link", stdout=said)
    path = "/" + said.getvalue().split("/", 3)[3].strip()
    assert Browser().get(path).status_code == 302
    for words in (["nadie@alfa.test", "--disable"], ["ceo@alfa.test"]):
        with pytest.raises(CommandError) as refused:
            call_command("account", *words)
        assert refused.value.returncode in {1, 2}
