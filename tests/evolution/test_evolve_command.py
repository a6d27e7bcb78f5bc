"""The command: what it says, how it ends, and how many statements it needs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution import missing_steps, tenant_steps
from dentalogic.core.evolution.catalogue import read_catalogue
from dentalogic.core.evolution.progress import Progress, summary
from dentalogic.core.evolution.records import reading
from dentalogic.core.evolution.robot import Outcome, State
from dentalogic.core.evolution.shared import missing_shared
from tests.evolution.world import World


def run(capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str, str]:
    """Run the command; its exit code and what it said."""
    capsys.readouterr()
    try:
        call_command("evolve", **options)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except CommandError as error:
        return error.returncode, "", str(error)
    said = capsys.readouterr()
    return code, said.out, said.err


def forget(schema: str, app: str = "agent") -> None:
    """Make a clinic lack a step that it has: the step does nothing when it comes again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM clinic_patches WHERE schema_name = %s AND app = %s", [schema, app]
        )
        cursor.execute(
            "UPDATE clinic_schemas SET fingerprint = '' WHERE schema_name = %s", [schema]
        )


def add_hollow_clinics(number: int) -> None:
    """Add clinics that are a row, an empty schema and the records of a current one."""
    clinics = [Clinic(name=f"Hueca {n}", schema_name=f"hollow{n:03}") for n in range(number)]
    Clinic.objects.bulk_create(clinics)
    with connection.cursor() as cursor:
        cursor.execute("".join(f"CREATE SCHEMA {clinic.schema_name};" for clinic in clinics))
        cursor.execute(
            "INSERT INTO clinic_schemas SELECT c.schema_name, c.id, s.fingerprint, %s, %s, now()"
            " FROM clinics c, clinic_schemas s"
            " WHERE c.schema_name LIKE 'hollow%%' AND s.schema_name = 'alfa'",
            [read_catalogue(cursor, ["hollow000"])["hollow000"].digest, reading()],
        )
        cursor.execute(
            "INSERT INTO clinic_patches (schema_name, app, migration, checksum, started_at,"
            " finished_at, error) SELECT c.schema_name, p.app, p.migration, p.checksum, now(),"
            " now(), '' FROM clinics c, clinic_patches p"
            " WHERE c.schema_name LIKE 'hollow%%' AND p.schema_name = 'alfa'"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("check", [False, True])
def test_statements_do_not_grow_with_the_clinics(
    alfa: Clinic, capsys: pytest.CaptureFixture[str], *, check: bool
) -> None:
    with CaptureQueriesContext(connection) as two:
        assert run(capsys, check=check)[0] == 0
    add_hollow_clinics(48)
    with CaptureQueriesContext(connection) as fifty:
        code, out, err = run(capsys, check=check)
    assert (code, err) == (0, "")
    assert len(fifty) == len(two) < 25
    naming = [
        query["sql"] for query in fifty.captured_queries if "clinic_schemas s" in query["sql"]
    ]
    assert len(naming) == 1
    if not check:
        assert out.startswith("50 clinics: 50 were up to date; ")


@pytest.mark.django_db
def test_check_names_clinic_and_patch_and_evolve_brings_it(
    alfa: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    forget("alfa")
    code, out, _ = run(capsys, check=True)
    assert (code, out) == (1, "alfa: agent.0001_turns is missing\n")
    assert len(missing_steps("alfa")) == 1
    assert run(capsys, check=True, clinic="beta")[0] == 0
    code, out, _ = run(capsys)
    assert code == 0
    assert out.startswith("alfa: brought up to date: agent.0001_turns (")
    assert "2 clinics: 1 were up to date, 1 brought up to date; " in out
    assert missing_steps("alfa") == []
    assert run(capsys, check=True)[0] == 0


def test_check_changes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    forget("alfa")
    world.sql.execute("ALTER TABLE beta.patients ADD COLUMN by_hand integer")
    before = [world.catalogue(name).lines for name in ("alfa", "beta")], world.records()
    with CaptureQueriesContext(connection) as asked:
        code, out, _ = run(capsys, check=True, verbosity=2)
    # Rows compare by who wrote them, too; and it could not write if it wanted to.
    assert "SET TRANSACTION READ ONLY" in [query["sql"] for query in asked.captured_queries]
    assert code == 1
    assert "agent.0001_turns is missing" in out
    assert "beta: changed by hand" in out
    assert before == ([world.catalogue(name).lines for name in ("alfa", "beta")], world.records())


@pytest.mark.django_db
def test_check_lists_what_went_wrong_when_it_is_asked_for_more(
    alfa: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clinic_patches SET finished_at = NULL, error = 'no room',"
            " started_at = '2026-11-22 10:00Z' WHERE schema_name = 'alfa' AND app = 'agent'"
        )
    assert "no room" not in run(capsys, check=True)[1]
    said = run(capsys, check=True, verbosity=2)[1]
    assert "alfa: agent.0001_turns, 2026-11-22 10:00:00 UTC: failed: no room\n" in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("schema", "words"),
    [("alfa", "had it"), ("public", "the shared tables had it")],
)
def test_an_edited_patch_is_refused_before_anything_is_touched(
    alfa: Clinic, capsys: pytest.CaptureFixture[str], schema: str, words: str
) -> None:
    forget("beta")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clinic_patches SET checksum = repeat('0', 64)"
            " WHERE schema_name = %s AND migration = '0001_rules' OR"
            " schema_name = %s AND migration = '0002_kernel'",
            [schema, schema],
        )
        assert cursor.rowcount == 1
    for check in (True, False):
        code, _, err = run(capsys, check=check)
        assert code == 1
        assert "was edited after" in err
        assert words in err
    assert [step.app for step in missing_steps("beta")] == ["agent"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [{"clinic": "gamma"}, {"jobs": 0}, {"jobs": 10_000}, {"lock_timeout": 0.0}],
)
@pytest.mark.parametrize("check", [False, True])
def test_wrong_use_ends_with_two(
    alfa: Clinic, capsys: pytest.CaptureFixture[str], options: dict[str, Any], *, check: bool
) -> None:
    forget("alfa")
    code, _, said = run(capsys, check=check, **options)
    assert code == 2
    assert said
    assert len(missing_steps("alfa")) == 1


