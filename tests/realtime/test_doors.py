"""Who gets a socket, with which code it ends, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as project
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from clinics.consumers import SOCKETS_PER_USER
from clinics.tenancy import gatekeeper, sessions, tokens
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role
from tests.fixtures.clinics import make_user
from tests.realtime.conftest import Socket, happens, push, record

pytestmark = pytest.mark.asyncio
off_loop = sync_to_async


def suspend_quietly(membership: Membership) -> None:
    """Suspend as if Redis had lost the news."""
    Membership.objects.filter(pk=membership.pk).update(status=MembershipStatus.SUSPENDED)


def session_of(membership: Membership) -> str:
    """Log a member in to the staff pages and return the cookie."""
    store = import_module(project.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(membership.user_id)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = membership.user.get_session_auth_hash()
    store[sessions.CLINIC] = str(membership.clinic_id)
    store.create()
    return f"{project.SESSION_COOKIE_NAME}={store.session_key}"


async def code_of(**given: Any) -> int:
    """Open a socket that is accepted and closed at once; the code."""
    one = Socket(**given)
    await one.open()
    code = await one.closed_with()
    await one.close()
    return code


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_without_a_good_token_it_is_accepted_and_closed(token: str, committing: None) -> None:
    one = Socket(token=token)
    assert await one.open() == "jwt"
    assert await one.closed_with() == 4401
    await one.close()


async def test_without_anything_it_is_closed(committing: None) -> None:
    assert await code_of() == 4401
    assert await code_of(headers={"origin": "http://127.0.0.1:8000"}) == 4401


async def test_a_refresh_token_opens_nothing(throwaway: Clinic) -> None:
    membership = await off_loop(make_user)(throwaway, Role.SECRETARY)
    pair = await off_loop(tokens.issue)(membership)
    assert await code_of(token=pair.refresh) == 4401


async def test_an_expired_token_opens_nothing(
    throwaway: Clinic, member: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens.AccessToken, "lifetime", timedelta(seconds=-1))
    _, token = await off_loop(member)(throwaway)
    assert await code_of(token=token) == 4401


async def test_a_socket_ends_with_its_token(
    throwaway: Clinic, member: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens.AccessToken, "lifetime", timedelta(seconds=2))
    _, token = await off_loop(member)(throwaway)
    one = Socket(token=token)
    await one.open()
    assert await one.closed_with() == 4401
    await one.close()


@pytest.mark.parametrize("status", [MembershipStatus.PENDING, MembershipStatus.SUSPENDED])
async def test_who_is_not_active_gets_4403(
    status: MembershipStatus, throwaway: Clinic, member: Callable[..., Any]
) -> None:
    membership, token = await off_loop(member)(throwaway)
    await off_loop(Membership.objects.filter(pk=membership.pk).update)(status=status)
    assert await code_of(token=token) == 4403


async def test_a_suspension_closes_open_sockets_at_once(
    throwaway: Clinic, member: Callable[..., Any]
) -> None:
    ceo = await off_loop(make_user)(throwaway, Role.CEO)
    membership, token = await off_loop(member)(throwaway)
    other_membership, other_token = await off_loop(member)(throwaway)
    one, other = Socket(token=token), Socket(token=other_token)
    await one.open()
    await other.open()

    await off_loop(gatekeeper.suspend)(
        clinic_id=throwaway.pk, membership_id=membership.pk, by=ceo.user_id
    )

    assert await one.closed_with() == 4403
    assert await other.hears_nothing()
    for socket in (one, other):
        await socket.close()
    assert other_membership.status == MembershipStatus.ACTIVE


async def test_a_suspension_that_redis_lost_is_found_by_the_check(
    throwaway: Clinic, member: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinics.consumers.EventsConsumer.check_seconds", 0.05)
    membership, token = await off_loop(member)(throwaway)
    one = Socket(token=token)
    await one.open()
    await off_loop(suspend_quietly)(membership)
    assert await one.closed_with() == 4403
    # Nothing follows a close.
    await off_loop(happens)(throwaway, "Ana")
    assert await one.hears_nothing()
    await one.close()


async def test_one_user_has_ten_sockets_at_most(
    throwaway: Clinic, member: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    _, neighbour = await off_loop(member)(throwaway)
    open_ = [Socket(token=token) for _ in range(SOCKETS_PER_USER)]
    for one in open_:
        await one.open()
    assert await code_of(token=token) == 4429
    stranger = Socket(token=neighbour)
    await stranger.open()
    assert await stranger.hears_nothing()

    await open_.pop().close()
    again = Socket(token=token)
    await again.open()
    assert await again.hears_nothing()
    for one in (*open_, stranger, again):
        await one.close()


async def test_the_session_of_the_pages_opens_a_socket(throwaway: Clinic) -> None:
    membership = await off_loop(make_user)(throwaway, Role.SECRETARY)
    cookie = await off_loop(session_of)(membership)
    one = Socket(since=0, headers={"cookie": cookie, "origin": "http://127.0.0.1:8000"})
    assert await one.open() is None
    await off_loop(happens)(throwaway, "Ana")
    assert await one.hear_names(1) == ["Ana"]
    await one.close()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:9999", "null", "", "//127.0.0.1:8000.evil"]
)
async def test_the_session_is_no_use_to_other_sites(origin: str, throwaway: Clinic) -> None:
    membership = await off_loop(make_user)(throwaway, Role.SECRETARY)
    cookie = await off_loop(session_of)(membership)
    assert await code_of(headers={"cookie": cookie, "origin": origin}) == 4401


async def test_a_socket_ends_with_its_session(
    throwaway: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinics.consumers.EventsConsumer.check_seconds", 0.05)
    membership = await off_loop(make_user)(throwaway, Role.SECRETARY)
    cookie = await off_loop(session_of)(membership)
    one = Socket(headers={"cookie": cookie, "origin": "http://127.0.0.1:8000"})
    await one.open()

    def log_out() -> None:
        store = import_module(project.SESSION_ENGINE).SessionStore(cookie.partition("=")[2])
        store.flush()

    await off_loop(log_out)()
    assert await one.closed_with() == 4401
    await one.close()


async def test_a_closed_socket_hears_nothing_and_leaves_nothing_behind(
    throwaway: Clinic, member: Callable[..., Any]
) -> None:
    from clinics import consumers

    membership, token = await off_loop(member)(throwaway)
    one = Socket(token=token)
    await one.open()
    assert await one.hears_nothing()
    assert consumers._open[membership.user_id] == 1
    await one.close()
    assert membership.user_id not in consumers._open
    await off_loop(record)(throwaway, "Ana")
    await off_loop(push)()
    await asyncio.sleep(0)
