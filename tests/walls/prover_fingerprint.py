"""A hash of everything that belongs to a clinic, to see that nobody else changed any of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection

from dentalogic.core.tenancy import clinic_scope
from tests.walls.prover_world import World, tenant_models


def _public_rows(clinic_id: uuid.UUID) -> list[tuple[str, str, list[Any]]]:
    mine = [clinic_id]
    members = "SELECT user_id FROM public.memberships WHERE clinic_id = %s"
    families = "SELECT id FROM public.memberships WHERE clinic_id = %s"
    return [
        ("clinics", "id = %s", mine),
        ("memberships", "clinic_id = %s", mine),
        ("lines", "clinic_id = %s", mine),
        ("outbox", "clinic_id = %s", mine),
        ("idempotency_keys", "clinic_id = %s", mine),
        ("users", f"id IN ({members})", mine),
        ("refresh_families", f"membership_id IN ({families})", mine),
    ]


def fingerprint(world: World) -> dict[str, str]:
    """Hash every row that belongs to the clinic, table by table: what nobody else may change."""
    parts, values = [], []
    for model in tenant_models():
        table = model._meta.db_table
        parts.append(
            f"SELECT '{table}', md5(string_agg(one::text, '|' ORDER BY one.id))"
            f" FROM {table} one WHERE one.tenant_id = %s"
        )
        values.append(world.clinic.pk)
    for table, where, given in _public_rows(world.clinic.pk):
        parts.append(
            f"SELECT 'public.{table}', md5(string_agg(one::text, '|' ORDER BY one.id))"
            f" FROM public.{table} one WHERE {where}"
        )
        values += given
    with clinic_scope(world.clinic), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return dict(cursor.fetchall())
