"""The outbox: the one way in which a change in the database reaches the outside world."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from dentalogic.core import bell, clock
from dentalogic.core.tenancy import current_scope

# Also sent by the intake of webhooks, which writes past the ORM.
INSERT = """
INSERT INTO public.outbox (clinic_id, topic, sink, key, payload, created_at, due_at,
                           generation, attempts, lease_no, last_error)
VALUES {rows}
ON CONFLICT (clinic_id, topic, sink, key) WHERE done_at IS NULL AND dead_at IS NULL
DO UPDATE SET generation = public.outbox.generation + 1,
              due_at = EXCLUDED.due_at,
              payload = EXCLUDED.payload
"""
ROW = "(%s, %s, %s, %s, %s, %s, %s, 0, 0, 0, '')"


def emit(topic: str, *, key: str | None = None, due_at: datetime | None = None, **ids: str) -> None:
    """Owe every sink routed for `topic` one delivery, not before `due_at` (real time).

    Call it inside the transaction that makes the fact true: fact and announcement commit or vanish
    together. With `key`, a delivery that already waits for the same key is moved to the new
    `due_at` instead of doubled; one that is running stays owed and runs again.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"emit({topic!r}) outside a transaction")
    now = clock.real_now()
    clinic_id = current_scope().tenant_id
    payload = Jsonb(ids)
    sinks: dict[str, str] = settings.OUTBOX_ROUTES[topic]
    values: list[Any] = []
    for sink in sinks:
        values += [clinic_id, topic, sink, key, payload, now, due_at or now]
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(rows=", ".join([ROW] * len(sinks))), values)
    # Robust, because it is a nudge only: if Redis is away the row waits for the next sweep, and a
    # committed booking must not become an error page. Later deadlines ring too: the dispatcher
    # may be asleep beyond them.
    if not any(entry[1] is bell.ring for entry in connection.run_on_commit):
        transaction.on_commit(bell.ring, robust=True)
