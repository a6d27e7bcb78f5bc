"""The socket through a really started web server, with a client that knows nothing of us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async

from clinics.tenancy.models import Clinic
from tests.fixtures.server import Served
from tests.realtime.conftest import happens

pytestmark = [pytest.mark.asyncio, pytest.mark.processes]
SOON = 10


async def test_a_client_hears_catches_up_and_is_refused(
    server: Served, throwaway: Clinic, member: Callable[..., Any]
) -> None:
    _, token = await sync_to_async(member)(throwaway)
    protocols = [websockets.Subprotocol("jwt"), websockets.Subprotocol(token)]
    async with websockets.connect(server.socket_url, subprotocols=protocols) as line:
        assert line.subprotocol == "jwt"
        await sync_to_async(happens)(throwaway, "Ana")
        event = json.loads(await asyncio.wait_for(line.recv(), SOON))
        assert (event["id"], event["type"]) == (1, "NEW_APPOINTMENT")
        assert event["data"]["patient"]["name"] == "Ana"
    await sync_to_async(happens)(throwaway, "Beto")
    async with websockets.connect(f"{server.socket_url}?since=1", subprotocols=protocols) as line:
        event = json.loads(await asyncio.wait_for(line.recv(), SOON))
        assert event["data"]["patient"]["name"] == "Beto"


@pytest.mark.parametrize("protocols", [None, ["jwt"], ["jwt", "nonsense"]])
async def test_a_refusal_is_a_code_and_not_a_bare_403(
    protocols: list[str] | None, server: Served
) -> None:
    given = [websockets.Subprotocol(one) for one in protocols] if protocols else None
    async with websockets.connect(server.socket_url, subprotocols=given) as line:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(line.recv(), SOON)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
