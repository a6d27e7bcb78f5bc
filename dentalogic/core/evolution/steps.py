"""Bringing a schema up to date with the patches, without Django's executor.

Migrations of the tenant apps hold SQL patches and nothing else, so the graph gives an order and
the files give the work: one transaction a clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from dentalogic.core import clock
from dentalogic.core.sqlpatch import SqlPatch, run_patch
from dentalogic.core.tenancy import ClinicLike, clinic_scope


@dataclass(frozen=True, slots=True)
class Step:
    """One migration of a tenant app and the patches in it."""

    app: str
    name: str
    patches: tuple[SqlPatch, ...]


class NotAPatch(TypeError):
    """A migration of a tenant app holds something other than a SQL patch."""


@cache
def tenant_steps() -> tuple[Step, ...]:
    """Return every migration of the tenant apps, in an order that respects the dependencies."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    labels = {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}
    order: list[tuple[str, str]] = []
    for target in sorted(loader.graph.leaf_nodes()):
        order += [node for node in loader.graph.forwards_plan(target) if node not in order]
    steps = []
    for app, name in order:
        if app not in labels:
            continue
        operations = loader.graph.nodes[app, name].operations
        if not all(isinstance(operation, SqlPatch) for operation in operations):
            raise NotAPatch(f"{app}.{name} may hold SqlPatch operations only")
        steps.append(Step(app, name, tuple(operations)))
    return tuple(steps)


def missing_steps(schema: str) -> list[Step]:
    """Return the steps that `schema` has not had yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, migration FROM public.clinic_patches"
            " WHERE schema_name = %s AND finished_at IS NOT NULL",
            [schema],
        )
        had = set(cursor.fetchall())
    return [step for step in tenant_steps() if (step.app, step.name) not in had]


def apply_missing(clinic: ClinicLike) -> list[Step]:
    """Apply what is missing to one clinic in one transaction, and record it; what was applied.

    A patch that fails leaves the clinic as it was.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two robots on one clinic: the second waits, then finds nothing missing.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(clinic.id)]
            )
            steps = missing_steps(clinic.schema_name)
        with clinic_scope(clinic), connection.cursor() as cursor:
            for step in steps:
                started = clock.real_now()
                for patch in step.patches:
                    run_patch(cursor, patch)
                cursor.execute(
                    "INSERT INTO public.clinic_patches (schema_name, app, migration, checksum,"
                    " started_at, finished_at, error) VALUES (%s, %s, %s, %s, %s, %s, '')"
                    " ON CONFLICT (schema_name, app, migration) DO UPDATE SET"
                    " checksum = EXCLUDED.checksum, started_at = EXCLUDED.started_at,"
                    " finished_at = EXCLUDED.finished_at, error = ''",
                    [
                        clinic.schema_name,
                        step.app,
                        step.name,
                        "".join(patch.checksum for patch in step.patches)[:64],
                        started,
                        clock.real_now(),
                    ],
                )
    return steps


def create_schema(clinic: ClinicLike) -> None:
    """Create the empty schema of a new clinic; one that exists already is an error."""
    with connection.cursor() as cursor:
        quoted = connection.ops.quote_name(clinic.schema_name)
        cursor.execute(f"CREATE SCHEMA {quoted}")
