"""Delivering the outbox: claim what is due, hand it to its handler, record the outcome."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from dentalogic.core import bell, clock
from dentalogic.core.errors import DependencyAway, PermanentFailure, RetryLater
from dentalogic.core.scope import SYSTEM, Scope
from dentalogic.core.tenancy import acting_as, clinic_scope, no_scope

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
FROZEN_PAUSE = timedelta(hours=1)
KEEP_DONE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message leased to the caller. `lease_no` is the fencing number of this lease."""

    id: int
    sink: str
    lease_no: int


def claim(limit: int = 100, sinks: tuple[str, ...] | None = None) -> list[Claimed]:
    """Lease up to `limit` due messages, oldest first.

    A lease is a time, not an open transaction: a handler may talk to the network without holding a
    row lock, and a worker that dies gives its message back when the lease runs out.
    """
    now = clock.real_now()
    lease, until = _lease_until(now)
    values: list[Any] = [now, now]
    only = ""
    if sinks is not None:
        only = "AND sink = ANY(%s)"
        values.append(list(sinks))
    values += [limit, *until]
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS (
                SELECT id FROM outbox
                WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= %s
                  AND (leased_until IS NULL OR leased_until <= %s) {only}
                ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
            UPDATE outbox o SET lease_no = lease_no + 1, leased_until = {lease}
            FROM due WHERE o.id = due.id RETURNING o.id, o.sink, o.lease_no
            """,  # noqa: S608  # only placeholders are put together
            values,
        )
        return sorted((Claimed(*row) for row in cursor.fetchall()), key=lambda one: one.id)


def _lease_until(now: datetime) -> tuple[str, list[Any]]:
    """Return the expression by which a message's sink says when its lease ends, and its values."""
    cases = " ".join("WHEN %s THEN %s" for _ in settings.OUTBOX_LEASES)
    values: list[Any] = []
    for sink, seconds in settings.OUTBOX_LEASES.items():
        values += [sink, now + timedelta(seconds=seconds)]
    return f"CASE sink {cases} ELSE %s END", [
        *values,
        now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS),
    ]


def next_due() -> datetime | None:
    """Return when the earliest waiting message falls due, or None when nothing waits."""
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(greatest(due_at, coalesce(leased_until, due_at))) FROM outbox"
            " WHERE done_at IS NULL AND dead_at IS NULL"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def deliver(row_id: int, lease_no: int) -> None:
    """Run the handler inside the message's clinic and record the outcome.

    Does nothing when the lease is no longer the caller's. Never raises for a handler's failure:
    the row keeps the attempts and the last error.
    """
    row = _begin(row_id, lease_no)
    if row is None:
        return
    topic, sink, payload, generation, attempts, is_open, *scope = row
    log = logger.bind(topic=topic, sink=sink, row=row_id, clinic=scope[0])
    if not is_open:
        # Frozen: nothing goes out. What is owed waits for the clinic to open again.
        _release(row_id, lease_no, generation, clock.real_now() + FROZEN_PAUSE, counted=False)
        return
    try:
        handler = import_string(settings.OUTBOX_ROUTES[topic][sink])
        with clinic_scope(Scope(*scope)), acting_as(SYSTEM):
            handler(**json.loads(payload))
    except RetryLater as later:
        _release(row_id, lease_no, generation, clock.real_now() + later.after, counted=False)
    except PermanentFailure as error:
        log.error("outbox_dead", error=type(error).__name__)
        _bury(row_id, lease_no, error)
    except Exception as error:  # whatever a handler raises, the row keeps it
        # The text of an error may name a patient; its type and place may not.
        log.warning("outbox_failed", attempt=attempts, error=type(error).__name__, exc_info=True)
        if attempts >= MAX_ATTEMPTS and not isinstance(error, DependencyAway):
            _bury(row_id, lease_no, error)
        else:
            retry_at = clock.real_now() + pause(attempts)
            _release(row_id, lease_no, generation, retry_at, error=error)
    else:
        _finish(row_id, lease_no, generation)


def _begin(row_id: int, lease_no: int) -> tuple[Any, ...] | None:
    """Count the attempt and begin its lease anew; None when it is somebody else's by now.

    Counted here and not when it is claimed: without a worker a message is claimed again and again,
    and the first failure after a long stop must not be its last one.
    """
    lease, until = _lease_until(clock.real_now())
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE outbox o SET attempts = o.attempts + 1, leased_until = {lease}"  # noqa: S608
            " FROM clinics c WHERE c.id = o.clinic_id"
            " AND o.id = %s AND o.lease_no = %s AND o.done_at IS NULL AND o.dead_at IS NULL"
            " RETURNING o.topic, o.sink, o.payload::text, o.generation, o.attempts,"
            " c.is_active, c.schema_name, c.id, c.timezone, c.clock_offset",
            [*until, row_id, lease_no],
        )
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def pause(attempt: int) -> timedelta:
    """2 s, 4 s, 8 s … capped at one hour, with a quarter of jitter so that retries spread."""
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempt - 1, 20), LONGEST_PAUSE)
    spread: float = random.uniform(0.75, 1.0)  # noqa: S311  # spreads load, protects nothing
    return longest * spread


def drain(*, sinks: tuple[str, ...] | None = None, at_most: int = 10_000) -> int:
    """Deliver in this process until nothing is due; how many. For tests and one-shot commands."""
    delivered = 0
    while delivered < at_most:
        batch = claim(sinks=sinks)
        if not batch:
            return delivered
        for message in batch:
            deliver(message.id, message.lease_no)
            delivered += 1
    raise RuntimeError(f"the outbox did not run dry within {at_most} deliveries")


def prune() -> int:
    """Forget what was delivered more than a week ago, in small bites; how many rows."""
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM outbox WHERE id IN"
            " (SELECT id FROM outbox WHERE done_at < %s ORDER BY done_at LIMIT 5000)",
            [clock.real_now() - KEEP_DONE],
        )
        return int(cursor.rowcount)


def _finish(row_id: int, lease_no: int, generation: int) -> None:
    now = clock.real_now()
    with no_scope(), connection.cursor() as cursor:
        # One statement, so that an `emit` in between is either seen here or sees the row done.
        cursor.execute(
            "UPDATE outbox SET last_error = '', leased_until = NULL, attempts = 0,"
            " done_at = CASE WHEN generation = %s THEN %s::timestamptz END"
            " WHERE id = %s AND lease_no = %s RETURNING done_at IS NULL",
            [generation, now, row_id, lease_no],
        )
        row = cursor.fetchone()
    if row is not None and row[0]:
        bell.ring()


def _release(
    row_id: int,
    lease_no: int,
    generation: int,
    due_at: datetime,
    *,
    counted: bool = True,
    error: Exception | None = None,
) -> None:
    with no_scope(), connection.cursor() as cursor:
        # An `emit` in between has set a due time of its own, and that one stands.
        cursor.execute(
            "UPDATE outbox SET leased_until = NULL, last_error = %s, attempts = attempts - %s,"
            " due_at = CASE WHEN generation = %s THEN %s ELSE due_at END"
            " WHERE id = %s AND lease_no = %s",
            [
                type(error).__name__ if error else "",
                int(not counted),
                generation,
                due_at,
                row_id,
                lease_no,
            ],
        )
    bell.ring()


def _bury(row_id: int, lease_no: int, error: Exception) -> None:
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox SET leased_until = NULL, dead_at = %s, last_error = %s"
            " WHERE id = %s AND lease_no = %s",
            [clock.real_now(), type(error).__name__, row_id, lease_no],
        )
