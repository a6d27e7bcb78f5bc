"""One clinic, one transaction: all that is missing, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction

from dentalogic.core import clock
from dentalogic.core.evolution.catalogue import Catalogue, read_catalogue
from dentalogic.core.evolution.records import (
    describe,
    had_steps,
    left_as,
    mark_failed,
    mark_finished,
    mark_started,
    reading,
)
from dentalogic.core.evolution.steps import Step, fingerprint, tenant_steps
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import ClinicLike, clinic_scope, no_scope
from dentalogic.core.transactions import DEADLOCK_DETECTED, sqlstate

LOCK_NOT_AVAILABLE = "55P03"
# PostgreSQL looks this often whether we are still there, so that a killed robot's long statement
# does not go on, and hold its locks, for nobody.
STILL_THERE = "2s"
LOCK = "hashtextextended(%s, 7)"


class Taken(Exception):
    """Another robot is at this clinic."""


class Busy(Exception):
    """Somebody else's transaction held a table for longer than we may make the clinic wait."""


class Gone(Exception):
    """The clinic's row is not there any more (`dropped`), or the row is and its schema isn't."""

    def __init__(self, *, dropped: bool) -> None:
        super().__init__(
            "dropped meanwhile"
            if dropped
            else "its schema is missing though its row exists: restore it from a backup"
        )
        self.dropped = dropped


class PatchFailed(Exception):
    """A patch was refused by the database; the clinic is as it was."""

    def __init__(self, step: Step, said: str) -> None:
        super().__init__(f"{step.label}: {said}")
        self.step = step


@dataclass(frozen=True)
class Left:
    """What the last evolution of a clinic left: the hash of its catalogue, and how it was taken."""

    fingerprint: str
    catalogue: str
    reading: str

    def agrees(self, found: Catalogue) -> bool:
        """Whether nothing differs. Hashes that were taken differently say nothing."""
        return self.reading != reading() or self.catalogue == found.digest


class ChangedByHand(Exception):
    """A schema is not what the last evolution left, so nobody knows what a patch would do to it."""

    def __init__(self, left: Left, found: Catalogue) -> None:
        super().__init__("it is not what the last evolution left")
        self.left = left
        self.found = found


def create_schema(clinic: ClinicLike) -> None:
    """Create the empty schema of a new clinic; one that exists already is an error."""
    with connection.cursor() as cursor:
        quoted = connection.ops.quote_name(clinic.schema_name)
        cursor.execute(f"CREATE SCHEMA {quoted}")


def apply_missing(clinic: ClinicLike, steps: Sequence[Step] | None = None) -> list[Step]:
    """Apply what is missing to one clinic in one transaction, and record it; what was applied.

    A patch that fails leaves the clinic as it was. Waits for a robot that is at the clinic.
    """
    steps = tenant_steps() if steps is None else steps
    with transaction.atomic(), no_scope():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})", [str(clinic.id)])
            had = had_steps(cursor, [clinic.schema_name])[clinic.schema_name]
        missing = [step for step in steps if step.key not in had]
        if missing:
            _apply(clinic, missing, steps)
    return missing


def evolve_clinic(
    clinic: ClinicLike, steps: Sequence[Step], *, lock_timeout: float
) -> tuple[Step, ...]:
    """Bring one clinic up to date; what was applied.

    The attempt is written down and committed first, and then made in one transaction. Raises
    `Taken`, `Busy`, `Gone`, `ChangedByHand` or `PatchFailed`; the clinic is then as it was.
    """
    missing: list[Step] = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            begun = _begin(cursor, clinic, steps)
            if begun is None:
                return ()
            missing = begun
            mark_started(cursor, clinic.schema_name, missing)
        with transaction.atomic(), connection.cursor() as cursor:
            _take(cursor, clinic)
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true),"
                " set_config('client_connection_check_interval', %s, true)",
                [f"{lock_timeout * 1000:.0f}ms", STILL_THERE],
            )
            # Between the two, another robot may have done it all.
            had = had_steps(cursor, [clinic.schema_name])[clinic.schema_name]
            missing = [step for step in missing if step.key not in had]
            _apply(clinic, missing, steps)
    except PatchFailed as failure:
        _write_down(clinic, failure.step, missing, failure)
        raise
    except DatabaseError as error:
        if sqlstate(error) in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
            raise Busy(describe(error)) from error
        raise
    return tuple(missing)


def _begin(cursor: Any, clinic: ClinicLike, steps: Sequence[Step]) -> list[Step] | None:
    """Return what is missing, once it is sure that the clinic is there, ours, and untouched.

    None if another robot has done it all since we looked.
    """
    _take(cursor, clinic)
    cursor.execute(
        "SELECT fingerprint, catalogue, reading FROM public.clinic_schemas"
        " WHERE schema_name = %s AND clinic_id = %s",
        [clinic.schema_name, clinic.id],
    )
    row = cursor.fetchone()
    had = had_steps(cursor, [clinic.schema_name])[clinic.schema_name]
    missing = [step for step in steps if step.key not in had]
    if row is not None:
        left = Left(*row)
        if not missing and left.fingerprint == fingerprint(steps):
            return None
        found = read_catalogue(cursor, [clinic.schema_name])[clinic.schema_name]
        if not left.agrees(found):
            raise ChangedByHand(left, found)
    return missing


def _take(cursor: Any, clinic: ClinicLike) -> None:
    """Take the clinic until the transaction ends; a lock of a transaction survives no crash."""
    cursor.execute(f"SELECT pg_try_advisory_xact_lock({LOCK})", [str(clinic.id)])
    if not cursor.fetchone()[0]:
        raise Taken
    # The row stays until the transaction ends: nobody drops the clinic meanwhile.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
        " FROM public.clinics WHERE id = %s AND schema_name = %s FOR KEY SHARE",
        [clinic.schema_name, clinic.id, clinic.schema_name],
    )
    row = cursor.fetchone()
    if row is None:
        raise Gone(dropped=True)
    if not row[0]:
        raise Gone(dropped=False)


def _apply(clinic: ClinicLike, missing: Sequence[Step], steps: Sequence[Step]) -> None:
    with clinic_scope(clinic), connection.cursor() as cursor:
        for step in missing:
            started = clock.real_now()
            try:
                for patch in step.patches:
                    run_patch(cursor, patch)
                # What is checked at the end of a transaction is checked here, patch by patch.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            except DatabaseError as error:
                if sqlstate(error) in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
                    raise
                raise PatchFailed(step, describe(error)) from error
            mark_finished(cursor, clinic.schema_name, [step], started)
        found = read_catalogue(cursor, [clinic.schema_name])[clinic.schema_name]
        left_as(cursor, clinic, found, steps)


def _write_down(
    clinic: ClinicLike, step: Step, attempt: Sequence[Step], failure: PatchFailed
) -> None:
    """Record a failure, if the database still listens; else the attempt stays "interrupted"."""
    connection.close_if_unusable_or_obsolete()
    try:
        with connection.cursor() as cursor:
            mark_failed(cursor, clinic.schema_name, step, attempt, str(failure))
    except DatabaseError as error:
        failure.add_note(f"and it could not be recorded: {describe(error)}")
