"""The patches' own rules, and that nothing else changes structure."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution import tenant_steps
from dentalogic.core.evolution.steps import public_steps
from dentalogic.core.patches.releases import patch_files, release_faults
from dentalogic.core.patches.rules import faults
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope
from tests.evolution.rows import fill
from tests.evolution.scratch import scratch_schema
from tests.evolution.structural import structural_sql

CODE = ("dentalogic", "clinics", "agent", "whatsapp", "scripts", "benchmarks", "manage.py")
# What may speak of structure outside the patches, and why.
ALLOWED = {
    "dentalogic/core/patches": "writes patches",
    "dentalogic/core/evolution": "makes and drops schemas; what is in them comes from patches",
    "dentalogic/embedded/postgres.py": "sets the server up as its superuser, before any patch",
    "benchmarks/booking.py": "a counter for pgbench, in a clinic that is thrown away",
    "benchmarks/lists_ground.py": "fills a clinic that is thrown away faster without its indexes",
}
# Of these, evolution may do no more than this.
SCHEMAS_ONLY = ("CREATE SCHEMA", "DROP SCHEMA")


@pytest.mark.parametrize("name", patch_files(settings.SQL_DIR))
def test_a_patch_keeps_the_rules(name: str) -> None:
    text = (settings.SQL_DIR / name).read_text(encoding="utf-8")
    assert list(faults(text)) == []


ASK = "IF NOT EXISTS (SELECT FROM {}) THEN NULL; END IF;"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("-- words alone\n", "empty"),
        ("CREATE TABLE IF NOT EXISTS things (id int);", "outside of a DO"),
        ("DO $$ BEGIN END $$; DROP TABLE things;", "outside of a DO"),
        ("DO $body$ BEGIN END $body$;", "outside of a DO"),
        ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;", "outside of a DO"),
        ("DO $$ BEGIN PERFORM 1 FROM public.users; END $$;", "a schema's name"),
        ('DO $$ BEGIN ALTER TABLE "alfa"."patients" ADD x int; END $$;', "a schema's name"),
        ("DO $$ BEGIN SET search_path = alfa; END $$;", "a schema's name"),
        ("DO $$ BEGIN " + ASK.format("pg_class WHERE relname = 'x'") + " END $$;", "pg_class"),
        (
            "DO $$ BEGIN "
            + ASK.format("information_schema.columns WHERE table_name = 'x'")
            + " END $$;",
            "information_schema.columns is asked without",
        ),
        (
            "DO $$ BEGIN "
            + ASK.format("pg_constraint WHERE conrelid = a AND 1 = (SELECT 1 FROM pg_trigger)")
            + " END $$;",
            "pg_trigger is asked without",
        ),
        ("DO $$ BEGIN " + ASK.format("pg_indexes WHERE true") + " END $$;", "pg_indexes"),
        ("DO $$ BEGIN IF to_regclass('things') IS NULL THEN NULL; END IF; END $$;", "not bound"),
        ("DO $$ BEGIN ALTER TABLE things DROP COLUMN nick; END $$;", "a contract patch of its own"),
        (
            "-- Contract: nick.\nDO $$ BEGIN ALTER TABLE things DROP COLUMN nick; END $$;",
            "without INSERT INTO retired",
        ),
        (
            "-- Contract: nick.\nDO $$ BEGIN ALTER TABLE things DROP COLUMN a;"
            " ALTER TABLE things ADD COLUMN b int;"
            " INSERT INTO retired (kind, name) VALUES ('column', 'things.a'); END $$;",
            "does nothing else",
        ),
    ],
)
def test_a_patch_that_breaks_a_rule_is_found(text: str, words: str) -> None:
    assert any(words in fault for fault in faults(text)), list(faults(text))


def test_no_structural_sql_outside_the_patches() -> None:
    roots = [settings.BASE_DIR / name for name in CODE]
    files = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*.py"))]
    assert len(files) > 300
    found = []
    for file in files:
        name = file.relative_to(settings.BASE_DIR).as_posix()
        reasons = [place for place in ALLOWED if name.startswith(place)]
        for one in structural_sql(file.read_text(encoding="utf-8")):
            if not reasons or (
                "evolution" in reasons[0] and not any(word in one for word in SCHEMAS_ONLY)
            ):
                found.append(f"{name}: {one}")
    assert found == []


def test_structure_is_kept_in_no_other_sql_file() -> None:
    folders = {
        file.relative_to(settings.BASE_DIR).parts[0]
        for place in (*CODE[:-1], "deploy", "docs", "migrations_sql")
        for file in (settings.BASE_DIR / place).rglob("*.sql")
    }
    assert folders == {"migrations_sql"}


@pytest.mark.parametrize(
    "source",
    [
        "x('create  table things (id int)')",
        "x('CREATE UNIQUE\\n  INDEX i ON t (a)')",
        "x('ALTER ' 'TABLE t ADD COLUMN a int')",
        "x('ALTER ' + 'TABLE t')",
        "x('ALTER ' + kind + ' t')",
        "x(f'ALTER {kind} t')",
        'x(f"{verb} TABLE {name} CASCADE")',
        "x('DROP {} t'.format('TABLE'))",
        "x('DROP %s t' % kind)",
        "x(' '.join(['DROP', 'TABLE', 't']))",
        "x(sql.SQL('DROP /* quietly */ VIEW {}').format(name))",
        "x(sql.SQL('DROP {} {}').format(kind, name))",
        "x('DROP -- hm\\n TRIGGER t')",
        "x(b'DROP TABLE t')",
        "editor.create_model(Thing)",
        "migrations.RunSQL(text)",
    ],
)
def test_structural_sql_is_found_however_it_is_written(source: str) -> None:
    assert list(structural_sql(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""Alter table settings: words of a docstring."""',
        "# DROP TABLE things",
        "x('SELECT created FROM things WHERE type = 1')",
        "x(f'UPDATE {table} SET a = 1')",
        "x('the index of the table')",
    ],
)
def test_ordinary_code_is_not_taken_for_structure(source: str) -> None:
    assert list(structural_sql(source)) == []


