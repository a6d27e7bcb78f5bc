"""What staff browsers are told, numbered per clinic, and what they read again after an absence.

The socket is a hint, the table is the truth. Commit order is not sequence order: a number is given
in a step of its own, one at a time per clinic, to what has already been committed, so nobody can
see 8, ask for what follows, and miss a 7 that was committed later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

from clinics.services.events import wall_time
from clinics.tenancy.permissions import hears
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope

KEPT = timedelta(days=30)
PAGE = 200


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """An event as readers get it."""

    number: int
    type: str
    occurred_at: str
    data: dict[str, Any]

    def as_message(self) -> dict[str, Any]:
        """Return the shape that the socket and `/events/` share."""
        return {
            "id": self.number,
            "type": self.type,
            "occurred_at": self.occurred_at,
            "data": self.data,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a number, in order. `last` is how far was read, heard or not."""

    events: list[NumberedEvent]
    last: int
    more: bool


class EventsGone(LookupError):
    """What was asked for is older than what is kept: the reader must load everything again."""


def clinic_group(tenant_id: UUID) -> str:
    """Name the one group of a clinic. The server names it; nothing a client sends is in it."""
    return f"clinic.{tenant_id.hex}"


def user_group(user_id: UUID) -> str:
    """Name the group of all sockets of one user."""
    return f"user.{user_id.hex}"


def publish_events() -> None:
    """Outbox sink: number what was committed and push it.

    A second run numbers nothing and repeats the hint, in case the first one died before pushing.
    """
    numbered = number_events()
    layer = get_channel_layer()
    assert layer is not None, "CHANNEL_LAYERS is configured"
    message = {
        "type": "events.ready",
        "events": [event.as_message() for event in numbered[-PAGE:]],
        "upto": last_number(),
    }
    async_to_sync(layer.group_send)(clinic_group(current_scope().tenant_id), message)


def number_events() -> list[NumberedEvent]:
    """Give numbers to the committed events that have none, and return those events in order."""
    tenant_id = current_scope().tenant_id
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 17))", [str(tenant_id)])
        # A statement of its own: its snapshot is taken after the lock, and sees the last numbers.
        cursor.execute(
            """
            WITH waiting AS (
                SELECT id, row_number() OVER (ORDER BY created_at, id) AS place
                FROM events WHERE tenant_id = %s AND number IS NULL),
            base AS (
                SELECT coalesce(max(number), 0) AS last FROM events
                WHERE tenant_id = %s AND number IS NOT NULL)
            UPDATE events e SET number = base.last + waiting.place
            FROM waiting, base
            WHERE e.tenant_id = %s AND e.id = waiting.id
            RETURNING e.number, e.type, e.occurred_at, e.data
            """,
            [tenant_id, tenant_id, tenant_id],
        )
        return sorted((_event(row) for row in cursor.fetchall()), key=lambda one: one.number)


def last_number() -> int:
    """Return the newest number of the clinic, 0 before the first event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(number), 0) FROM events"
            " WHERE tenant_id = %s AND number IS NOT NULL",
            [current_scope().tenant_id],
        )
        return int(cursor.fetchone()[0])


def read_events(*, since: int, role: str, professional_id: UUID | None, limit: int = PAGE) -> Page:
    """Return what a reader may hear of after `since`, in order.

    Numbers that the reader may not hear of are skipped. Raises `EventsGone` when `since` lies
    further back than what is kept (30 days), or ahead of the newest.
    """
    tenant_id = current_scope().tenant_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, type, occurred_at, data, created_at FROM events"
            " WHERE tenant_id = %s AND number > %s ORDER BY number LIMIT %s",
            [tenant_id, since, limit + 1],
        )
        rows = cursor.fetchall()
    if rows and (rows[0][4] < clock.real_now() - KEPT or rows[0][0] != since + 1):
        raise EventsGone
    if not rows and since > last_number():
        # A number that this clinic never gave: the database was restored from an older copy.
        raise EventsGone
    found = [_event(row[:4]) for row in rows[:limit]]
    return Page(
        events=[one for one in found if hears(role, one.type, one.data, professional_id)],
        last=found[-1].number if found else since,
        more=len(rows) > limit,
    )


def own_professional_id(user_id: UUID) -> UUID | None:
    """Return the professional's row of a user in this clinic, if they have one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM professionals WHERE tenant_id = %s AND user_id = %s",
            [current_scope().tenant_id, user_id],
        )
        row = cursor.fetchone()
    return None if row is None else UUID(str(row[0]))


def _event(row: tuple[Any, ...]) -> NumberedEvent:
    number, kind, occurred_at, data = row
    assert isinstance(occurred_at, datetime)
    return NumberedEvent(
        number=number,
        type=kind,
        occurred_at=wall_time(occurred_at),
        data=json.loads(data) if isinstance(data, str) else data,
    )
