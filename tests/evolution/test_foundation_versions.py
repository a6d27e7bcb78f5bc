"""Patches and foundation on the oldest PostgreSQL: the same schema as on the embedded one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution import tenant_steps
from dentalogic.core.evolution.catalogue import Catalogue, differences, read_catalogue
from dentalogic.core.evolution.foundation import lay, read_foundation
from dentalogic.core.evolution.steps import Step, public_steps
from dentalogic.core.scope import Scope
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope
from tests.evolution.old_server import postgres_15

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def old() -> Iterator[psycopg.Connection]:
    with postgres_15() as server:
        assert server.info.server_version // 10000 == 15
        yield server


@pytest.fixture
def embedded(alfa: Clinic) -> Catalogue:
    with connection.cursor() as cursor:
        return read_catalogue(cursor, ["alfa"])["alfa"]


def patched(cursor: psycopg.Cursor, schema: str, rounds: Sequence[Sequence[Step]]) -> Catalogue:
    """Run rounds of patches in a schema, each patch twice; what that gave."""
    cursor.execute(f"SELECT set_config('search_path', '{schema}, public, extensions', true)")
    # One clinic a schema: what is retired is asked for by its id.
    tenant = uuid.uuid5(uuid.NAMESPACE_DNS, schema)
    with clinic_scope(Scope(schema, tenant, "UTC", timedelta(0))):
        for steps in rounds:
            for step in steps:
                for patch in step.patches:
                    run_patch(cursor, patch)
                    run_patch(cursor, patch)
    return read_catalogue(cursor, [schema])[schema]


def test_patches_and_foundation_give_the_embedded_schema_on_postgresql_15(
    old: psycopg.Connection, embedded: Catalogue
) -> None:
    foundation = read_foundation()
    assert foundation is not None
    with old.transaction(force_rollback=True), old.cursor() as cursor:
        patched(cursor, "public", [public_steps(), public_steps()])
        cursor.execute("CREATE SCHEMA patched")
        once = patched(cursor, "patched", [tenant_steps()])
        cursor.execute("SELECT kind, name FROM patched.retired ORDER BY 1, 2")
        retired = cursor.fetchall()
        again = patched(cursor, "patched", [tenant_steps(), tenant_steps()])
        assert differences(once, again) == []
        assert differences(embedded, once) == []
        assert once.digest == embedded.digest

        cursor.execute("CREATE SCHEMA laid")
        cursor.execute("SELECT set_config('search_path', 'laid, public, extensions', true)")
        lay(cursor, foundation, uuid.uuid4())
        assert differences(embedded, read_catalogue(cursor, ["laid"])["laid"]) == []
        cursor.execute("SELECT kind, name FROM laid.retired ORDER BY 1, 2")
        assert cursor.fetchall() == retired
