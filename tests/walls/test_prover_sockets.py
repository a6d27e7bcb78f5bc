"""Every socket: its groups are the server's to choose, and nothing that a client sends moves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.urls import URLPattern

from clinics import realtime
from clinics.consumers import EventsConsumer
from clinics.routing import websocket_urlpatterns
from clinics.tenancy import tokens
from clinics.tenancy.models import Clinic, Membership, RefreshFamily, Role
from tests.realtime.conftest import Socket, happens, member, push, record
from tests.realtime.test_doors import code_of, session_of
from tests.walls.prover_routes import walk

__all__ = ["member"]
off_loop = sync_to_async

# Route -> the groups that a socket of it joins; each of them is written for its own clinic or for
# the user alone, and heard by nobody else below. A new socket, or a new group, needs its row here.
SOCKETS = {"/ws/events/": (realtime.clinic_group.__name__, realtime.user_group.__name__)}


def test_every_socket_has_its_row() -> None:
    patterns: list[URLPattern] = websocket_urlpatterns
    assert {path for path, _ in walk(patterns)} == SOCKETS.keys()
    named = EventsConsumer.my_groups.__code__.co_names
    assert {name for name in named if name.endswith("_group")} == set(SOCKETS["/ws/events/"])


def choosing(clinic: Clinic) -> str:
    """Write a query in which everything names a clinic."""
    group = realtime.clinic_group(clinic.pk)
    named = f"clinic={clinic.schema_name}&tenant_id={clinic.pk}&schema={clinic.schema_name}"
    return f"0&{named}&group={group}&groups={group}&channel={group}"


@pytest.mark.asyncio
async def test_nothing_of_another_clinic_is_heard(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    own, foreign = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    await off_loop(happens)(foreign, "quebracho 1", "quebracho 2")
    await off_loop(record)(own, "lapacho 1")
    _, token = await off_loop(member)(own)
    since: Any = choosing(foreign)
    one = Socket(token=token, since=since)
    await one.open()
    # The control: what the clinic itself had is caught up with, under its own number.
    heard = await one.hear()
    assert (heard["id"], heard["data"]["patient"]["name"]) == (1, "lapacho 1")

    group = realtime.clinic_group(foreign.pk)
    for said in ("subscribe", "join", "group_add", "events.ready", "membership.suspended"):
        await one.say(text=json.dumps({"type": said, "group": group, "clinic": str(foreign.pk)}))
    await one.say(bytes=b"\x00")
    await off_loop(happens)(foreign, "quebracho 3")
    layer: Any = get_channel_layer()
    message = {"id": 2, "type": "NEW_APPOINTMENT", "occurred_at": "", "data": {}}
    await layer.group_send(group, {"type": "events.ready", "events": [message], "upto": 2})
    assert await one.hears_nothing()

    await off_loop(happens)(own, "lapacho 2")
    assert await one.hear_names(1) == ["lapacho 2"]
    await one.close()


@pytest.mark.asyncio
async def test_a_number_of_another_clinic_is_no_place_in_ones_own(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    own, foreign = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    await off_loop(happens)(foreign, *(f"quebracho {number}" for number in range(5)))
    await off_loop(happens)(own, "lapacho")
    _, token = await off_loop(member)(own)
    one = Socket(token=token, since=5)
    await one.open()
    assert await one.hear() == {"type": "resync", "id": 1}
    assert await one.hears_nothing()
    await one.close()


@pytest.mark.asyncio
async def test_a_token_that_names_another_clinic_opens_nothing(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    own, foreign = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    membership, good = await off_loop(member)(own)
    for claims in (
        {"clinic": foreign.schema_name},
        {"tenant_id": str(foreign.pk)},
        {"clinic": foreign.schema_name, "tenant_id": str(foreign.pk)},
        {"tenant_id": str(uuid4())},
    ):
        assert await code_of(token=await off_loop(altered)(good, claims)) == 4401
    one = Socket(token=good)
    assert await one.open() == "jwt"
    assert await one.hears_nothing()
    await one.close()
    assert membership.clinic_id == own.pk


def altered(access: str, claims: dict[str, str]) -> str:
    kept: Any = access
    token = tokens.AccessToken(kept)
    for name, value in claims.items():
        token[name] = value
    return str(token)


@pytest.mark.asyncio
async def test_a_session_in_another_clinic_opens_nothing(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    own, foreign = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    membership, _ = await off_loop(member)(own)
    elsewhere = Membership(user=membership.user, clinic=foreign, role=Role.CEO)
    origin = {"origin": "http://127.0.0.1:8000"}
    cookie = await off_loop(session_of)(elsewhere)
    assert await code_of(headers={**origin, "cookie": cookie}) == 4401
    one = Socket(headers={**origin, "cookie": await off_loop(session_of)(membership)})
    await one.open()
    assert await one.hears_nothing()
    await one.close()


@pytest.mark.asyncio
async def test_who_works_in_both_hears_each_in_its_own_socket(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    own, foreign = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    first, token = await off_loop(member)(own)
    second = await off_loop(also_of)(first, foreign)
    here, there = Socket(token=token), Socket(token=second)
    await here.open()
    await there.open()
    await off_loop(record)(own, "lapacho")
    await off_loop(record)(foreign, "quebracho")
    await off_loop(push)()
    assert await here.hear_names(1) == ["lapacho"]
    assert await there.hear_names(1) == ["quebracho"]
    assert await here.hears_nothing()
    assert await there.hears_nothing()
    await here.close()
    await there.close()


def also_of(first: Membership, clinic: Clinic) -> str:
    second = Membership.objects.create(
        user=first.user,
        clinic=clinic,
        role=Role.CEO,
        status="active",
        activated_at=first.activated_at,
    )
    access = tokens.issue(second).access
    assert RefreshFamily.objects.filter(membership=second).count() == 1
    return access
