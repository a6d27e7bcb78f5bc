"""The guard is there whichever way a statement goes to the database, and nothing is sent."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import sql

from clinics.models import Patient
from clinics.tenancy.models import Clinic
from dentalogic.core import guard
from dentalogic.core.guard import TenantPredicateMissing
from dentalogic.core.guard.exemption import unguarded
from dentalogic.core.tenancy import clinic_scope, scope_of
from tests.fixtures.clinics import make_patient
from tests.fixtures.guard import refusals
from whatsapp.keeping import open_pool

ROOT = Path(__file__).resolve().parent.parent.parent
BAD = "UPDATE patients SET last_name = 'lost'"


def through(call: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            match call:
                case "execute":
                    cursor.execute(BAD)
                case "executemany":
                    cursor.executemany(f"{BAD} WHERE dni = %s", [["1"], ["2"]])
                case "the driver's cursor":
                    cursor.cursor.execute(BAD)
                case "copy":
                    with cursor.copy("COPY patients FROM STDIN"):
                        pass
                case "composed":
                    cursor.cursor.execute(
                        sql.SQL("DELETE FROM {}").format(sql.Identifier("patients"))
                    )
                case "bytes":
                    cursor.cursor.execute(BAD.encode())
                case "the driver's connection":
                    connection.connection.execute(BAD)
                case "a server-side cursor":
                    with connection.connection.cursor("named") as named:
                        named.execute("SELECT * FROM patients")
                case "stream":
                    list(connection.connection.cursor().stream("SELECT * FROM patients"))
                case "many statements":
                    cursor.execute(f"SELECT 1; {BAD}")
                case "pipeline":
                    with connection.connection.pipeline():
                        cursor.execute(BAD)

    return run


WAYS = [
    "execute", "executemany", "the driver's cursor", "copy", "composed", "bytes",
    "the driver's connection", "a server-side cursor", "stream", "many statements", "pipeline",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_call_is_read(way: str, in_alfa: Clinic) -> None:
    ana = make_patient()
    with refusals() as seen, pytest.raises(TenantPredicateMissing, match="patients"):
        through(way)()
    assert len(seen) == 1
    # Refused before it was sent: the transaction goes on, and nothing happened.
    ana.refresh_from_db()
    assert ana.last_name == "Pérez"


def test_a_refusal_says_where_it_was_sent_from(in_alfa: Clinic) -> None:
    with refusals() as seen, pytest.raises(TenantPredicateMissing) as caught:
        through("execute")()
    refused = caught.value
    assert refused.statement == BAD
    assert [(one.alias, one.table) for one in refused.violations] == [("patients", "patients")]
    assert refused.frames[0].startswith("tests/guard/test_connections.py:")
    assert refused.frames[0].endswith(" run")
    assert all(".venv" not in frame for frame in refused.frames)
    assert seen == [str(refused)]
    assert BAD in str(refused)


def test_a_new_connection_has_it(committing: None) -> None:
    connection.close()
    with refusals() as seen, pytest.raises(TenantPredicateMissing):
        through("execute")()
    assert len(seen) == 1


def test_threads_have_it(committing: None, throwaway: Clinic) -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with clinic_scope(scope_of(throwaway)):
                assert not Patient.objects.exists()
                through("execute")()
        except TenantPredicateMissing as error:
            raised.append(error)
        finally:
            connections.close_all()

    with refusals() as seen:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(raised) == len(seen) == 3


def test_asynchronous_code_has_it(committing: None, throwaway: Clinic) -> None:
    scope = scope_of(throwaway)

    async def work() -> None:
        with clinic_scope(scope):
            assert not await Patient.objects.aexists()
            with pytest.raises(TenantPredicateMissing):
                await Patient.objects.extra(tables=["chairs"]).acount()
            with pytest.raises(TenantPredicateMissing):
                await database_sync_to_async(through("execute"))()

    with refusals() as seen:
        asyncio.run(work())
    assert len(seen) == 2


def test_the_intakes_own_pool_has_it(committing: None) -> None:
    async def work() -> None:
        async with open_pool() as pool:
            for _ in range(2):
                async with pool.connection() as own:
                    await own.execute("SELECT 1")
                    with pytest.raises(TenantPredicateMissing):
                        await own.execute("SELECT * FROM alfa.patients")
                    with pytest.raises(TenantPredicateMissing):
                        await own.cursor().executemany("DELETE FROM alfa.chairs", [])
                    with pytest.raises(TenantPredicateMissing):
                        async with own.cursor().copy("COPY alfa.patients TO STDOUT"):
                            pass

    with refusals() as seen:
        asyncio.run(work())
    assert len(seen) == 6


def test_other_processes_have_it_and_their_refusals_are_seen_here(committing: None) -> None:
    """What a worker's handler swallows still fails the test: all processes have one report."""
    program = (
        "from dentalogic.celery import app; app.loader.import_default_modules()\n"
        "from django.db import connection\n"
        "try:\n"
        f"    connection.cursor().execute({BAD!r})\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
    )
    with refusals() as seen:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "TenantPredicateMissing"
    assert len(seen) == 1
    assert BAD in seen[0]


def test_off_it_is_not_there(committing: None) -> None:
    program = (
        "import django, sys; django.setup()\n"
        "from django.db import connection\n"
        "connection.ensure_connection()\n"
        "print(connection.connection.cursor_factory.__name__, 'sqlglot' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "QUERY_GUARD": "0"},
    )  # fmt: skip
    name, parser = done.stdout.split()
    assert not name.startswith("Guarded")
    assert parser == "False"


def test_unguarded_needs_a_reason_and_ends_with_its_block(in_alfa: Clinic) -> None:
    with pytest.raises(ValueError, match="say why"), unguarded(" "):
        pytest.fail("entered")
    with unguarded("the test of the exemption itself"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM patients")
    with refusals() as seen, pytest.raises(TenantPredicateMissing):
        through("execute")()
    assert len(seen) == 1


def test_a_thread_does_not_inherit_the_exemption(committing: None, throwaway: Clinic) -> None:
    raised: list[str] = []

    def work() -> None:
        try:
            through("execute")()
        except TenantPredicateMissing as error:
            raised.append(str(error))
        finally:
            connections.close_all()

    with refusals(), unguarded("the thread starts with a context of its own"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(raised) == 1


def test_watching_twice_is_watching_once(db: None) -> None:
    connection.ensure_connection()
    once = connection.connection.cursor_factory
    guard.watch(connection.connection)
    assert connection.connection.cursor_factory is once


def test_database_errors_stay_what_they_are(in_alfa: Clinic) -> None:
    from django.db import ProgrammingError

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM patients WHERE tenant_id = %s", [in_alfa.pk])


def test_the_suite_has_it_on() -> None:
    assert settings.QUERY_GUARD
    assert settings.QUERY_GUARD_REPORT
    assert os.environ["QUERY_GUARD"] == "1"


def test_a_swallowed_refusal_is_in_the_report(in_alfa: Clinic) -> None:
    with refusals() as seen:
        with suppress(Exception):
            through("execute")()
        line = Path(settings.QUERY_GUARD_REPORT).read_text().splitlines()[-1]
    assert json.loads(line)["pid"] == os.getpid()
    assert len(seen) == 1


def test_a_plain_psycopg_connection_can_be_watched(committing: None) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as own:
        guard.watch(own)
        with refusals() as seen, pytest.raises(TenantPredicateMissing):
            own.execute("DELETE FROM alfa.patients")
    assert len(seen) == 1
