"""Whatever starts behind a pooler that nobody named says so in one line, and does no work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from clinics.tenancy.models import Clinic
from dentalogic.core.backend import pooler
from dentalogic.core.idempotency import RequestInFlight, once_across
from dentalogic.core.tenancy import clinic_scope
from dentalogic.env import env_choice
from tests.walls.pgbouncer import Bouncer, bouncer, through

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    "web": ("-m", "uvicorn", "dentalogic.asgi:application", "--port", "0"),
    "worker": ("-m", "celery", "-A", "dentalogic", "worker", "-Q", "none", "--pool", "threads"),
    "dispatcher": ("manage.py", "dispatcher"),
    "command": ("manage.py", "evolve", "--check"),
}


@pytest.fixture
def pooled(committing: None, tmp_path: Path) -> Iterator[Bouncer]:
    with bouncer(tmp_path, "transaction", servers=12) as started:
        yield started


def test_nothing_starts(pooled: Bouncer) -> None:
    environment = {**os.environ, "DATABASE_URL": pooled.url(), "DATABASE_POOLER": ""}

    def start(words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    with ThreadPoolExecutor(len(PROGRAMS)) as threads:
        ended = dict(zip(PROGRAMS, threads.map(start, PROGRAMS.values()), strict=True))
    for name, one in ended.items():
        said = one.stderr + one.stdout
        assert one.returncode not in {0, None}, name
        assert "Traceback" not in said, (name, said[-2000:])
        lines = [line for line in said.splitlines() if "DATABASE_POOLER" in line]
        assert len(lines) == 1, (name, said[-2000:])


def test_a_word_that_means_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "statement")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOLER='statement': use none or"):
        env_choice("DATABASE_POOLER", "none", pooler.CHOICES)


def test_one_key_is_one_effect_through_a_pooler(
    pooled: Bouncer, new_clinic: Callable[..., Clinic]
) -> None:
    """The lock of work that talks to the network is held, and let go, on one server."""
    clinic, user, result = new_clinic(), uuid.uuid4(), uuid.uuid4()
    working, may_end, done = threading.Event(), threading.Event(), []

    def work() -> uuid.UUID:
        working.set()
        assert may_end.wait(30)
        done.append(1)
        return result

    def ask() -> tuple[uuid.UUID, bool]:
        with clinic_scope(clinic):
            return once_across(user_id=user, route="book", key="k1", body={}, work=work)

    with through(pooled, "transaction"), ThreadPoolExecutor(1) as threads:
        first = threads.submit(ask)
        assert working.wait(30)
        for _ in range(8):
            with pytest.raises(RequestInFlight):
                ask()
        may_end.set()
        assert first.result(timeout=30) == (result, False)
        assert [ask() for _ in range(8)] == [(result, True)] * 8
        assert done == [1]
        threads.submit(connections.close_all).result(timeout=10)
