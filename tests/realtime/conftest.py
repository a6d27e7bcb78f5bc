"""Sockets inside this process, on the real Redis layer, for clinics whose events are committed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.db import transaction

from clinics.routing import websocket_urlpatterns
from clinics.services.events import record_event
from clinics.tenancy import tokens
from clinics.tenancy.models import Clinic, Membership, Role
from dentalogic.core import relay
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import make_user

NOTHING_SECONDS = 0.15
SOON = 5


def snapshot(name: str = "Ana Pérez", *, professional: UUID | None = None) -> dict[str, Any]:
    """Return what an event says of an appointment."""
    return {
        "id": str(uuid4()),
        "version": 1,
        "status": "scheduled",
        "starts_at": "2026-11-24T09:00:00-03:00",
        "ends_at": "2026-11-24T09:30:00-03:00",
        "professional": {"id": str(professional or uuid4()), "name": "Dra. María Elena Ruiz"},
        "patient": {"id": str(uuid4()), "name": name},
        "treatment": {"id": str(uuid4()), "name": "Limpieza dental"},
        "source": "agent",
    }


def record(clinic: Clinic, *names: str, type: str = "NEW_APPOINTMENT", **more: Any) -> None:  # noqa: A002
    """Commit one event per name."""
    with clinic_scope(clinic), transaction.atomic():
        for name in names:
            record_event(type, snapshot(name, **more))  # type: ignore[arg-type]


def push() -> None:
    """Deliver what is owed to the sockets, as the worker would."""
    relay.drain(sinks=("realtime",))


def happens(clinic: Clinic, *names: str, **more: Any) -> None:
    record(clinic, *names, **more)
    push()


class Socket:
    """One browser's end of a socket, spoken in ASGI (channels' own communicator wants daphne)."""

    def __init__(
        self,
        *,
        token: str | None = None,
        since: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        query = "" if since is None else f"since={since}"
        given = {"host": "127.0.0.1:8000", **(headers or {})}
        scope = {
            "type": "websocket",
            "path": "/ws/events/",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": ["jwt", token] if token is not None else [],
        }
        communicator: Any = ApplicationCommunicator  # asgiref leaves it untyped
        self.wire = communicator(URLRouter(websocket_urlpatterns), scope)

    async def open(self) -> str | None:
        await self.wire.send_input({"type": "websocket.connect"})
        message = await self.wire.receive_output(timeout=SOON)
        assert message["type"] == "websocket.accept", message
        protocol: str | None = message.get("subprotocol")
        return protocol

    async def hear(self) -> dict[str, Any]:
        message = await self.wire.receive_output(timeout=SOON)
        assert message["type"] == "websocket.send", message
        event: dict[str, Any] = json.loads(message["text"])
        return event

    async def hear_names(self, count: int) -> list[str]:
        return [(await self.hear())["data"]["patient"]["name"] for _ in range(count)]

    async def hears_nothing(self) -> bool:
        return bool(await self.wire.receive_nothing(timeout=NOTHING_SECONDS))

    async def say(self, **message: Any) -> None:
        await self.wire.send_input({"type": "websocket.receive", **message})

    async def closed_with(self) -> int:
        message = await self.wire.receive_output(timeout=SOON)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def close(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(timeout=SOON)


@pytest.fixture
def member() -> Callable[..., tuple[Membership, str]]:
    """Make an active member of a clinic and a fresh access token of theirs."""

    def make(clinic: Clinic, role: Role = Role.SECRETARY) -> tuple[Membership, str]:
        membership = make_user(clinic, role)
        return membership, tokens.issue(membership).access

    return make


@pytest_asyncio.fixture
async def plug(committing: None) -> AsyncIterator[Callable[..., Any]]:
    """Open sockets that are closed at the end."""
    opened: list[Socket] = []

    async def make(**given: Any) -> Socket:
        one = Socket(**given)
        opened.append(one)
        await one.open()
        return one

    yield make
    for one in opened:
        await one.close()
