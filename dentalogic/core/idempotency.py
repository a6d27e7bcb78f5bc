"""`Idempotency-Key`: the same request twice is one effect, and the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection

from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

LONGEST_KEY = 200
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
    if not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        raise Invalid({"Idempotency-Key": [f"De 1 a {LONGEST_KEY} caracteres visibles."]})
    digest = request_hash(body)
    clinic_id = current_scope().tenant_id

    def guarded() -> tuple[UUID, bool]:
        lock = f"{user_id}:{clinic_id}:{route}:{key}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 11))", [lock])
            if not cursor.fetchone()[0]:
                raise RequestInFlight
            cursor.execute(
                "SELECT request_hash, result_id FROM public.idempotency_keys"
                " WHERE user_id = %s AND clinic_id = %s AND route = %s AND key = %s"
                " AND created_at > %s - interval '24 hours'",
                [user_id, clinic_id, route, key, clock.real_now()],
            )
            row = cursor.fetchone()
            if row is not None:
                if row[0] != digest:
                    raise KeyReused
                return row[1], True
            result = work()
            cursor.execute(
                "INSERT INTO public.idempotency_keys"
                " (user_id, clinic_id, route, key, request_hash, result_id, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (user_id, clinic_id, route, key) DO UPDATE SET"
                " request_hash = EXCLUDED.request_hash, result_id = EXCLUDED.result_id,"
                " created_at = EXCLUDED.created_at",
                [user_id, clinic_id, route, key, digest, result, clock.real_now()],
            )
            return result, False

    return in_transaction(guarded)
