"""The end of a clinic's schema. The only place that drops one of a clinic that was in use."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

from dentalogic.core.evolution.creating import is_reserved
from dentalogic.core.tenancy import ClinicLike, no_scope


def drop_clinic_schema(clinic: ClinicLike) -> None:
    """Drop a clinic's schema and its records, in the caller's transaction."""
    if is_reserved(clinic.schema_name):
        raise ValueError("that schema is no clinic's")
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(clinic.schema_name))
        )
        for table in ("clinic_patches", "clinic_schemas"):
            cursor.execute(
                sql.SQL("DELETE FROM public.{} WHERE schema_name = %s").format(
                    sql.Identifier(table)
                ),
                [clinic.schema_name],
            )
