"""Every lock on the agenda, in one order: professionals, then chairs, then patients.

Each kind is sorted by id, and a move locks old and new. Locking professionals alone was tried and
left deadlocks on chairs and patients: two inserts that collide in an exclusion constraint wait for
each other. The appointment's own row comes after these, and the outbox last.

`FOR NO KEY UPDATE`, so that rows which merely refer to a professional don't wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from dentalogic.core.tenancy import current_scope

_PROFESSIONALS = """
SELECT person.id FROM professionals person
WHERE person.tenant_id = %s AND person.id = ANY(%s) ORDER BY person.id FOR NO KEY UPDATE
"""
_CHAIRS = """
SELECT chair.id FROM chairs chair
WHERE chair.tenant_id = %s AND chair.id = ANY(%s) ORDER BY chair.id FOR NO KEY UPDATE
"""
_PATIENTS = """
SELECT patient.id, patient.merged_into_id IS NULL FROM patients patient
WHERE patient.tenant_id = %s AND patient.id = ANY(%s) ORDER BY patient.id FOR NO KEY UPDATE
"""


def lock_professionals(ids: Iterable[UUID]) -> set[UUID]:
    """Lock professionals; which of them exist."""
    return _lock(_PROFESSIONALS, ids)


def lock_chairs(ids: Iterable[UUID | None]) -> set[UUID]:
    """Lock chairs; which of them exist. An appointment without a chair locks none."""
    return _lock(_CHAIRS, [chair for chair in ids if chair is not None])


def lock_patients(ids: Iterable[UUID | None]) -> set[UUID]:
    """Lock patients; which of them exist and were not merged into others. A hold may have none."""
    return _lock(_PATIENTS, [patient for patient in ids if patient is not None])


def _lock(statement: str, ids: Iterable[UUID]) -> set[UUID]:
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement, [current_scope().tenant_id, wanted])
        return {row[0] for row in cursor.fetchall() if all(row)}
