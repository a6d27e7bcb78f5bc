"""One database with clinics in it, and robots at work on it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from django.conf import settings
from django.db import connection

from dentalogic.core.evolution import Step, survey, tenant_steps
from dentalogic.core.evolution.catalogue import Catalogue, read_catalogue
from dentalogic.core.evolution.robot import Outcome, Robot
from dentalogic.core.sqlpatch import SqlPatch

PATIENCE = 60
# What a held patch waits for.
GATE = 770077
ADD_NICK = """
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attname = 'nick'
            AND attrelid = to_regclass(format('%I.patients', current_schema()))
    ) THEN
        ALTER TABLE patients ADD COLUMN nick text NULL;
    END IF;
END $$;
"""
AT_THE_GATE = f"DO $$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); END $$;\n"
MIGRATION = """
from django.db import migrations
from dentalogic.core.sqlpatch import SqlPatch

class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [SqlPatch(name={path!r})]
"""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Ask until it is so; a test that waits in vain fails and says for what."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


class World:
    """Steps are files of the test; `evolve` runs them here, `start` in a process of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.own: list[Step] = []
        self._stack = ExitStack()
        self.sql = self._stack.enter_context(psycopg.connect(url, autocommit=True))
        migrations = folder / "extra" / "migrations"
        migrations.mkdir(parents=True)
        for package in (folder / "extra", migrations):
            (package / "__init__.py").write_text("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def patch(self, name: str, sql: str = ADD_NICK) -> Step:
        """Write the next patch of the app "extra", and its migration."""
        file = self.folder / f"{name}.sql"
        file.write_text(sql)
        after = f'("extra", "{self.own[-1].name}")' if self.own else ""
        (self.folder / "extra" / "migrations" / f"{name}.py").write_text(
            MIGRATION.format(dependencies=after, path=str(file))
        )
        step = Step("extra", name, (SqlPatch(str(file)),))
        self.own.append(step)
        return step

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*tenant_steps(), *self.own)

    def behind(self) -> list[survey.Target]:
        with connection.cursor() as cursor:
            return survey.behind(cursor, self.steps)

    def evolve(
        self, targets: Sequence[survey.Target] | None = None, **options: Any
    ) -> dict[str, Outcome]:
        """Let a robot work in this process; what became of each clinic."""
        robot = Robot(steps=self.steps, **{"pauses": (), "lock_timeout": 0.2, **options})
        outcomes = robot.run(self.behind() if targets is None else targets)
        return {outcome.clinic: outcome for outcome in outcomes}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `manage.py evolve` as a process; it is ended with the test."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", "evolve", "--lock-timeout", "60", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": self.url,
                "DJANGO_SETTINGS_MODULE": "tests.evolution.more_settings",
                "EXTRA_APP": str(self.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._stack.callback(process.communicate)
        self._stack.callback(process.kill)
        return process

    def close_gate(self) -> None:
        """Hold every patch that comes to the gate."""
        self.sql.execute("SELECT pg_advisory_lock(%s)", [GATE])

    def open_gate(self) -> None:
        self.sql.execute("SELECT pg_advisory_unlock(%s)", [GATE])

    def wait_at_gate(self, robots: int = 1) -> None:
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        wait_for(lambda: self.one(waiting)[0] == robots, f"{robots} robots at the gate")

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        row = self.sql.execute(query, values).fetchone()
        assert row is not None
        return row

    def catalogue(self, schema: str) -> Catalogue:
        with self.sql.cursor() as cursor:
            return read_catalogue(cursor, [schema])[schema]

    def records(self, schema: str | None = None) -> list[tuple[Any, ...]]:
        """Return everything that is written down about the schemas, and who wrote each row."""
        rows = self.sql.execute(
            "SELECT p.xmin::text, p::text, s.xmin::text, s::text"
            " FROM clinic_patches p LEFT JOIN clinic_schemas s"
            " USING (schema_name) WHERE %s::text IS NULL OR p.schema_name = %s ORDER BY p.id",
            [schema, schema],
        )
        return rows.fetchall()

    def record(self, schema: str, step: Step) -> tuple[bool, bool, str] | None:
        """Whether a step was started and finished, and how it failed."""
        return self.sql.execute(
            "SELECT started_at IS NOT NULL, finished_at IS NOT NULL, error FROM clinic_patches"
            " WHERE schema_name = %s AND app = %s AND migration = %s",
            [schema, *step.key],
        ).fetchone()

    def has_nick(self, schema: str) -> bool:
        found = self.one(
            "SELECT count(*) FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = 'patients' AND column_name = 'nick'",
            schema,
        )
        return bool(found[0])
