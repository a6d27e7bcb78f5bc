"""`/ws/events/?since=N`: what happens in the caller's clinic, as it happens, from N on."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import redis
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
from clinics.tenancy.sessions import CLINIC, is_still_logged_in
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError
from dentalogic.core.tenancy import clinic_scope

logger = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

NO_TOKEN, NOT_ACTIVE, TOO_MANY, COME_AGAIN = 4401, 4403, 4429, 1012
SUBPROTOCOL = "jwt"
SOCKETS_PER_USER = 10
LONGEST_NUMBER = 18

# Of this process: a deployment with N web processes allows N times as many.
_open: Counter[UUID] = Counter()


class Refused(Exception):
    """Closed with this code once accepted: a close before would be a bare 403."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class EventsConsumer(AsyncWebsocketConsumer):
    """One staff browser. Joins its clinic's group first and catches up then, so nothing falls
    between; what arrives twice is dropped by number."""

    # How often the membership is looked up besides listening, and the table read for lost hints.
    check_seconds: ClassVar[float] = 30
    # Without Redis nobody is told anything: the table is read this often instead.
    deaf_seconds: ClassVar[float] = 2

    caller: Caller | None = None
    professional_id: UUID | None = None
    began = False
    ended = False
    counted = False
    deaf = False
    last = 0
    watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.turn = asyncio.Lock()
        try:
            try:
                await super().__call__(scope, receive, send)
            except (redis.RedisError, OSError) as error:
                if self.began:
                    raise
                # No channel could be had, and nothing was said yet: go on by reading the table.
                logger.warning("socket_deaf", error=type(error).__name__)
                self.channel_layer_alias = "none"  # type: ignore[misc]  # of this socket alone
                self.deaf = True
                await super().__call__(scope, receive, send)
        finally:
            await self.leave()

    async def connect(self) -> None:
        self.began = True
        offered = list(self.scope.get("subprotocols") or [])
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
        self.watch.add_done_callback(self.watch_ended)

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
        if user is None or not user.is_authenticated or CLINIC not in session:
            raise Refused(NO_TOKEN)
        return find_caller(user.pk, UUID(str(session[CLINIC])))

    def same_origin(self) -> bool:
        """A browser sends its session to any site's socket: only our own pages may use it."""
        headers = dict(self.scope["headers"])
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
        if f"{origin.scheme}://{origin.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
            return True
        return bool(origin.netloc) and origin.netloc.encode("latin-1") == headers.get(b"host")

    async def join(self, caller: Caller) -> int | None:
        """Join the groups, then find where to begin: at what the browser has, or at now."""
        self.professional_id = await self.in_clinic(realtime.own_professional_id, caller.user_id)
        if not self.deaf:
            try:
                for group in self.my_groups(caller):
                    await self.channel_layer.group_add(group, self.channel_name)
            except (redis.RedisError, OSError) as error:
                logger.warning("socket_deaf", error=type(error).__name__)
                self.deaf = True
        since = self.asked_since()
        await self.in_clinic(realtime.number_events)
        self.last = since if since is not None else await self.in_clinic(realtime.last_number)
        return since

    @staticmethod
    def my_groups(caller: Caller) -> tuple[str, str]:
        clinic = realtime.clinic_group(caller.scope.tenant_id)
        return clinic, realtime.user_group(caller.user_id)

    def asked_since(self) -> int | None:
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        text = (query.get("since") or [""])[0]
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            return None
        return int(text)

    async def in_clinic(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Choose the clinic and query inside one call: a scope set here would not follow it."""
        assert self.caller is not None
        scope = self.caller.scope

        def run() -> T:
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
        if self.caller is None or self.ended:
            return
        with suppress(DatabaseError):  # The next check reads it.
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
        if self.caller is None or self.ended:
            return
        with suppress(DatabaseError):  # The next check asks again.
            await self.may_stay()

    async def watch_membership(self) -> None:
        """End with the token, and with the membership even if Redis lost the news of it."""
        # The browser may be gone in the middle of a send; `disconnect` follows.
        with suppress(OSError):
            if self.deaf:
                await self.read_the_table_for_a_while()
                return
            while await self.rest(self.check_seconds):
                with suppress(DatabaseError):
                    if not await self.may_stay():
                        return
                    await self.in_clinic(realtime.number_events)
                    await self.catch_up()

    def watch_ended(self, watch: asyncio.Task[None]) -> None:
        """Close the socket if its watch broke: nobody would look after it any more."""
        if watch.cancelled() or watch.exception() is None:
            return
        logger.error("socket_unwatched", exc_info=watch.exception())
        self.closing = asyncio.create_task(self.close(COME_AGAIN))

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close once; what is still on its way to the browser is dropped."""
        if self.ended:
            return
        self.ended = True
        with suppress(OSError):  # The browser was quicker.
            await super().close(code, reason)

    async def read_the_table_for_a_while(self) -> None:
        """Without Redis: poll, then send the browser round to try for a hearing socket again."""
        for _ in range(max(1, round(self.check_seconds / self.deaf_seconds))):
            if not await self.rest(self.deaf_seconds):
                return
            with suppress(DatabaseError):
                if not await self.may_stay():
                    return
                await self.in_clinic(realtime.number_events)
                await self.catch_up()
        await self.close(COME_AGAIN)

    async def rest(self, seconds: float) -> bool:
        """Wait; whether the token is still good afterwards. Closes the socket where it is not."""
        assert self.caller is not None
        expires_at = self.caller.expires_at
        if expires_at is None:
            await asyncio.sleep(seconds)
            return True
        left = (expires_at - real_now()).total_seconds()
        await asyncio.sleep(max(0.0, min(seconds, left)))
        if real_now() < expires_at:
            return True
        await self.close(NO_TOKEN)
        return False

    async def may_stay(self) -> bool:
        """Ask the database; close the socket of who may not."""
        assert self.caller is not None
        if not await database_sync_to_async(is_still_active)(self.caller):
            await self.close(NOT_ACTIVE)
            return False
        if self.caller.expires_at is None and not await database_sync_to_async(self.logged_in)():
            await self.close(NO_TOKEN)
            return False
        return True

    def logged_in(self) -> bool:
        """Whether the session is still there, in this clinic, and of today's password."""
        assert self.caller is not None
        session = self.scope["session"]
        # `__class__`, because the session is a lazy object around the real one.
        stored = session.__class__(session.session_key)
        return is_still_logged_in(stored, self.caller)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is expected from the browser; a `ping` keeps proxies from cutting the line."""

    async def leave(self) -> None:
        """Give back what the socket held, however it ended."""
        if self.watch is not None:
            self.watch.cancel()
        if self.caller is None or not self.counted:
            return
        self.counted = False
        _open[self.caller.user_id] -= 1
        if not _open[self.caller.user_id]:
            del _open[self.caller.user_id]
        if self.channel_layer is None:
            return
        with suppress(redis.RedisError, OSError):
            for group in self.my_groups(self.caller):
                await self.channel_layer.group_discard(group, self.channel_name)
