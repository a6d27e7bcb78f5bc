"""What `make run` keeps running, as data: to change a process, change its line here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

PYTHON = sys.executable
QUEUES = ("realtime", "ingest", "agent", "whatsapp", "google", "mail")
WORKER_THREADS = 8


@dataclass(frozen=True, slots=True)
class Program:
    """Describe one long-running process. The lower `stage` is, the earlier it is stopped."""

    name: str
    command: tuple[str, ...]
    stage: int
    patience: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Step:
    """Describe one command that has to succeed before the programs start."""

    name: str
    title: str
    command: tuple[str, ...]


STEPS = (
    Step("setup-database", "Base de datos / database", (PYTHON, "manage.py", "setup_database")),
    Step("load-demo", "Clínica de demostración / demo clinic", (PYTHON, "manage.py", "load_demo")),
)


def programs(environ: Mapping[str, str]) -> list[Program]:
    """Return the programs to run, in the order of their start."""
    sandbox = Program(
        "sandbox",
        (PYTHON, "-m", "dentalogic.sandbox", "--port", environ["SANDBOX_PORT"]),
        stage=3,
        patience=timedelta(seconds=5),
    )
    web = Program(
        "web",
        (
            *(PYTHON, "-m", "uvicorn", "dentalogic.asgi:application"),
            *("--host", "127.0.0.1", "--port", environ["PORT"], "--workers", "1"),
            *("--loop", "uvloop", "--http", "httptools"),
            *("--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "5"),
        ),
        stage=1,
    )
    # One process with threads: the work is waiting for vendors, and a process costs 100 MB.
    worker = Program(
        "worker",
        (
            *(PYTHON, "-m", "celery", "-A", "dentalogic", "worker", "-Q", ",".join(QUEUES)),
            *("--pool", "threads", "-c", str(WORKER_THREADS), "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ),
        stage=2,
        patience=timedelta(seconds=20),
    )
    dispatcher = Program("dispatcher", (PYTHON, "manage.py", "dispatcher"), stage=2)
    wanted = [sandbox] if environ.get("SANDBOX") == "1" else []
    return [*wanted, web, worker, dispatcher]
