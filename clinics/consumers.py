"""`/ws/events/?since=N`: what happens in the caller's clinic, as it happens, from N on."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from clinics import realtime
from clinics.tenancy import tokens
from clinics.tenancy.callers import Caller, find_caller, is_still_active
from clinics.tenancy.errors import AccountPending, AccountSuspended
from clinics.tenancy.permissions import hears
from clinics.tenancy.sessions import CLINIC
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError
from dentalogic.core.tenancy import clinic_scope

logger = structlog.get_logger(__name__)

NO_TOKEN, NOT_ACTIVE, TOO_MANY = 4401, 4403, 4429
SUBPROTOCOL = "jwt"
SOCKETS_PER_USER = 10
CHECK_SECONDS = 30

# Of this process: a deployment with N web processes allows N times as many.
_open: Counter[UUID] = Counter()


class Refused(Exception):
    """The socket is closed with this code, after it was accepted: before, it would be a bare 403."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class EventsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped here
    """One staff browser. Joins its clinic's group first and catches up then, so nothing falls
    between; what arrives twice is dropped by number."""

    caller: Caller | None = None
    counted = False
    last = 0
    watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.turn = asyncio.Lock()
        offered = self.scope.get("subprotocols") or []
        protocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
        try:
            self.caller = await self.find_caller(offered)
            if _open[self.caller.user_id] >= SOCKETS_PER_USER:
                raise Refused(TOO_MANY)
        except Refused as refused:
            await self.accept(protocol)
            await self.close(refused.code)
            return
        _open[self.caller.user_id] += 1
        self.counted = True
        since = await self.join(self.caller)
        # Who is told "connected" is in the group already: from here on nothing is missed.
        await self.accept(protocol)
        if since is not None:
            await self.catch_up()
        self.watch = asyncio.create_task(self.watch_membership())

    async def find_caller(self, offered: list[str]) -> Caller:
        """Return who is at the other end, by token or by the session of the staff pages."""
        try:
            if SUBPROTOCOL in offered:
                (token,) = [part for part in offered if part != SUBPROTOCOL]
                return await database_sync_to_async(tokens.caller_of)(token)
            if not self.same_origin():
                raise Refused(NO_TOKEN)
            return await database_sync_to_async(self.session_caller)()
        except (AccountPending, AccountSuspended) as error:
            raise Refused(NOT_ACTIVE) from error
        except (DomainError, ValueError) as error:
            raise Refused(NO_TOKEN) from error

    def session_caller(self) -> Caller:
        user, session = self.scope["user"], self.scope["session"]
        if not user.is_authenticated or CLINIC not in session:
            raise Refused(NO_TOKEN)
        return find_caller(user.pk, UUID(str(session[CLINIC])))

    def same_origin(self) -> bool:
        """A browser sends its session to any site's socket: only our own pages may use it."""
        headers = dict(self.scope["headers"])
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
        if f"{origin.scheme}://{origin.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
            return True
        return bool(origin.netloc) and origin.netloc.encode() == headers.get(b"host")

    async def join(self, caller: Caller) -> int | None:
        """Join the groups, then find where to begin: at what the browser has, or at now."""
        self.professional_id = await self.in_clinic(realtime.own_professional_id, caller.user_id)
        await self.channel_layer.group_add(
            realtime.clinic_group(caller.scope.tenant_id), self.channel_name
        )
        await self.channel_layer.group_add(realtime.user_group(caller.user_id), self.channel_name)
        since = self.asked_since()
        await self.in_clinic(realtime.number_events)
        self.last = since if since is not None else await self.in_clinic(realtime.last_number)
        return since

    def asked_since(self) -> int | None:
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        text = (query.get("since") or [""])[0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    async def in_clinic(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """Choose the clinic and query inside one call: a scope set here would not follow it."""
        assert self.caller is not None
        scope = self.caller.scope

        def run() -> Any:
            with clinic_scope(scope):
                return work(*args, **kwargs)

        return await database_sync_to_async(run)()

    async def catch_up(self) -> None:
        """Send what lies between `last` and now, in order; `resync` where it is gone."""
        async with self.turn:
            await self.send_missing()

    async def send_missing(self) -> None:
        assert self.caller is not None
        while True:
            try:
                page = await self.in_clinic(
                    realtime.read_events,
                    since=self.last,
                    role=self.caller.role,
                    professional_id=self.professional_id,
                )
            except realtime.EventsGone:
                self.last = await self.in_clinic(realtime.last_number)
                await self.send(json.dumps({"type": "resync", "id": self.last}))
                return
            for event in page.events:
                await self.send(json.dumps(event.as_message(), ensure_ascii=False))
            self.last = page.last
            if not page.more:
                return

    async def events_ready(self, message: dict[str, Any]) -> None:
        """The group's message: send what is new; a gap is read from the table instead."""
        if self.caller is None:
            return
        async with self.turn:
            await self.send_new(message)

    async def send_new(self, message: dict[str, Any]) -> None:
        assert self.caller is not None
        events = [event for event in message["events"] if event["id"] > self.last]
        if not events and message["upto"] <= self.last:
            return
        if not events or events[0]["id"] != self.last + 1:
            await self.send_missing()
            return
        for event in events:
            if hears(self.caller.role, event["type"], event["data"], self.professional_id):
                await self.send(json.dumps(event, ensure_ascii=False))
            self.last = event["id"]

    async def membership_suspended(self, message: dict[str, Any]) -> None:
        """The user's group says that a membership ended: look whether it was this one."""
        await self.check_membership()

    async def watch_membership(self) -> None:
        """End with the token, and with the membership even if Redis lost the news of it."""
        assert self.caller is not None
        while True:
            pause: float = CHECK_SECONDS
            if self.caller.expires_at is not None:
                left = (self.caller.expires_at - real_now()).total_seconds()
                if left <= 0:
                    await self.close(NO_TOKEN)
                    return
                pause = min(pause, left)
            await asyncio.sleep(pause)
            with suppress(DatabaseError):
                await self.check_membership()
                await self.catch_up()

    async def check_membership(self) -> None:
        if self.caller is not None and not await database_sync_to_async(is_still_active)(
            self.caller
        ):
            await self.close(NOT_ACTIVE)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is expected from the browser; a `ping` keeps proxies from cutting the line."""

    async def disconnect(self, code: int) -> None:
        if self.watch is not None:
            self.watch.cancel()
        if self.caller is None:
            return
        if self.counted:
            _open[self.caller.user_id] -= 1
            self.counted = False
        group = realtime.clinic_group(self.caller.scope.tenant_id)
        await self.channel_layer.group_discard(group, self.channel_name)
        await self.channel_layer.group_discard(
            realtime.user_group(self.caller.user_id), self.channel_name
        )
