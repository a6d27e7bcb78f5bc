"""The schema of a new clinic: the foundation in one step, and whatever came after it."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from dentalogic.core import clock
from dentalogic.core.evolution.applying import apply_missing, create_schema
from dentalogic.core.evolution.catalogue import Catalogue, read_catalogue
from dentalogic.core.evolution.foundation import SCRATCH_SCHEMAS, Foundation, lay, read_foundation
from dentalogic.core.evolution.records import mark_current, mark_finished
from dentalogic.core.evolution.steps import Step, tenant_steps
from dentalogic.core.tenancy import ClinicLike, clinic_scope, no_scope

# What the foundation gives on a server: the same text gives the same catalogue, so that it is read
# after the first clinic of a process and not after each.
_laid: dict[tuple[Foundation, int], Catalogue] = {}


def is_reserved(schema: str) -> bool:
    """Whether no clinic may have this schema: PostgreSQL's, the shared ones, evolution's own."""
    names = {"public", "extensions", "information_schema", *SCRATCH_SCHEMAS}
    return schema in names or schema.startswith(("pg_", "scratch_"))


def create_clinic_schema(clinic: ClinicLike) -> None:
    """Create a clinic's schema and its records, in the caller's transaction: all of it or nothing.

    Comes from the foundation; later patches follow. A foundation that knows a patch otherwise than
    it is now is not used: the patches make the schema then, which is slow and right. Raises the
    database's error when the schema exists already.
    """
    with transaction.atomic(), no_scope():
        create_schema(clinic)
        with connection.cursor() as cursor:
            # A clinic of this name may have been dropped by hand: what it had says nothing now.
            cursor.execute(
                "DELETE FROM public.clinic_patches WHERE schema_name = %s", [clinic.schema_name]
            )
        foundation = read_foundation()
        later = None if foundation is None else foundation.later(tenant_steps())
        if foundation is not None and later is not None:
            _lay(clinic, foundation, later)
        if foundation is None or later is None or later:
            apply_missing(clinic)


def _lay(clinic: ClinicLike, foundation: Foundation, later: list[Step]) -> None:
    began = clock.real_now()
    with clinic_scope(clinic), connection.cursor() as cursor:
        lay(cursor, foundation, clinic.id)
    with connection.cursor() as cursor:
        if later:
            steps = [step for step in tenant_steps() if step not in later]
            mark_finished(cursor, clinic.schema_name, steps, began)
        else:
            mark_current(cursor, clinic, _catalogue(cursor, clinic, foundation))


def _catalogue(cursor: Any, clinic: ClinicLike, foundation: Foundation) -> Catalogue:
    server: Any = connection
    key = (foundation, server.pg_version)
    if key not in _laid:
        _laid[key] = read_catalogue(cursor, [clinic.schema_name])[clinic.schema_name]
    return _laid[key]
