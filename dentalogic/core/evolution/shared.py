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
from dentalogic.core.evolution.steps import PUBLIC, public_migrations, public_steps, up_to_contract
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


def missing_shared(*, expand_only: bool = False) -> list[str]:
    """Return the migrations that `public` lacks, in one order.

    With `expand_only`, without the contract patches that it lacks and what builds on them.
    """
    return sorted(".".join(node) for node in _missing(expand_only=expand_only))


def _missing(*, expand_only: bool) -> set[tuple[str, str]]:
    with no_scope():
        applied = set(MigrationRecorder(connection).applied_migrations())
    missing = set(public_migrations() - applied)
    if expand_only:
        kept = {step.key for step in up_to_contract(public_steps(), applied)}
        missing -= {step.key for step in public_steps()} - kept
    return missing


def evolve_shared(*, expand_only: bool = False) -> list[str]:
    """Bring `public` up to date and record our patches; what was applied. Safe to run again."""
    with no_scope():
        missing = _missing(expand_only=expand_only)
        if missing:
            with _alone():
                missing = _missing(expand_only=expand_only)
                _migrate(missing)
        started = clock.real_now()
        with connection.cursor() as cursor:
            had = had_steps(cursor, [PUBLIC])[PUBLIC]
            new = [step for step in public_steps() if step.key not in had]
            if new:
                left = _missing(expand_only=False)
                done = [step for step in new if step.key not in left]
                mark_finished(cursor, PUBLIC, done, started)
    return sorted(".".join(node) for node in missing)


def _migrate(missing: set[tuple[str, str]]) -> None:
    """Let Django's executor apply these, app by app where some have to wait."""
    if missing == _missing(expand_only=False):
        if missing:
            _run()
        return
    for app in sorted({app for app, _ in missing}):
        _run(app, max(name for owner, name in missing if owner == app))


def _run(*target: str) -> None:
    call_command("migrate_schemas", *target, schema_name=PUBLIC, interactive=False, verbosity=0)


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
