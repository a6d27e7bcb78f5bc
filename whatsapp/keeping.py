"""Storing what webhooks bring, many requests to a commit.

Each clinic has a lane: what arrives while its last transaction is being committed goes into the
next one together. A request is acknowledged by the commit that holds its items, never before.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from django.conf import settings
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from dentalogic.core import clock, guard, outbox
from dentalogic.core.encryption import cipher
from whatsapp.counters import count
from whatsapp.envelope import Item, Unreadable
from whatsapp.linebook import LineEntry
from whatsapp.seen import Seen

logger = structlog.get_logger(__name__)

TOPIC, SINK, KEY = "inbox.received", "ingest", "inbox"
LARGEST_BATCH = 500
CONNECTIONS = 4
DATABASE_TIMEOUT = 5.0

# One parameter for the whole batch, taken apart by PostgreSQL; the microseconds keep the order.
_KEEP = """
INSERT INTO {table} (id, tenant_id, provider, external_id, item_id, kind, body, received_at, error)
SELECT gen_random_uuid(), %s, %s, i.item ->> 0, i.item ->> 1, i.item ->> 2, i.item -> 3,
       %s + i.place * interval '1 microsecond', ''
FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS i (item, place)
ON CONFLICT (provider, external_id, item_id) DO NOTHING
"""
_OWE = outbox.INSERT.format(rows=outbox.ROW)
_QUARANTINE = """
INSERT INTO public.quarantine (id, provider, reason, external_id, digest, body, received_at)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s)
ON CONFLICT (provider, digest) DO NOTHING
"""


class NotKept(Exception):
    """The database did not confirm: nothing may be acknowledged."""


@dataclass(slots=True)
class Waiting:
    """The items of one request for one clinic, and who waits for their commit."""

    items: list[Item]
    done: asyncio.Future[None]


def open_pool() -> AsyncConnectionPool:
    """Make the intake's own few connections, outside of Django's; not opened yet."""
    database = settings.DATABASES["default"]
    return AsyncConnectionPool(
        kwargs={
            "dbname": database["NAME"],
            "user": database["USER"],
            "password": database["PASSWORD"],
            "host": database["HOST"],
            "port": database["PORT"],
            "connect_timeout": int(DATABASE_TIMEOUT),
            "application_name": "dentalogic-intake",
            # A statement is a transaction; the two of a batch share one by pipelining.
            "autocommit": True,
            **_of_the_session(database),
        },
        min_size=0,
        max_size=CONNECTIONS,
        timeout=DATABASE_TIMEOUT,
        max_idle=120,
        reconnect_timeout=DATABASE_TIMEOUT,
        configure=guard.configure,
        open=False,
    )


def _of_the_session(database: dict[str, Any]) -> dict[str, Any]:
    """Return what a connection keeps; a pooler keeps nothing, and no statement here needs it.

    All statements name the schema of their tables.
    """
    if database["POOLER"] == "none":
        return {"options": "-c search_path=public -c statement_timeout=5000"}
    return {"prepare_threshold": None}


class Lane:
    """The queue of one clinic: at most one transaction at a time."""

    def __init__(
        self, *, provider: str, clinic_id: UUID, schema: str, pool: AsyncConnectionPool, seen: Seen
    ) -> None:
        self._provider = provider
        self._clinic_id = clinic_id
        self._pool = pool
        self._seen = seen
        self._keep = sql.SQL(_KEEP).format(table=sql.Identifier(schema, "inbox_items"))
        self._waiting: list[Waiting] = []
        self._working: asyncio.Task[None] | None = None

    def submit(self, items: list[Item]) -> asyncio.Future[None]:
        """Queue the items of a request; the future ends with their commit, or with `NotKept`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(items, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return done

    @property
    def idle(self) -> bool:
        return self._working is None

    async def _work(self) -> None:
        noting: asyncio.Task[None] | None = None
        try:
            while self._waiting or noting is not None:
                batch = self._next_batch()
                kept = await self._store_or_say(batch) if batch else []
                if noting is not None:
                    await noting
                # Beside the next batch: nobody waits for the cache.
                noting = asyncio.create_task(self._seen.remember(kept)) if kept else None
        finally:
            self._working = None
            # Only a server that stops in between leaves somebody here.
            self._settle(self._waiting, NotKept())
            self._waiting = []

    async def _store_or_say(self, batch: Sequence[Waiting]) -> list[str]:
        """Store a batch and tell its requests how it went; the cache keys of what is new."""
        try:
            kept = await self._store(batch)
            self._settle(batch, None)
        except (psycopg.Error, PoolTimeout, OSError) as error:
            logger.warning("intake_database_away", error=type(error).__name__)
            return []
        finally:
            # Whatever happened: who has no answer by now gets none from us.
            self._settle(batch, NotKept())
        return kept

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        size = 0
        for one in self._waiting:
            if batch and size + len(one.items) > LARGEST_BATCH:
                break
            batch.append(one)
            size += len(one.items)
        del self._waiting[: len(batch)]
        return batch

    @staticmethod
    def _settle(batch: Iterable[Waiting], error: Exception | None) -> None:
        for one in batch:
            if one.done.done():
                continue  # the client hung up
            if error is None:
                one.done.set_result(None)
            else:
                one.done.set_exception(error)

    async def _store(self, batch: Sequence[Waiting]) -> list[str]:
        """Store what the cache doesn't know; the cache keys of what is stored now."""
        items = {f"{self._provider}:{i.external_id}:{i.item_id}": i for w in batch for i in w.items}
        known = await self._seen.known(list(items))
        total = sum(len(one.items) for one in batch)
        fresh = {key: item for key, item in items.items() if key not in known}
        count("duplicate", total - len(fresh))
        if not fresh:
            return []
        chosen = list(fresh.values())
        try:
            await self._insert(chosen)
        except psycopg.DataError:
            await self._insert_one_by_one(chosen)
        count("accepted", len(fresh))
        return list(fresh)

    async def _insert(self, items: Sequence[Item]) -> None:
        rows = orjson.dumps(
            [[i.external_id, i.item_id, i.kind, orjson.Fragment(i.body)] for i in items]
        )
        now = clock.real_now()
        owed = (self._clinic_id, TOPIC, SINK, KEY, Jsonb({}), now, now)
        async with self._pool.connection() as connection, connection.pipeline():
            # Without BEGIN, PostgreSQL commits what stands between two syncs as one transaction.
            await connection.execute(
                self._keep, (self._clinic_id, self._provider, now, rows.decode())
            )
            await connection.execute(_OWE, owed)

    async def _insert_one_by_one(self, items: Sequence[Item]) -> None:
        """Find the item that PostgreSQL can't store, and keep it where it harms nobody."""
        for item in items:
            try:
                await self._insert([item])
            except psycopg.DataError:
                poisoned = Unreadable("unstorable", item.body, item.external_id)
                await quarantine(self._pool, self._provider, [poisoned])


class Keeper:
    """The lanes of all clinics of one provider."""

    def __init__(self, provider: str, pool: AsyncConnectionPool, seen: Seen) -> None:
        self._provider = provider
        self._pool = pool
        self._seen = seen
        self._lanes: dict[UUID, Lane] = {}

    def keep(self, line: LineEntry, items: list[Item]) -> asyncio.Future[None]:
        """Queue items for the clinic of a line."""
        lane = self._lanes.get(line.clinic_id)
        if lane is None:
            lane = self._lanes[line.clinic_id] = Lane(
                provider=self._provider,
                clinic_id=line.clinic_id,
                schema=line.schema,
                pool=self._pool,
                seen=self._seen,
            )
        return lane.submit(items)

    async def quarantine(self, parts: Sequence[Unreadable]) -> None:
        await quarantine(self._pool, self._provider, parts)


async def quarantine(pool: AsyncConnectionPool, provider: str, parts: Sequence[Unreadable]) -> None:
    """Keep encrypted what belongs to no clinic. The same bytes twice are kept once."""
    now: datetime = clock.real_now()
    rows = [
        (
            provider,
            part.reason,
            part.external_id[:80],
            hashlib.sha256(part.reason.encode() + b"\0" + part.body).hexdigest(),
            cipher().encrypt(part.body).decode(),
            now,
        )
        for part in parts
    ]
    try:
        async with (
            pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.executemany(_QUARANTINE, rows)
    except (psycopg.Error, PoolTimeout, OSError) as error:
        raise NotKept from error
    for part in parts:
        count(part.reason)
        logger.warning("quarantined", reason=part.reason, line=part.external_id[:80])
