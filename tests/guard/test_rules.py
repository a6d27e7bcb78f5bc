"""That the guard knows every table, that nobody slips past it, and what it costs."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core.guard import TenantPredicateMissing
from dentalogic.core.guard.checking import check
from dentalogic.core.guard.driver import inspect
from dentalogic.core.guard.tables import clinic_tables
from tests.fixtures.guard import refusals

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("dentalogic", "clinics", "agent", "whatsapp", "benchmarks")
# Evolution makes and compares whole schemas; nobody else has a reason.
MAY_LOOK_ACROSS = ("dentalogic/core/evolution/", "dentalogic/core/guard/")
# Connections of their own, and why the guard need not be on them.
OWN_CONNECTIONS = {
    "dentalogic/embedded/postgres.py": "makes roles and databases, before any clinic's table",
    "whatsapp/keeping.py": "watched: its pool is configured by the guard",
    "benchmarks/intake.py": "counts what a load stored, of a clinic it names",
    "dentalogic/core/idempotency.py": "holds an advisory lock, on a session of its own",
    "dentalogic/core/backend/pooler.py": "asks whether a session lasts, of no table",
    "benchmarks/scale_servers.py": "sees whether a server answers",
    "benchmarks/scale_watch.py": "reads the server's statistics",
}


def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def test_every_table_of_a_clinic_is_known(in_alfa: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " WHERE c.relnamespace = 'alfa'::regnamespace"
            " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found == clinic_tables()


def test_no_shared_table_has_the_name_of_a_clinics(in_alfa: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
        )
        shared = {name for (name,) in cursor.fetchall()}
    # What was retired of `public` is noted there, under the same name.
    assert shared & clinic_tables() <= {"retired"}


def test_the_exemption_is_used_by_tests_and_evolution_alone() -> None:
    users = [
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if getattr(node, "id", getattr(node, "attr", "")) == "unguarded"
        or (isinstance(node, ast.ImportFrom) and (node.module or "").endswith("guard.exemption"))
    ]
    assert [path for path in users if not path.startswith(MAY_LOOK_ACROSS)] == []


def test_every_connection_of_our_own_is_known() -> None:
    """Django's connections are watched by a signal; any other has to ask for the guard."""
    makers = {"AsyncConnectionPool", "ConnectionPool", "AsyncConnection", "Connection"}
    found = set()
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            owner = getattr(getattr(called, "value", None), "id", "")
            if name in makers or (name == "connect" and owner in {"psycopg", *makers}):
                found.add(path)
    assert found <= OWN_CONNECTIONS.keys()


def test_the_intake_asks_for_the_guard() -> None:
    tree = ast.parse((ROOT / "whatsapp/keeping.py").read_text(encoding="utf-8"))
    (pool,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AsyncConnectionPool"
    ]
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in pool.keywords}
    assert given["configure"] == "guard.configure"


def test_without_debug_and_switch_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from dentalogic.env import env_bool

    monkeypatch.delenv("QUERY_GUARD")
    assert settings.DEBUG is False
    assert env_bool("QUERY_GUARD", default=settings.DEBUG) is False


def test_what_selects_a_clinics_schema_is_no_part_of_the_text(in_alfa: Clinic) -> None:
    statement = "SELECT 'one text for all clinics' FROM patients WHERE tenant_id = '1'"
    before = check.cache_info().misses
    with connection.cursor() as cursor:
        for schema in ("alfa", "beta"):
            inspect(cursor, f'SET LOCAL search_path = "{schema}", "public"; {statement}', None)
        with refusals() as seen, pytest.raises(TenantPredicateMissing):
            inspect(cursor, 'SET LOCAL search_path = "alfa"; DELETE FROM patients', None)
    assert check.cache_info().misses == before + 2
    assert len(seen) == 1


def test_a_text_is_read_once() -> None:
    """Read again, a statement costs a look into a dictionary: hundreds of times less."""
    text = (
        "SELECT p.id FROM patients p JOIN appointments a ON a.tenant_id = p.tenant_id"
        " AND a.patient_id = p.id WHERE p.tenant_id = %s AND a.status = 'the cost of reading'"
    )
    before = check.cache_info().misses
    start = time.perf_counter()
    check(text, clinic_tables(), parametrised=True)
    cold = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(1000):
        check(text, clinic_tables(), parametrised=True)
    hot = (time.perf_counter() - start) / 1000
    assert check.cache_info().misses == before + 1
    assert hot < cold / 5
