"""A column is renamed while old and new code work on it: the example of docs/migrations.md.

`chairs.name` becomes `chairs.label`. Nothing may fail for either code, and no value may be lost.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from dentalogic.core.evolution.robot import State
from dentalogic.core.patches.rules import faults
from tests.evolution.world import World, wait_for

EXAMPLE = Path(__file__).with_name("renaming")
CLINICS = ("alfa", "beta")
# Enough for prepared statements to be kept across the change, and for many rows to meet it.
ENOUGH = 60


class Worker(threading.Thread):
    """One version of the code: adds, renames and reads chairs of one clinic until told to end."""

    def __init__(self, url: str, clinic: str, column: str) -> None:
        super().__init__(daemon=True)
        self.url, self.clinic, self.column = url, clinic, column
        self.done = 0
        self.error: Exception | None = None
        self.ending = threading.Event()
        self.wrote: dict[uuid.UUID, str] = {}

    def run(self) -> None:
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(
                    sql.SQL("SET search_path = {}, extensions").format(sql.Identifier(self.clinic))
                )
                tenant = self.tenant_of(connection)
                while not self.ending.is_set():
                    self.work(connection, tenant)
                    self.done += 1
        except (psycopg.Error, AssertionError) as error:
            self.error = error

    def tenant_of(self, connection: psycopg.Connection[Any]) -> uuid.UUID:
        row = connection.execute(
            "SELECT id FROM public.clinics WHERE schema_name = %s", [self.clinic]
        ).fetchone()
        assert row is not None
        tenant: uuid.UUID = row[0]
        return tenant

    def work(self, connection: psycopg.Connection[Any], tenant: uuid.UUID) -> None:
        chair, first, second = uuid.uuid4(), f"a {uuid.uuid4()}", f"b {uuid.uuid4()}"
        column = sql.Identifier(self.column)
        connection.execute(
            sql.SQL(
                "INSERT INTO chairs (id, tenant_id, {}, is_active) VALUES (%s, %s, %s, true)"
            ).format(column),
            [chair, tenant, first],
        )
        connection.execute(
            sql.SQL("UPDATE chairs SET {} = %s WHERE tenant_id = %s AND id = %s").format(column),
            [second, tenant, chair],
        )
        found = connection.execute(
            sql.SQL("SELECT {} FROM chairs WHERE tenant_id = %s AND id = %s").format(column),
            [tenant, chair],
        ).fetchone()
        assert found == (second,)
        self.wrote[chair] = second


class Release:
    """Code of one version at work on every clinic."""

    def __init__(self, url: str, column: str) -> None:
        self.workers = [Worker(url, clinic, column) for clinic in CLINICS]
        for worker in self.workers:
            worker.start()

    def go_on(self) -> None:
        """Return when each worker has done enough more, or one of them failed."""
        aims = [(worker, worker.done + ENOUGH) for worker in self.workers]
        wait_for(
            lambda: all(worker.done >= aim or worker.error for worker, aim in aims), "the workers"
        )
        self.check()

    def end(self) -> dict[uuid.UUID, str]:
        for worker in self.workers:
            worker.ending.set()
        for worker in self.workers:
            worker.join()
        self.check()
        return {chair: name for worker in self.workers for chair, name in worker.wrote.items()}

    def check(self) -> None:
        assert [worker.error for worker in self.workers if worker.error] == []


@contextmanager
def release(url: str, column: str) -> Iterator[Release]:
    running = Release(url, column)
    try:
        yield running
    finally:
        for worker in running.workers:
            worker.ending.set()


def chairs(world: World, columns: str) -> list[tuple[Any, ...]]:
    query = "SELECT {} FROM alfa.chairs UNION ALL SELECT {} FROM beta.chairs"
    return world.sql.execute(sql.SQL(query).format(*[sql.SQL(columns)] * 2)).fetchall()


def text_of(name: str) -> str:
    text = (EXAMPLE / f"{name}.sql").read_text(encoding="utf-8")
    assert list(faults(text)) == []
    return text


def test_a_column_is_renamed_under_load(world: World) -> None:
    with release(world.url, "name") as old:
        old.go_on()
        world.patch("0001_expand", text_of("0001_expand"))
        expanded = world.evolve(jobs=2, lock_timeout=5)
        assert {one.state for one in expanded.values()} == {State.DONE}
        old.go_on()
        with release(world.url, "label") as new:
            # Both versions are at work: a rolling deployment.
            new.go_on()
            old.go_on()
            both = chairs(world, "name, label")
            assert len(both) >= 8 * ENOUGH
            assert all(name == label for name, label in both)
            written = old.end()
            world.patch("0002_contract", text_of("0002_contract"))
            contracted = world.evolve(jobs=2, lock_timeout=5)
            assert {one.state for one in contracted.values()} == {State.DONE}
            new.go_on()
            written |= new.end()
    assert dict(chairs(world, "id, label")) == written
    assert world.behind() == []


def test_the_naive_rename_fails_one_of_them(world: World) -> None:
    """The control: the load notices a rename in one step."""
    with release(world.url, "name") as old:
        old.go_on()
        world.patch("0001_naive", text_of("naive"))
        world.evolve(jobs=2, lock_timeout=5)
        with pytest.raises(AssertionError, match="name"):
            old.go_on()