def test_the_shared_tables_come_first(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.sql.execute(
        "DELETE FROM django_migrations WHERE (app, name)"
        " IN (('core', '0003_robot'), ('tenancy', '0002_pauses'))"
    )
    world.sql.execute("DELETE FROM clinic_patches WHERE schema_name = 'public'")
    world.sql.execute("DROP TABLE clinic_schemas")
    code, out, _ = run(capsys, check=True)
    assert code == 1
    assert "public: core.0003_robot is missing" in out
    assert "run setup_database" in out
    call_command("setup_database", verbosity=1)
    said = capsys.readouterr().out
    assert "public: core.0003_robot applied" in said
    assert missing_shared() == []
    # Nothing was known of the clinics; what they are now is written down.
    assert "2 found up to date" in said
    assert world.one("SELECT count(*) FROM clinic_schemas") == (2,)
    assert run(capsys, check=True)[0] == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    step = tenant_steps()[0]
    done = Outcome("alfa", State.DONE, 0.25, (step,))
    failed = Outcome("beta", State.FAILED, 0.5, (), ("extra.0001: no",))
    screen, plain, said = Terminal(), io.StringIO(), io.StringIO()
    for err in (screen, plain):
        with Progress(OutputWrapper(said), OutputWrapper(err), 2, verbosity=1) as progress:
            progress(done)
            progress(failed)
    assert f"[{'#' * 15}{'.' * 15}] 1/2" in screen.getvalue()
    assert f"[{'#' * 30}] 2/2" in screen.getvalue()
    assert "\r\x1b[Kbeta: failed, left as it was: extra.0001: no\n" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    # Elsewhere: a line each, and nothing that moves a cursor.
    assert plain.getvalue() == "beta: failed, left as it was: extra.0001: no\n"
    assert said.getvalue() == f"alfa: brought up to date: {step.label} (0.25 s)\n"


def test_the_summary_counts_and_measures() -> None:
    outcomes = [
        Outcome("a", State.DONE, 0.1),
        Outcome("b", State.DONE, 0.4),
        Outcome("c", State.BUSY, 9.0),
    ]
    assert summary(outcomes, current=7, seconds=1.5) == (
        "10 clinics: 7 were up to date, 2 brought up to date, 1 busy; 1.50 s"
        " (a clinic 0.40 s, the slowest b 0.40 s)"
    )
