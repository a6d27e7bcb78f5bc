"""What is written down about each schema: every patch it had, and what it was left as.

A patch's row is begun in a transaction of its own, before the one that applies it: it survives when
that one is taken back. So `finished_at` is empty after a failure (`error` says which) and after an
attempt that was cut off (`error` is empty).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection

from dentalogic.core import clock
from dentalogic.core.evolution import catalogue
from dentalogic.core.evolution.steps import Step, fingerprint, tenant_steps
from dentalogic.core.tenancy import ClinicLike

# Data exceptions quote the value that they stumbled over: a patient's, perhaps.
QUOTES_VALUES = "22"
LONGEST_ERROR = 500

_HAD = (
    "SELECT schema_name, app, migration FROM public.clinic_patches"
    " WHERE finished_at IS NOT NULL AND schema_name = ANY(%s)"
)
_BEGIN = """
INSERT INTO public.clinic_patches AS had
    (schema_name, app, migration, checksum, started_at, finished_at, error)
SELECT %s, app, migration, checksum, %s, NULL, ''
FROM unnest(%s::text[], %s::text[], %s::text[]) AS step (app, migration, checksum)
ON CONFLICT (schema_name, app, migration) DO UPDATE SET
    checksum = EXCLUDED.checksum, started_at = EXCLUDED.started_at, error = ''
WHERE had.finished_at IS NULL
"""
_FINISH = """
INSERT INTO public.clinic_patches
    (schema_name, app, migration, checksum, started_at, finished_at, error)
SELECT %s, app, migration, checksum, %s, %s, ''
FROM unnest(%s::text[], %s::text[], %s::text[]) AS step (app, migration, checksum)
ON CONFLICT (schema_name, app, migration) DO UPDATE SET
    checksum = EXCLUDED.checksum, started_at = EXCLUDED.started_at,
    finished_at = EXCLUDED.finished_at, error = ''
"""
_LEFT_AS = """
INSERT INTO public.clinic_schemas
    (schema_name, clinic_id, fingerprint, catalogue, reading, updated_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (schema_name) DO UPDATE SET
    clinic_id = EXCLUDED.clinic_id, fingerprint = EXCLUDED.fingerprint,
    catalogue = EXCLUDED.catalogue, reading = EXCLUDED.reading, updated_at = EXCLUDED.updated_at
"""


def had_steps(cursor: Any, schemas: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
    """Return the finished steps of many schemas, in one statement."""
    cursor.execute(_HAD, [list(schemas)])
    had: dict[str, set[tuple[str, str]]] = {schema: set() for schema in schemas}
    for schema, app, migration in cursor.fetchall():
        had[schema].add((app, migration))
    return had


def missing_steps(schema: str, steps: Sequence[Step] | None = None) -> list[Step]:
    """Return the steps that `schema` has not had yet."""
    with connection.cursor() as cursor:
        had = had_steps(cursor, [schema])[schema]
    return [step for step in (tenant_steps() if steps is None else steps) if step.key not in had]


def mark_started(cursor: Any, schema: str, steps: Sequence[Step]) -> None:
    """Begin the rows of one attempt. All of it is one transaction, so all of it begins at once."""
    cursor.execute(_BEGIN, [schema, clock.real_now(), *_columns(steps)])


def mark_finished(cursor: Any, schema: str, steps: Sequence[Step], started: datetime) -> None:
    """Close the rows of steps that were applied since `started`."""
    cursor.execute(_FINISH, [schema, started, clock.real_now(), *_columns(steps)])


def mark_failed(cursor: Any, schema: str, step: Step, attempt: Sequence[Step], said: str) -> None:
    """Write what went wrong beside the step that failed; the others of its attempt never were."""
    others = [other for other in attempt if other.key != step.key]
    cursor.execute(
        "UPDATE public.clinic_patches SET error = %s"
        " WHERE schema_name = %s AND app = %s AND migration = %s AND finished_at IS NULL",
        [said[:LONGEST_ERROR], schema, *step.key],
    )
    cursor.execute(
        "DELETE FROM public.clinic_patches AS had"
        " USING unnest(%s::text[], %s::text[]) AS step (app, migration)"
        " WHERE had.schema_name = %s AND had.finished_at IS NULL"
        " AND had.app = step.app AND had.migration = step.migration",
        [*_columns(others)[:2], schema],
    )


def reading() -> str:
    """Say how a catalogue's hash is taken here: hashes compare only if this is equal."""
    server: Any = connection
    return f"{catalogue.FORMAT}/{server.pg_version // 10000}"


def left_as(
    cursor: Any,
    clinic: ClinicLike,
    found: catalogue.Catalogue,
    steps: Sequence[Step] | None = None,
) -> None:
    """Remember what a clinic was left as: all of `steps`, and this catalogue."""
    cursor.execute(
        _LEFT_AS,
        [
            clinic.schema_name,
            clinic.id,
            fingerprint(steps),
            found.digest,
            reading(),
            clock.real_now(),
        ],
    )


def mark_current(cursor: Any, clinic: ClinicLike, found: catalogue.Catalogue) -> None:
    """Mark every step as applied to a clinic that was made whole, in the caller's transaction."""
    mark_finished(cursor, clinic.schema_name, tenant_steps(), clock.real_now())
    left_as(cursor, clinic, found)


def describe(error: DatabaseError) -> str:
    """Put a database error into one line without the values of anybody's row."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    diagnostics = getattr(cause, "diag", None)
    if state is None or diagnostics is None:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    said = type(cause).__name__ if state.startswith(QUOTES_VALUES) else diagnostics.message_primary
    return f"{said} (SQLSTATE {state})"


def _columns(steps: Sequence[Step]) -> list[list[str]]:
    return [
        [step.app for step in steps],
        [step.name for step in steps],
        [step.checksum for step in steps],
    ]
