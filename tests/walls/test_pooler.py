"""PgBouncer between us and PostgreSQL: no clinic reads another, or nothing starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import NotSupportedError, connection, transaction

from clinics.models import Chair
from clinics.tenancy.models import Clinic, User
from dentalogic.core.backend import pooler
from dentalogic.core.backend.pooler import UnsafePooler
from dentalogic.core.backend.starting import refuse_unsafe_pooler
from dentalogic.core.tenancy import clinic_scope, no_scope
from tests.walls.pgbouncer import Bouncer, bouncer, through

READS = 1200
THREADS = 6


@pytest.fixture
def two(new_clinic: Callable[..., Clinic]) -> Sequence[Clinic]:
    """Two clinics whose only chair has the name of their schema."""
    made = [new_clinic(), new_clinic()]
    for clinic in made:
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
    return made


@pytest.fixture(scope="module")
def by_transaction(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bouncer]:
    with bouncer(tmp_path_factory.mktemp("pgbouncer"), "transaction") as started:
        yield started


@pytest.fixture(scope="module")
def by_session(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bouncer]:
    with bouncer(tmp_path_factory.mktemp("pgbouncer"), "session", servers=40) as started:
        yield started


def at_once(work: Callable[[int], int]) -> int:
    """Run the work in threads that begin together; the sum of what they return."""
    line = threading.Barrier(THREADS)

    def run(number: int) -> int:
        line.wait(timeout=30)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(run, range(THREADS)))


def read_wrong(clinics: Sequence[Clinic]) -> int:
    """Read the two clinics in turn with the application's own connections; how often wrongly."""

    def work(number: int) -> int:
        wrong = 0
        for turn in range(READS // THREADS):
            clinic = clinics[(turn + number) % 2]
            with clinic_scope(clinic):
                names = list(Chair.objects.values_list("name", flat=True))
            wrong += names != [clinic.schema_name]
        return wrong

    return at_once(work)


def test_control_a_path_of_the_connection_reads_the_other_clinic(
    two: Sequence[Clinic], tmp_path: Path
) -> None:
    def work(number: int) -> int:
        mine, wrong = two[number % 2].schema_name, 0
        with pooler_of_its_own.connect() as naive:
            naive.execute(f'SET search_path = "{mine}"')
            # Only then do both find a path on whichever server they get.
            line.wait(timeout=30)
            for _ in range(READS // THREADS):
                with suppress(psycopg.errors.UndefinedTable):  # a server that nobody has used
                    wrong += naive.execute("SELECT name FROM chairs").fetchall() != [(mine,)]
        return wrong

    line = threading.Barrier(THREADS)
    # Of its own: what it leaves on the servers would be found by others.
    with bouncer(tmp_path, "transaction") as pooler_of_its_own:
        assert at_once(work) > READS // 20


def test_by_transaction_no_read_is_wrong(two: Sequence[Clinic], by_transaction: Bouncer) -> None:
    with through(by_transaction, "transaction"):
        assert read_wrong(two) == 0


def test_writes_and_transactions_stay_in_their_clinic(
    two: Sequence[Clinic], by_transaction: Bouncer
) -> None:
    def undo() -> None:
        with transaction.atomic():
            with no_scope():
                assert User.objects.filter(email="nobody").count() == 0
            Chair.objects.create(name="undone")
            transaction.set_rollback(True)

    def work(number: int) -> int:
        wrong = 0
        for turn in range(15):
            clinic = two[(turn + number) % 2]
            with clinic_scope(clinic):
                chair = Chair.objects.get()
                with transaction.atomic():
                    wrong += Chair.objects.get().name != clinic.schema_name
                    undo()
                    wrong += [one.pk for one in Chair.objects.iterator()] != [chair.pk]
                wrong += Chair.objects.filter(pk=chair.pk).update(name=clinic.schema_name) != 1
        return wrong

    with through(by_transaction, "transaction"):
        assert at_once(work) == 0


def test_the_servers_keep_no_path(two: Sequence[Clinic], by_transaction: Bouncer) -> None:
    with through(by_transaction, "transaction"):
        with clinic_scope(two[0]), transaction.atomic():
            assert Chair.objects.count() == 1
        with clinic_scope(two[0]), connection.cursor() as cursor:
            rows = [(clinic.pk, clinic.schema_name) for clinic in two]
            cursor.executemany("SELECT 1 FROM chairs WHERE tenant_id = %s AND name = %s", rows)
    with by_transaction.connect() as raw:
        for _ in range(20):
            assert raw.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_what_takes_several_messages_needs_a_transaction(
    two: Sequence[Clinic], by_transaction: Bouncer
) -> None:
    with through(by_transaction, "transaction"), clinic_scope(two[0]):
        with pytest.raises(NotSupportedError, match="atomic"), connection.cursor() as cursor:
            cursor.copy("COPY chairs TO STDOUT")
        with (
            pytest.raises(NotSupportedError, match="atomic"),
            connection.chunked_cursor() as cursor,
        ):
            cursor.execute("SELECT 1")
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute("SELECT name FROM chairs WHERE tenant_id = %s", [two[0].pk])
            assert cursor.fetchall() == [(two[0].schema_name,)]


def test_a_pooler_that_nobody_named_is_refused(
    two: Sequence[Clinic], by_transaction: Bouncer, by_session: Bouncer
) -> None:
    for found in (by_transaction, by_session):
        with through(found, "none"):
            with pytest.raises(UnsafePooler, match="DATABASE_POOLER") as refused:
                refuse_unsafe_pooler()
            assert "\n" not in str(refused.value)
            with clinic_scope(two[0]), pytest.raises(UnsafePooler):
                Chair.objects.create(name="never")
            errors = run_checks(tags=["database"], databases=["default"])
            assert "dentalogic.E010" in [error.id for error in errors]
    with clinic_scope(two[0]):
        assert Chair.objects.get().name == two[0].schema_name


def test_without_a_pooler_nothing_is_refused(two: Sequence[Clinic]) -> None:
    refuse_unsafe_pooler()
    assert run_checks(tags=["database"], databases=["default"]) == []
    assert read_wrong(two) == 0


def test_sessions_are_allowed(two: Sequence[Clinic], by_session: Bouncer) -> None:
    with through(by_session, "session"):
        refuse_unsafe_pooler()
        assert read_wrong(two) == 0


def test_declared_sessions_that_are_none_are_refused(
    by_transaction: Bouncer, committing: None, tmp_path: Path
) -> None:
    with through(by_transaction, "session"), pytest.raises(UnsafePooler, match="pool_mode"):
        refuse_unsafe_pooler()
    # A server that nobody cleans hands one session's path to the next.
    with bouncer(tmp_path, "session", reset="") as uncleaned, through(uncleaned, "session"):
        with pytest.raises(UnsafePooler, match="server_reset_query"):
            refuse_unsafe_pooler()


def test_a_busy_pooler_is_found_out(by_transaction: Bouncer, committing: None) -> None:
    """Others take the servers in between: a session is then served by one it never marked."""
    stop = threading.Event()

    def use_servers(_: int) -> bool:
        with by_transaction.connect() as one:
            while not stop.is_set():
                one.execute("SELECT 1")
        return True

    with ThreadPoolExecutor(8) as threads:
        others = [threads.submit(use_servers, number) for number in range(8)]
        try:
            with by_transaction.connect() as mine:
                assert not pooler.sessions_last(mine)
        finally:
            stop.set()
        assert all(one.result(timeout=10) for one in others)
