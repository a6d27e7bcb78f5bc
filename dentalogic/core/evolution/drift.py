"""Clinics that somebody changed by hand: how they are found, and what exactly is different."""

from __future__ import annotations

import threading
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


class Compare:
    """Says what differs in a changed clinic: against a clinic that had the same patches and was
    left alike or, without one, against what the patches give.

    What was found once serves for all that were left alike. Any thread may ask.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self._healthy: dict[Left, Catalogue] = {}
        self._lock = threading.Lock()

    def why(self, target: Target, changed: ChangedByHand) -> tuple[str, ...]:
        with self._lock:
            healthy = self._healthy.get(changed.left) or self._find(target, changed.left)
            if healthy is not None:
                self._healthy[changed.left] = healthy
        if healthy is None:
            return (f"{changed}; no clinic with the same patches is there to compare it with",)
        return tuple(differences(healthy, changed.found))

    def _find(self, target: Target, left: Left) -> Catalogue | None:
        try:
            return _neighbour(target, left) or _rebuilt(target, left, self.steps)
        except DatabaseError:
            # The finding stands without its details.
            return None


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
