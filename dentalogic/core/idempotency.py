"""`Idempotency-Key`: the same request twice is one effect, and the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg
from django.db import DatabaseError, connection

from dentalogic.core import clock
from dentalogic.core.backend.pooler import TRANSACTION
from dentalogic.core.errors import DomainError, Invalid
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

LONGEST_KEY = 200
# Of its column. Longer ones (three ids in a path) are known by their hash.
LONGEST_ROUTE = 80
LIFETIME_HOURS = 24


class RequestInFlight(DomainError):
    code = "request_in_flight"
    message = "Ese mismo pedido todavía se está procesando."


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    message = "Esa clave ya se usó para otro pedido."
    status = 422


def request_hash(body: Any) -> str:
    """Hash a JSON body so that the order of its keys does not matter."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    *, user_id: UUID, route: str, key: str | None, body: Any, work: Callable[[], UUID]
) -> tuple[UUID, bool]:
    """Run `work` in a transaction unless this key did so already; its result's id, and whether
    the answer is a repetition.

    The key is per user, clinic and route and lives for 24 hours. While the first request runs, a
    second one gets `RequestInFlight`; a key that was used for another body gets `KeyReused`.
    Whatever `work` raises leaves the key unused.
    """
    if key is None:
        return in_transaction(work), False
    asked = _Asked(user_id, route, key, body)

    def guarded() -> tuple[UUID, bool]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 11))", [asked.lock]
            )
            if not cursor.fetchone()[0]:
                raise RequestInFlight
        before = asked.result()
        if before is not None:
            return before, True
        result = work()
        asked.remember(result)
        return result, False

    return in_transaction(guarded)


def once_across(
    *, user_id: UUID, route: str, key: str | None, body: Any, work: Callable[[], UUID]
) -> tuple[UUID, bool]:
    """Do what `once` does for work that talks to the network, outside any transaction of ours.

    A process that dies between the work and its key leaves the work done and the key unused:
    `work` must find by itself what it did before.
    """
    if key is None:
        return work(), False
    asked = _Asked(user_id, route, key, body)
    with _held(asked.lock):
        before = asked.result()
        if before is not None:
            return before, True
        result = work()
        asked.remember(result)
        return result, False


@contextmanager
def _held(lock: str) -> Iterator[None]:
    """Hold a lock across transactions; raise RequestInFlight where somebody else has it."""
    if connection.settings_dict.get("POOLER") == TRANSACTION:
        with _held_beside(lock):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 11))", [lock])
        if not cursor.fetchone()[0]:
            raise RequestInFlight
    try:
        yield
    finally:
        # A connection that broke has let go of its locks already.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 11))", [lock])


@contextmanager
def _held_beside(lock: str) -> Iterator[None]:
    """Hold the lock by a transaction of its own: a pooler would hand a session's lock round.

    On a connection past the pool, so that nobody waits for a second one while holding the first.
    The transaction has neither a snapshot nor an id, and holds up no vacuum.
    """
    parameters: dict[str, Any] = connection.get_connection_params()
    with connection.wrap_database_errors:
        beside = psycopg.connect(**parameters)
        try:
            row = beside.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 11))", [lock]
            ).fetchone()
        except BaseException:
            beside.close()
            raise
    try:
        if row is None or not row[0]:
            raise RequestInFlight
        yield
    finally:
        # Let go before the close, which a pooler passes on when it gets to it.
        with suppress(psycopg.Error):
            beside.rollback()
        beside.close()


class _Asked:
    """One request with a key: its lock, and what is kept of it."""

    def __init__(self, user_id: UUID, route: str, key: str, body: Any) -> None:
        if not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
            raise Invalid({"Idempotency-Key": [f"De 1 a {LONGEST_KEY} caracteres visibles."]})
        self.digest = request_hash(body)
        if len(route) > LONGEST_ROUTE:
            route = hashlib.sha256(route.encode()).hexdigest()
        self.identity: list[Any] = [user_id, current_scope().tenant_id, route, key]
        self.lock = ":".join(str(part) for part in self.identity)

    def result(self) -> UUID | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT request_hash, result_id FROM public.idempotency_keys"
                " WHERE user_id = %s AND clinic_id = %s AND route = %s AND key = %s"
                " AND created_at > %s - interval '24 hours'",
                [*self.identity, clock.real_now()],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        if row[0] != self.digest:
            raise KeyReused
        found: UUID = row[1]
        return found

    def remember(self, result: UUID) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO public.idempotency_keys"
                " (user_id, clinic_id, route, key, request_hash, result_id, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (user_id, clinic_id, route, key) DO UPDATE SET"
                " request_hash = EXCLUDED.request_hash, result_id = EXCLUDED.result_id,"
                " created_at = EXCLUDED.created_at",
                [*self.identity, self.digest, result, clock.real_now()],
            )
