"""What a refusal leaves as it was: the rows of the agenda, their history, events and debts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from dentalogic.core.tenancy import current_scope

TABLES = ("appointments", "appointment_changes", "events", "patients", "patient_facts", "offers")


def picture() -> dict[str, list[Any]]:
    tenant_id = current_scope().tenant_id
    seen: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT * FROM {table} t WHERE t.tenant_id = %s ORDER BY t.id", [tenant_id]
            )
            seen[table] = cursor.fetchall()
        cursor.execute(
            "SELECT id, topic, key, generation, due_at FROM public.outbox"
            " WHERE clinic_id = %s ORDER BY id",
            [tenant_id],
        )
        seen["outbox"] = cursor.fetchall()
    return seen


@contextmanager
def nothing_happens() -> Iterator[None]:
    before = picture()
    yield
    assert picture() == before
