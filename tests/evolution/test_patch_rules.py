"""The patches' own rules, and that running them twice changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution import missing_steps, tenant_steps
from dentalogic.core.patches.releases import patch_files
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import make_patient, make_professional

PATCHES = [settings.SQL_DIR / name for name in patch_files(settings.SQL_DIR)]
STRUCTURAL = re.compile(
    r"\b(CREATE|ALTER|DROP)\s+(UNIQUE\s+)?(TABLE|INDEX|TRIGGER|FUNCTION|EXTENSION|TYPE|VIEW)\b",
    re.I,
)


def catalogue(schema: str) -> list[tuple[Any, ...]]:
    """Describe a schema: columns, constraints, indexes, triggers, functions; ids made neutral."""
    queries = (
        "SELECT 'column', table_name, column_name, data_type, is_nullable,"
        " regexp_replace(coalesce(column_default, ''), %s, '<tenant>')"
        " FROM information_schema.columns WHERE table_schema = %s",
        "SELECT 'constraint', conrelid::regclass::text, conname,"
        " regexp_replace(pg_get_constraintdef(oid), %s, '<tenant>'), '', ''"
        " FROM pg_constraint WHERE connamespace = %s::text::regnamespace",
        "SELECT 'index', tablename, indexname, regexp_replace(indexdef, %s, ''), '', ''"
        " FROM pg_indexes WHERE schemaname = %s",
        "SELECT 'trigger', tgrelid::regclass::text, tgname,"
        " regexp_replace(pg_get_triggerdef(t.oid), %s, ''), '', ''"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = %s::text::regnamespace",
        "SELECT 'function', proname::text, regexp_replace(prosrc, %s, ''), '', '', ''"
        " FROM pg_proc WHERE pronamespace = %s::text::regnamespace",
    )
    uuid = r"[0-9a-f]{8}-[0-9a-f-]{27}"
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query, [uuid, schema])
            found += cursor.fetchall()
    return sorted(tuple(str(part).replace(f"{schema}.", "") for part in row) for row in found)


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: str(path.relative_to(settings.SQL_DIR)))
def test_a_patch_is_made_of_guarded_blocks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    outside = re.sub(r"\$(\w*)\$.*?\$\1\$", "$body$", re.sub(r"--.*", "", text), flags=re.DOTALL)
    statements = [part.strip() for part in outside.split(";") if part.strip()]
    assert statements
    for statement in statements:
        assert re.match(r"(DO \$body\$|CREATE OR REPLACE FUNCTION)", statement), statement
    assert not re.search(r"\bpublic\.", text)


def test_no_structural_sql_outside_the_patches() -> None:
    places = [settings.BASE_DIR / name for name in ("dentalogic", "clinics", "agent", "whatsapp")]
    makers = {"servers.py", "postgres.py"}
    found = [
        f"{path}: {match[0]}"
        for place in places
        for path in place.rglob("*.py")
        if path.name not in makers and not {"migrations", "patches", "evolution"} & {*path.parts}
        for match in STRUCTURAL.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.django_db
def test_running_every_patch_again_changes_neither_catalogue_nor_rows(in_alfa: Clinic) -> None:
    make_patient()
    make_professional()
    before = catalogue("alfa")
    assert len(before) > 200
    with connection.cursor() as cursor:
        for step in tenant_steps():
            for patch in step.patches:
                run_patch(cursor, patch)
                run_patch(cursor, patch)
        cursor.execute("SELECT count(*) FROM patients WHERE tenant_id = %s", [in_alfa.pk])
        assert cursor.fetchone() == (1,)
    assert catalogue("alfa") == before


@pytest.mark.django_db
def test_two_clinics_have_the_same_catalogue(alfa: Clinic, beta: Clinic) -> None:
    assert catalogue("alfa") == catalogue("beta")


@pytest.mark.django_db
def test_a_patch_without_a_tenant_is_refused(alfa: Clinic) -> None:
    (rules,) = tenant_steps()[0].patches
    assert rules.name == "clinics/0001_rules.sql"
    with clinic_scope(alfa), connection.cursor() as cursor:
        run_patch(cursor, rules)
        cursor.execute("SELECT set_config('dentalogic.tenant_id', '', true)")
        with pytest.raises(Exception, match="is not set"):
            cursor.execute("SELECT stamp_tenant('patients')")


@pytest.mark.django_db
def test_every_table_of_a_clinic_is_stamped(alfa: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relkind = 'r'"
            " AND relnamespace = 'alfa'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint"
            " WHERE conrelid = c.oid AND conname = c.relname || '_tenant')"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_nothing_is_missing_after_set_up(alfa: Clinic) -> None:
    assert missing_steps("alfa") == []
    assert len(missing_steps("unheard_of")) == len(tenant_steps())


@pytest.mark.django_db
def test_evolve_check_names_what_is_missing_and_changes_nothing(
    alfa: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_patches WHERE schema_name = 'alfa' AND app = 'agent'")
    with pytest.raises(SystemExit) as ended:
        call_command("evolve", check=True, clinic="alfa")
    assert ended.value.code == 1
    assert "alfa: agent.0001_turns is missing" in capsys.readouterr().out
    assert len(missing_steps("alfa")) == 1
    call_command("evolve", clinic="alfa")
    assert missing_steps("alfa") == []


@pytest.mark.django_db
def test_models_and_patches_agree() -> None:
    call_command("makepatch", check=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table", ["clinical_records", "accounting_transactions", "appointment_changes"]
)
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET id = id"]
)
def test_immutable_tables_refuse_every_change(in_alfa: Clinic, table: str, statement: str) -> None:
    with connection.cursor() as cursor:
        if not statement.startswith("TRUNCATE"):
            fill_one_row(cursor, table, in_alfa)
        with pytest.raises(Exception, match="append-only"):
            cursor.execute(sql.SQL(statement).format(sql.Identifier(table)).as_string())


def fill_one_row(cursor: Any, table: str, clinic: Clinic) -> None:
    """Put one row into an immutable table, foreign keys not looked at."""
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s AND is_nullable = 'NO'",
        [clinic.schema_name, table],
    )
    samples = {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "integer": "1",
        "numeric": "1.00",
        "jsonb": "{}",
        "date": "2026-11-24",
        "timestamp with time zone": "2026-11-24T12:00:00Z",
    }
    known = {"kind": "income" if "accounting" in table else "evolution", "method": "cash"}
    columns = {
        name: str(clinic.pk) if name == "tenant_id" else known.get(name, samples.get(kind, "x"))
        for name, kind in cursor.fetchall()
    }
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(sql.Literal(value) for value in columns.values())
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})")
        .format(sql.Identifier(table), names, values)
        .as_string()
    )
