"""The foundation is what all patches give, and the command that writes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution import tenant_steps
from dentalogic.core.evolution.catalogue import Catalogue, differences, read_catalogue
from dentalogic.core.evolution.dump import CannotDump, assemble
from dentalogic.core.evolution.foundation import (
    FILE,
    SCRATCH_SCHEMAS,
    folder,
    lay,
    parse,
    read_foundation,
)
from dentalogic.core.scope import Scope
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope

SCRATCH = SCRATCH_SCHEMAS[0]
DUMPED = f"""--
-- PostgreSQL database dump
--

\\restrict secret

SET statement_timeout = 0;

--
-- Name: {SCRATCH}; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA {SCRATCH};


--
-- Name: say(text); Type: FUNCTION; Schema: {SCRATCH}; Owner: -
--

CREATE FUNCTION {SCRATCH}.say(word text) RETURNS text
    LANGUAGE sql
    AS $_$
SET role = $1;
--
$_$;


SET default_tablespace = '';

--
-- Name: words; Type: TABLE; Schema: {SCRATCH}; Owner: -
--

CREATE TABLE {SCRATCH}.words (
    word extensions.citext CONSTRAINT terms_word_not_null NOT NULL,
    said text DEFAULT 'x'::text CONSTRAINT "Terms said" NOT NULL
);


--
-- PostgreSQL database dump complete
--

\\unrestrict secret
"""


def read(schema: str) -> Catalogue:
    with connection.cursor() as cursor:
        return read_catalogue(cursor, [schema])[schema]


@pytest.fixture
def spoiled(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A foundation that lacks its last line, and nothing else of the patches' folder."""
    copy = tmp_path / "migrations_sql"
    (copy / "foundation").mkdir(parents=True)
    for step in tenant_steps():
        for patch in step.patches:
            assert patch.sql  # read before the folder moves
    lines = (folder() / FILE).read_text().splitlines(keepends=True)
    settings.SQL_DIR = copy
    (copy / "foundation" / FILE).write_text("".join(lines[:-1]))
    read_foundation.cache_clear()
    yield copy / "foundation"
    read_foundation.cache_clear()


def left_behind() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'foundation%%'")
        schemas = cursor.fetchall()
        cursor.execute(
            "SELECT schema_name FROM clinics WHERE schema_name LIKE 'foundation%%'"
            " UNION ALL SELECT schema_name FROM clinic_patches"
            " WHERE schema_name LIKE 'foundation%%'"
        )
        return [*schemas, *cursor.fetchall()]


@pytest.mark.django_db
def test_foundation_and_patches_give_the_same_schema_and_rows(db: None) -> None:
    foundation = read_foundation()
    assert foundation is not None
    assert foundation.later(tenant_steps()) == []
    tenant, rows = uuid.uuid4(), []
    for schema in ("from_patches", "from_foundation"):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
        with clinic_scope(Scope(schema, tenant, "UTC", timedelta(0))):
            with connection.cursor() as cursor:
                if schema == "from_foundation":
                    lay(cursor, foundation, tenant)
                else:
                    for step in tenant_steps():
                        for patch in step.patches:
                            run_patch(cursor, patch)
                cursor.execute(
                    "SELECT kind, name FROM retired WHERE tenant_id = %s ORDER BY 1, 2", [tenant]
                )
                rows.append(cursor.fetchall())
    wanted, found = read("from_patches"), read("from_foundation")
    assert differences(wanted, found) == []
    assert wanted.digest == found.digest
    kinds = {name.split()[0] for name in wanted.objects}
    assert kinds >= {"table", "column", "constraint", "index", "trigger", "function", "schema"}
    assert rows[0] == rows[1]


def test_the_committed_files_are_what_the_patches_give(
    committing: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder() / FILE).read_bytes()
    call_command("makefoundation", check=True)
    assert "is what the patches give" in capsys.readouterr().out
    assert (folder() / FILE).read_bytes() == before
    assert left_behind() == []


