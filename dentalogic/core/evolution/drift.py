"""Clinics that somebody changed by hand: how they are found, and what exactly is different."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db import DatabaseError, connection, transaction

from dentalogic.core.evolution.applying import ChangedByHand, Left, create_schema
from dentalogic.core.evolution.catalogue import Catalogue, differences, read_catalogue
from dentalogic.core.evolution.records import had_steps
from dentalogic.core.evolution.steps import Step
from dentalogic.core.evolution.survey import Target
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope, no_scope

AT_ONCE = 200
NEIGHBOURS = """
SELECT s.schema_name FROM public.clinic_schemas s
JOIN public.clinics c ON c.schema_name = s.schema_name AND c.id = s.clinic_id
WHERE s.fingerprint = %s AND s.catalogue = %s AND s.reading = %s AND s.schema_name <> %s
ORDER BY s.schema_name LIMIT 3
"""


def changed_clinics(targets: Sequence[Target]) -> Iterator[tuple[Target, ChangedByHand]]:
    """Find those that are not what evolution left: a statement for each two hundred clinics."""
    known = [target for target in targets if target.exists and target.left is not None]
    for start in range(0, len(known), AT_ONCE):
        some = known[start : start + AT_ONCE]
        with connection.cursor() as cursor:
            catalogues = read_catalogue(cursor, [target.schema_name for target in some])
        for target in some:
            found = catalogues[target.schema_name]
            if target.left is not None and not target.left.agrees(found):
                yield target, ChangedByHand(target.left, found)


def why_changed(target: Target, changed: ChangedByHand, steps: Sequence[Step]) -> tuple[str, ...]:
    """Say what differs, from a clinic that had the same patches or, without one, from a rebuild."""
    try:
        healthy = _neighbour(target, changed.left) or _rebuilt(target, changed.left, steps)
    except DatabaseError:
        healthy = None
    if healthy is None:
        return (f"{changed}; no clinic with the same patches is there to compare it with",)
    return tuple(differences(healthy, changed.found))


def _neighbour(target: Target, left: Left) -> Catalogue | None:
    with connection.cursor() as cursor:
        cursor.execute(
            NEIGHBOURS, [left.fingerprint, left.catalogue, left.reading, target.schema_name]
        )
        names = [name for (name,) in cursor.fetchall()]
        found = read_catalogue(cursor, names)
    # A neighbour may have been changed as well.
    return next((one for one in found.values() if one.digest == left.catalogue), None)


def _rebuilt(target: Target, left: Left, steps: Sequence[Step]) -> Catalogue | None:
    """Make the schema again from the patches that the clinic had, and take it back."""
    scratch = replace(target, schema_name=f"scratch_{uuid.uuid4().hex[:16]}")
    with transaction.atomic(), no_scope():
        with connection.cursor() as cursor:
            had = had_steps(cursor, [target.schema_name])[target.schema_name]
        create_schema(scratch)
        with clinic_scope(scratch), connection.cursor() as cursor:
            for step in steps:
                if step.key in had:
                    for patch in step.patches:
                        run_patch(cursor, patch)
            found = read_catalogue(cursor, [scratch.schema_name])[scratch.schema_name]
        transaction.set_rollback(True)
    return found if found.digest == left.catalogue else None
