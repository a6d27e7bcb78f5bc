"""Who knocks: every role of one clinic, and everybody who has no business there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client

from clinics.tenancy import tokens
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import Membership, MembershipStatus, Role, User
from clinics.tenancy.sessions import CLINIC
from dentalogic.core.tenancy import no_scope
from tests.fixtures.template import PASSWORD
from tests.walls.prover_world import World

API = "/api/"


@dataclass(slots=True)
class Caller:
    """Somebody with a browser and perhaps a token; every request begins with the same two."""

    name: str
    column: str
    client: Client
    cookies: str = ""
    token: str | None = None
    user: User | None = None
    # A member of both clinics, who works in the first and is told the name of the second.
    knows_both: bool = False

    def ask(self, method: str, url: str, body: dict[str, Any] | None, **headers: str) -> Any:
        """Send one request as from a fresh tab."""
        api = url.startswith(API)
        by_token = api and self.token is not None
        self.client.cookies = SimpleCookie("" if by_token else self.cookies)
        if by_token:
            headers["Authorization"] = f"Bearer {self.token}"
        given: dict[str, Any] = {"headers": headers}
        if method == "GET":
            given["query_params"] = None
        elif api and any(hasattr(value, "read") for value in (body or {}).values()):
            given |= {"data": body}
        elif api:
            given |= {"data": body or {}, "content_type": "application/json"}
        else:
            given |= {"data": body or {}} if method == "POST" else {}
        with no_scope():
            return getattr(self.client, method.lower())(url, **given)


def member(role: str) -> Callable[[World, World], Caller]:
    """Log a member in, through the API and through the page."""

    def build(own: World, foreign: World) -> Caller:
        caller = _browser(role, role)
        user = User.objects.get(pk=own.ids[f"user.{role}"])
        given = {"email": user.email, "password": PASSWORD}
        caller.token = _post(caller, "/api/v1/auth/login/", given, 200).json()["access"]
        _post(caller, "/login/", given, 302)
        caller.user = user
        return _kept(caller)

    return build


def _post(caller: Caller, url: str, given: dict[str, str], status: int) -> Any:
    kind = {"content_type": "application/json"} if url.startswith(API) else {}
    response = caller.client.post(url, given, **kind)  # type: ignore[arg-type]
    assert response.status_code == status, response.content
    return response


def both(own: World, foreign: World) -> Caller:
    """Be the CEO of one clinic and a secretary of the other, at work in the first, by session."""
    caller = _browser("both", "ceo")
    user = User.objects.create_user("both@nowhere.test", PASSWORD, last_clinic=own.clinic)
    add_member(own.clinic, user, Role.CEO, status=MembershipStatus.ACTIVE)
    add_member(foreign.clinic, user, Role.SECRETARY, status=MembershipStatus.ACTIVE)
    _post(caller, "/login/", {"email": user.email, "password": PASSWORD}, 302)
    caller.user = user
    caller.knows_both = True
    return _kept(caller)


def operator(own: World, foreign: World) -> Caller:
    """Be the superuser, without a clinic."""
    caller = _browser("operator", "operator")
    user = User.objects.create_superuser("op@platform.test", PASSWORD)
    _post(caller, "/login/", {"email": user.email, "password": PASSWORD}, 302)
    caller.user = user
    return _kept(caller)


def stranger(own: World, foreign: World) -> Caller:
    """Have an account and a session, and no clinic. Logging in gives neither: this is forced."""
    caller = _browser("stranger", "outside")
    caller.user = User.objects.get(email="stranger@nowhere.test")
    caller.client.force_login(caller.user)
    return _kept(caller)


def shut_out(status: str) -> Callable[[World, World], Caller]:
    """Have a token and a session of a clinic that does not let one in (any more), by force."""

    def build(own: World, foreign: World) -> Caller:
        caller = _browser(status, "outside")
        membership = Membership.objects.get(pk=own.ids[f"member.{status}"])
        caller.user = membership.user
        caller.token = tokens.issue(membership).access
        caller.client.force_login(membership.user)
        session = caller.client.session
        session[CLINIC] = str(own.clinic.pk)
        session.save()
        return _kept(caller)

    return build


def nobody(own: World, foreign: World) -> Caller:
    return _browser("nobody", "outside")


def _browser(name: str, column: str) -> Caller:
    # An address each: attempts are counted by address.
    address = f"10.0.0.{sum(name.encode()) % 250}"
    return Caller(name, column, Client(raise_request_exception=False, REMOTE_ADDR=address))


def _kept(caller: Caller) -> Caller:
    caller.cookies = caller.client.cookies.output(attrs=[], header="", sep=";")
    return caller


CALLERS: dict[str, Callable[[World, World], Caller]] = {
    "ceo": member("ceo"),
    "professional": member("professional"),
    "secretary": member("secretary"),
    "both": both,
    "operator": operator,
    "stranger": stranger,
    "pending": shut_out("pending"),
    "suspended": shut_out("suspended"),
    "nobody": nobody,
}