def test_the_text_is_plain(committing: None) -> None:
    text = (folder() / FILE).read_text()
    foundation = parse(text)
    assert [label for label, _ in foundation.steps] == [step.label for step in tenant_steps()]
    for unwanted in ("\\restrict", "\nSET ", "OWNER TO", "extensions.", "public.", SCRATCH):
        assert unwanted not in text
    assert text.count("'{tenant_id}'::uuid") > 2 * 20


def test_drift_is_found_and_making_it_again_mends_it(committing: None, spoiled: Path) -> None:
    right = (Path(__file__).parents[2] / "migrations_sql/foundation" / FILE).read_text()
    wrong = (spoiled / FILE).read_text()
    (spoiled / "002_more.sql").write_text("SELECT 1;")
    with pytest.raises(CommandError, match="makefoundation") as refused:
        call_command("makefoundation", check=True)
    assert refused.value.returncode == 1
    assert (spoiled / FILE).read_text() == wrong
    call_command("makefoundation")
    assert (spoiled / FILE).read_text() == right
    assert [file.name for file in spoiled.iterdir()] == [FILE]
    assert left_behind() == []


def test_what_a_killed_run_left_is_swept(committing: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCRATCH}; CREATE TABLE {SCRATCH}.half (made integer)")
    call_command("makefoundation", check=True)
    assert left_behind() == []


def test_a_clinic_of_the_scratchs_name_is_never_touched(committing: None) -> None:
    """Nobody can create one; a row put there by hand is refused all the same."""
    tenant = uuid.uuid4()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCRATCH}; CREATE TABLE {SCRATCH}.kept (id integer)")
            cursor.execute(
                "INSERT INTO clinics SELECT (jsonb_populate_record(alfa, jsonb_build_object("
                " 'id', %s::text, 'schema_name', %s::text))).* FROM clinics alfa"
                " WHERE schema_name = 'alfa'",
                [tenant, SCRATCH],
            )
        before = read(SCRATCH)
        with pytest.raises(CommandError, match="that name is kept") as refused:
            call_command("makefoundation")
        assert refused.value.returncode == 2
        assert read(SCRATCH) == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM clinics WHERE id = %s", [tenant])
            cursor.execute(f"DROP SCHEMA {SCRATCH} CASCADE")


@pytest.mark.django_db
def test_inside_a_transaction_it_is_refused(alfa: Clinic) -> None:
    with pytest.raises(CommandError, match="leave the transaction") as refused:
        call_command("makefoundation")
    assert refused.value.returncode == 2


def test_without_the_embedded_pg_dump_it_is_refused(
    committing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    before = (folder() / FILE).read_bytes()
    with pytest.raises(CommandError, match="pg_dump is not installed") as refused:
        call_command("makefoundation")
    assert refused.value.returncode == 2
    assert (folder() / FILE).read_bytes() == before
    assert left_behind() == []


def test_a_dump_is_stripped_to_its_statements() -> None:
    text = assemble(DUMPED, [("column", "words.o'clock"), ("table", "terms")])
    body = text.split("\n\n", 1)[1]
    assert body == (
        "CREATE FUNCTION say(word text) RETURNS text\n"
        "    LANGUAGE sql\n"
        "    AS $_$\nSET role = $1;\n--\n$_$;\n\n"
        "CREATE TABLE words (\n"
        "    word citext NOT NULL,\n"
        "    said text DEFAULT 'x'::text NOT NULL\n"
        ");\n\n"
        "INSERT INTO retired (tenant_id, kind, name) VALUES\n"
        "    ('{tenant_id}', 'column', 'words.o''clock'),\n"
        "    ('{tenant_id}', 'table', 'terms');\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "    CONSTRAINT words_said_not_null NOT NULL said,",
        "    said text DEFAULT public.word(),",
        "GRANT SELECT ON words TO somebody;",
        "ALTER TABLE words OWNER TO somebody;",
    ],
)
def test_what_has_no_place_in_it_is_refused(line: str) -> None:
    with pytest.raises(CannotDump, match="no place in a foundation"):
        assemble(DUMPED.replace("CREATE TABLE", f"{line}\nCREATE TABLE"), [])
