"""The shared tables, in `public`: they come before every clinic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dentalogic.core import clock
from dentalogic.core.evolution.records import had_steps, mark_finished
from dentalogic.core.evolution.steps import PUBLIC, public_migrations, public_steps
from dentalogic.core.tenancy import no_scope

# One robot at a time brings the shared tables up to date; the others wait.
LOCK = 0x7075626C6963


def can_look(cursor: Any) -> bool:
    """Whether the tables that say what was done are there: not before the first set-up."""
    cursor.execute(
        "SELECT bool_and(to_regclass('public.' || name) IS NOT NULL)"
        " FROM unnest(%s::text[]) AS name",
        [["clinics", "clinic_patches", "clinic_schemas"]],
    )
    there: bool = cursor.fetchone()[0]
    return there


def missing_shared() -> list[str]:
    """Return the migrations that `public` lacks, in one order."""
    with no_scope():
        applied = set(MigrationRecorder(connection).applied_migrations())
    return sorted(".".join(node) for node in public_migrations() - applied)


def evolve_shared() -> list[str]:
    """Bring `public` up to date and record our patches; what was applied. Safe to run again."""
    with no_scope():
        missing = missing_shared()
        if missing:
            with _alone():
                missing = missing_shared()
                if missing:
                    call_command(
                        "migrate_schemas", schema_name=PUBLIC, interactive=False, verbosity=0
                    )
        started = clock.real_now()
        with connection.cursor() as cursor:
            had = had_steps(cursor, [PUBLIC])[PUBLIC]
            new = [step for step in public_steps() if step.key not in had]
            if new:
                mark_finished(cursor, PUBLIC, new, started)
    return missing


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock on a connection of its own: Django's executor closes the one it works on."""
    holder: Any = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield
    finally:
        if holder.connection is not None:
            holder.rollback()
        holder.close()