def test_every_file_is_in_a_migration_and_every_migration_has_its_file() -> None:
    used = [patch.name for step in (*public_steps(), *tenant_steps()) for patch in step.patches]
    assert sorted(used) == patch_files(settings.SQL_DIR)
    assert all(
        [f"{step.app}/{step.name}.sql"] == [patch.name for patch in step.patches]
        for step in (*public_steps(), *tenant_steps())
    )


def test_released_patches_are_what_was_released() -> None:
    assert list(release_faults(settings.SQL_DIR)) == []


def test_models_and_patches_agree(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makepatch", check=True)
    assert "Every model has its patch" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_patch_without_a_tenant_is_refused(alfa: Clinic) -> None:
    (rules,) = tenant_steps()[0].patches
    assert rules.name == "clinics/0001_rules.sql"
    with clinic_scope(alfa), connection.cursor() as cursor:
        run_patch(cursor, rules)
        cursor.execute("SELECT set_config('dentalogic.tenant_id', '', true)")
        with pytest.raises(DatabaseError, match="is not set"), transaction.atomic():
            cursor.execute("SELECT stamp_tenant('patients')")
        run_patch(cursor, rules)
        with pytest.raises(DatabaseError, match="there is no table nothing to stamp"):
            cursor.execute("SELECT stamp_tenant('nothing')")


@pytest.mark.usefixtures("django_db_setup")
def test_every_table_of_a_clinic_is_stamped() -> None:
    with scratch_schema(tenant=True) as scratch:
        for step in tenant_steps():
            for patch in step.patches:
                scratch.run(patch.sql)
        stamped = scratch.connection.execute(
            "SELECT relname FROM pg_class JOIN pg_constraint ON conrelid = pg_class.oid"
            " WHERE relnamespace = %s::regnamespace AND conname = relname || '_tenant'"
            " AND pg_get_constraintdef(pg_constraint.oid) LIKE '%%' || %s || '%%'",
            [scratch.schema, str(scratch.tenant)],
        )
        assert sorted(name for (name,) in stamped) == scratch.tables()
        assert "retired" in scratch.tables()


FROZEN = [
    *("clinical_records", "record_attachments", "record_reads", "record_heads"),
    *("accounting_transactions", "cash_flow_steps", "appointment_changes"),
    *("consent_texts", "breaches", "audit_entries"),
]


@pytest.mark.usefixtures("django_db_setup")
def test_immutable_tables_refuse_every_change() -> None:
    with scratch_schema(tenant=True) as scratch:
        for step in tenant_steps():
            for patch in step.patches:
                scratch.run(patch.sql)
        with scratch.connection.transaction(), scratch.connection.cursor() as cursor:
            for table in scratch.tables():
                if table != "retired":
                    fill(cursor, table)
        before = scratch.rows()
        for table in FROZEN:
            for statement in (
                "DELETE FROM {}",
                "TRUNCATE {} CASCADE",
                "UPDATE {} SET id = id",
                "WITH gone AS (DELETE FROM {} RETURNING 1) SELECT count(*) FROM gone",
                "MERGE INTO {} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
            ):
                with pytest.raises(Exception, match=f"{table} is append-only"):
                    scratch.connection.execute(sql.SQL(statement).format(sql.Identifier(table)))
        assert scratch.rows() == before
        assert all(len(before[table]) >= 2 for table in FROZEN)


def test_the_rules_of_the_code_do_not_look_away() -> None:
    """The reasons above stand for files that are there: one that moved takes its leave along."""
    assert all((settings.BASE_DIR / place).exists() for place in ALLOWED)
