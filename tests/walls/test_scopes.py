"""Connections, cursors, transactions, forks: none of them carries one clinic into another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import (
    DatabaseError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django_tenants.utils import schema_context

from clinics.models import Chair
from clinics.tenancy.models import Clinic
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import NoClinic, clinic_scope, no_scope
from dentalogic.core.tenant_models import ForeignRow

wrapper: Any = connection
NAMES = "SELECT name FROM chairs WHERE tenant_id IS NOT NULL"


@pytest.fixture
def two(new_clinic: Callable[..., Clinic]) -> Iterator[Sequence[Clinic]]:
    """Two clinics whose only chair has the name of their schema."""
    made = [new_clinic(), new_clinic()]
    for clinic in made:
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
    yield made
    connections.close_all()


def is_in(clinic: Clinic) -> bool:
    return [chair.name for chair in Chair.objects.all()] == [clinic.schema_name]


def path() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


@pytest.mark.usefixtures("schema_alone")
def test_a_cursor_that_is_kept_follows_the_scope(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        cursor = connection.cursor()
        cursor.execute(NAMES)
        assert cursor.fetchone() == (two[0].schema_name,)
    with clinic_scope(two[1]):
        cursor.execute(NAMES)
        assert cursor.fetchone() == (two[1].schema_name,)
        rename = "UPDATE chairs SET name = %s WHERE tenant_id = %s"
        cursor.executemany(rename, [(two[1].schema_name, two[1].pk)])
        assert cursor.rowcount == 1
    with pytest.raises(ProgrammingError, match="chairs"):
        cursor.execute(NAMES)
    cursor.close()


@pytest.mark.usefixtures("schema_alone")
def test_control_a_path_that_is_chosen_with_the_cursor_stays(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        cursor = connection.cursor()
        cursor.execute(NAMES)
    with clinic_scope(two[1]):
        # As django-tenants has it: the path was selected when the cursor was made.
        cursor.cursor.execute(NAMES)
        assert cursor.fetchone() == (two[0].schema_name,)
    cursor.close()


def test_an_error_inside_a_transaction_restores_clinic_and_path(two: Sequence[Clinic]) -> None:
    def fail(error: Exception) -> None:
        with transaction.atomic(), clinic_scope(two[1]):
            Chair.objects.create(name="undone")
            if isinstance(error, DatabaseError):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1/0")
            raise error

    for error in (ValueError("task"), SystemExit(1), DatabaseError("database")):
        with clinic_scope(two[0]):
            with pytest.raises(type(error)):
                fail(error)  # type: ignore[arg-type]
            assert is_in(two[0])
        assert path() == "public"
    with clinic_scope(two[1]):
        assert is_in(two[1])


def test_a_savepoint_that_is_undone_undoes_the_path_too(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]), transaction.atomic():
        assert is_in(two[0])
        for undo in ("ROLLBACK TO SAVEPOINT mine", "Rollback to mine", None):
            with connection.cursor() as cursor:
                cursor.execute("SAVEPOINT mine")
            sid = transaction.savepoint()
            with no_scope():
                assert path() == "public"
                if undo is None:
                    transaction.savepoint_rollback(sid)
                else:
                    with connection.cursor() as cursor:
                        cursor.execute(undo)
                # PostgreSQL has the clinic's path again; nobody may find it there.
                assert path() == "public"
            assert is_in(two[0])


def test_a_path_set_by_hand_lasts_for_no_statement_more(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        with connection.cursor() as cursor:
            cursor.execute(f'SET search_path = "{two[1].schema_name}"')
        assert is_in(two[0])
        with connection.cursor() as cursor:
            cursor.execute("RESET ALL")
        assert is_in(two[0])


def test_a_path_that_can_not_be_selected_is_an_error(two: Sequence[Clinic]) -> None:
    """A cancel that meets `SET` must not let the statement after it read the clinic before."""

    def cancelled(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SET search_path"):
            raise OperationalError("canceling statement due to user request")
        return execute(sql, params, many, context)

    with clinic_scope(two[0]):
        assert is_in(two[0])
    with clinic_scope(two[1]):
        with connection.execute_wrapper(cancelled), pytest.raises(OperationalError):
            is_in(two[1])
        assert is_in(two[1])


def test_a_connection_that_breaks_begins_anew(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        assert is_in(two[0])
        connection.close()
        with clinic_scope(two[1]):
            assert is_in(two[1])
            wrapper.connection.close()
            with pytest.raises(DatabaseError):
                is_in(two[1])
            connection.close()
            assert is_in(two[1])
        assert is_in(two[0])


@pytest.mark.usefixtures("schema_alone")
def test_a_connection_of_the_pool_is_lent_outside_every_clinic(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        assert is_in(two[0])
        left = wrapper.connection
        # Control: the connection keeps the clinic's path.
        connection.close()
        assert left.execute("SELECT current_schema()").fetchone() == (two[0].schema_name,)
    held = list(iter(wrapper.pool.getconn, left))
    assert left.execute("SELECT current_schema()").fetchone() == ("public",)
    with pytest.raises(psycopg.errors.UndefinedTable), left.transaction():
        left.execute("SELECT name FROM chairs")
    for one in (left, *held):
        wrapper.pool.putconn(one)
    assert path() == "public"


def test_a_server_side_cursor_stays_in_the_clinic_of_its_statement(two: Sequence[Clinic]) -> None:
    with transaction.atomic():
        with clinic_scope(two[0]):
            cursor = connection.chunked_cursor()
            cursor.execute(
                "SELECT name FROM chairs c, generate_series(1, 300) WHERE tenant_id = %s",
                [two[0].pk],
            )
            assert cursor.fetchone() == (two[0].schema_name,)
        with no_scope():
            assert path() == "public"
            assert set(cursor.fetchall()) == {(two[0].schema_name,)}
        cursor.close()


@pytest.mark.usefixtures("schema_alone")
def test_a_prepared_statement_is_planned_again_for_another_path(two: Sequence[Clinic]) -> None:
    """PostgreSQL replans when the path has changed, also once it has settled on a generic plan."""
    with clinic_scope(two[0]):
        assert is_in(two[0])
        with connection.cursor() as cursor:
            cursor.execute(f"PREPARE names AS {NAMES}")
    found = []
    for turn in range(40):
        with clinic_scope(two[turn % 2]), connection.cursor() as cursor:
            cursor.execute("EXECUTE names")
            found.append(cursor.fetchall() == [(two[turn % 2].schema_name,)])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE names")
    assert found == [True] * 40


def test_a_row_of_one_clinic_is_not_saved_in_another(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        chair = Chair.objects.get()
        later = Chair.objects.filter(name=two[0].schema_name)
    with clinic_scope(two[1]):
        chair.name = "taken along"
        with pytest.raises(ForeignRow):
            chair.save()
        with pytest.raises(Chair.DoesNotExist):
            chair.refresh_from_db()
        # A query is asked where it runs, not where it was written.
        assert list(later) == []
        assert is_in(two[1])
    with clinic_scope(two[0]):
        assert is_in(two[0])


def test_a_schema_can_not_be_left_on_a_connection(two: Sequence[Clinic]) -> None:
    with pytest.raises(NotSupportedError, match="clinic_scope"):
        wrapper.set_schema(two[0].schema_name)
    with pytest.raises(NotSupportedError), schema_context(two[0].schema_name):
        pytest.fail("entered")
    assert path() == "public"


def test_commands_in_sequence_keep_nothing(two: Sequence[Clinic]) -> None:
    class Visit(BaseCommand):
        stealth_options = ("clinic", "fails")

        def handle(self, *args: Any, **options: Any) -> str:
            assert SCOPE.get() is None
            with clinic_scope(options["clinic"]):
                if options["fails"]:
                    raise RuntimeError("half-way")
                return str(is_in(options["clinic"]))

    for turn in range(6):
        clinic = two[turn % 2]
        with pytest.raises(RuntimeError, match="half-way"):
            call_command(Visit(), clinic=clinic, fails=True)
        assert call_command(Visit(), clinic=clinic, fails=False) == "True"
        with pytest.raises(NoClinic):
            Chair.objects.count()


def test_a_fork_leaves_clinic_and_connections_to_its_parent(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        assert is_in(two[0])
        inherited = wrapper.connection
        child = os.fork()
        if child == 0:
            os._exit(_look(two))
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert wrapper.connection is inherited
        assert is_in(two[0])


def _look(two: Sequence[Clinic]) -> int:
    """Return 0 if the child is outside every clinic, on a connection of its own."""
    try:
        if SCOPE.get() is not None or wrapper.connection is not None:
            return 1
        with clinic_scope(two[1]):
            if not is_in(two[1]):
                return 2
        connection.close()
        wrapper.close_pool()
    except BaseException:  # the test shall see a number, and no second run of pytest
        return 3
    return 0
