"""Workers that a test runs in a process of its own, one pool after the other.

`main` wants Django set up. It prints what the tasks found, by pool.
Nothing here asserts: `test_scopes_worker.py` does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from celery.contrib.testing.worker import start_worker
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_ready
from django.db import connection, connections, transaction
from kombu.transport import memory

from clinics.models import Chair
from dentalogic.celery import app, warm_up
from dentalogic.core.guard.exemption import unguarded
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import clinic_scope

SECONDS, LOOK = 60, 0.02
wrapper: Any = connection


class Memory(memory.Transport):
    """Look up often: a worker that is told to stop hears of it when its transport does."""

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        super().drain_events(connection, timeout=min(timeout or LOOK, LOOK))


class Found:
    """What the tasks of a pool in this process have found."""

    def __init__(self) -> None:
        self._all: list[Any] = []
        self._more = threading.Condition()

    def add(self, one: Any) -> None:
        with self._more:
            self._all.append(one)
            self._more.notify_all()

    def take(self, number: int) -> list[Any]:
        with self._more:
            assert self._more.wait_for(lambda: len(self._all) >= number, SECONDS)
            taken, self._all = self._all, []
            return taken


found = Found()


@app.task(name="hop", throws=(SoftTimeLimitExceeded,))
def hop(number: int, schema: str) -> None:
    """Read one clinic; now and then fail half-way through writing to it."""
    right = False
    try:
        outside = SCOPE.get() is None
        with clinic_scope(schema):
            right = outside and Chair.objects.get().name == schema
        if number % 7 == 0:
            with clinic_scope(schema), transaction.atomic():
                Chair.objects.create(name="undone")
                raise SoftTimeLimitExceeded
    finally:
        found.add([right, threading.get_ident(), id(wrapper.connection)])


@app.task(name="naive_hop")
def naive_hop(number: int, schema: str) -> None:
    """Choose the first time and keep to it: what the search path of a connection does."""
    connection.ensure_connection()
    with unguarded("the control reads by the path alone"):
        if number < 2:
            wrapper.connection.execute(f'SET search_path = "{schema}"')
        name = wrapper.connection.execute("SELECT name FROM chairs").fetchone()[0]
    found.add(name == schema)


@app.task(name="stuck", throws=(SoftTimeLimitExceeded,))
def stuck(schema: str, sink: str) -> None:
    """Sit in a clinic, in the middle of a transaction, until the time is over."""
    with clinic_scope(schema), transaction.atomic():
        Chair.objects.create(name="undone")
        _say(sink, {"pid": os.getpid(), "name": Chair.objects.first().name})  # type: ignore[union-attr]
        time.sleep(SECONDS)


@app.task(name="look")
def look(schema: str, sink: str) -> None:
    """Say where a task finds itself, and what it reads in a clinic of its own."""
    inherited = SCOPE.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (path,) = cursor.fetchone()
    with clinic_scope(schema):
        names = [chair.name for chair in Chair.objects.all()]
    _say(sink, {"pid": os.getpid(), "outside": inherited is None, "path": path, "names": names})


def _say(sink: str, what: dict[str, Any]) -> None:
    with Path(sink).open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def _said(sink: str, number: int) -> list[dict[str, Any]]:
    """Wait for so many lines: children of a worker share no memory with it."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        lines = Path(sink).read_text(encoding="utf-8").splitlines()
        if len(lines) >= number:
            return [json.loads(line) for line in lines]
        time.sleep(0.02)
    raise TimeoutError(Path(sink).read_text(encoding="utf-8"))


@contextmanager
def worker(pool: str, concurrency: int) -> Iterator[None]:
    with start_worker(
        app,
        pool=pool,
        concurrency=concurrency,
        perform_ping_check=False,
        loglevel="CRITICAL",
        shutdown_timeout=SECONDS,
    ):
        yield


def hops(task: Any, two: list[str], number: int, *, threads: int) -> list[Any]:
    """Let tasks visit the clinics in turn, in so many threads with as many connections."""
    connections.close_all()
    wrapper.close_pool()
    wrapper.settings_dict["OPTIONS"]["pool"]["max_size"] = threads
    with worker("threads" if threads > 1 else "solo", threads):
        for turn in range(number):
            task.delay(turn, two[turn % 2])
        return found.take(number)


def limits(two: list[str]) -> list[dict[str, Any]]:
    """Let both limits end a task inside a clinic; after each, look from the next task."""
    with TemporaryDirectory() as folder:
        sink = str(Path(folder) / "said")
        Path(sink).touch()
        with worker("prefork", 1):
            ends: list[dict[str, Any]] = [{"soft_time_limit": 1}, {"time_limit": 1}]
            for at, limit in enumerate(ends):
                stuck.apply_async((two[0], sink), **limit)
                look.delay(two[1], sink)
                _said(sink, 2 * at + 2)
        return _said(sink, 4)


def main(first: str, second: str, number: str, naive: str) -> None:
    two = [first, second]
    # What the vendors' clients cost at the start is nothing that these workers need.
    worker_ready.disconnect(warm_up)
    app.conf.update(
        broker_url="memory://localhost",
        broker_transport=Memory,
        result_backend="cache+memory://",
        broker_transport_options={"polling_interval": 0.002},
    )
    # Processes first: they are copies of this one.
    said: dict[str, Any] = {"prefork": limits(two)}
    said["threads"] = hops(hop, two, int(number), threads=4)
    said["solo"] = hops(hop, two, int(number), threads=1)
    said["naive"] = hops(naive_hop, two, int(naive), threads=1)
    connections.close_all()
    sys.stdout.write(json.dumps(said) + "\n")
