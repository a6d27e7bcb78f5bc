"""A command of the product, run as the process that it is, and the memory that it takes meanwhile.

Memory is the sum of PSS for our processes. Of a PostgreSQL backend only what is its own (USS) is
counted: the shared buffers belong to the server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from benchmarks.figures import ROOT


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a running command: seconds since its start, work done, megabytes."""

    second: float
    done: int
    process_mb: float
    backends_mb: float


@dataclass(slots=True)
class Watched:
    """How a command ended, and what was seen of it."""

    seconds: float = 0.0
    code: int = 0
    output: str = ""
    samples: list[Sample] = field(default_factory=list)

    @property
    def peak_mb(self) -> float:
        return max((sample.process_mb for sample in self.samples), default=0.0)

    @property
    def backends_peak_mb(self) -> float:
        return max((sample.backends_mb for sample in self.samples), default=0.0)


class Server:
    """The PostgreSQL server behind DATABASE_URL, as the processes that it consists of."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        own = psutil.Process(self._connection.info.backend_pid)
        postmaster = own.parent()
        assert postmaster is not None
        self._postmaster = postmaster

    def ask(self, question: str, *values: object) -> list[tuple[object, ...]]:
        return self._connection.execute(question.encode(), values or None).fetchall()

    def number(self, question: str, *values: object) -> int:
        return int(str(self.ask(question, *values)[0][0] or 0))

    def run(self, statement: str) -> float:
        """Run one statement; its seconds."""
        began = time.perf_counter()
        self._connection.execute(statement.encode())
        return time.perf_counter() - began

    def client_backends(self) -> set[int]:
        """Return the process ids of the backends that serve the product now."""
        return {
            int(str(row[0]))
            for row in self.ask(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        }

    def own_mb(self, pids: set[int]) -> float:
        """Return what these backends hold alone, without the shared buffers."""
        total = 0.0
        for pid in pids:
            try:
                total += psutil.Process(pid).memory_full_info().uss / 1e6
            except psutil.NoSuchProcess:
                continue
        return total

    def close(self) -> None:
        self._connection.close()


def manage(
    *words: str,
    checkout: Path = ROOT,
    server: Server,
    done: Callable[[], int] = lambda: 0,
    every: float = 0.5,
) -> Watched:
    """Run `manage.py` of a checkout to its end, looking at it `every` so many seconds."""
    command = [sys.executable, str(checkout / "manage.py"), *words]
    before = server.client_backends()
    seen = Watched()
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reader = threading.Thread(target=_read, args=(process, seen))
    reader.start()
    while process.poll() is None:
        second = time.perf_counter() - began
        backends = server.client_backends() - before
        seen.samples.append(
            Sample(
                round(second, 2),
                done(),
                round(tree_mb(process.pid), 1),
                round(server.own_mb(backends), 1),
            )
        )
        _wait(process, every)
    seen.seconds = time.perf_counter() - began
    reader.join()
    seen.code = process.returncode
    return seen


def tree_mb(pid: int) -> float:
    """Return the sum of PSS of a process and everything that it started."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        family: Sequence[psutil.Process] = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            total += process.memory_full_info().pss / 1e6
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def _wait(process: subprocess.Popen[str], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _read(process: subprocess.Popen[str], seen: Watched) -> None:
    assert process.stdout is not None
    seen.output = process.stdout.read()
