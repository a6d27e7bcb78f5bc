"""Hanging the guard on connections: whatever goes through a watched one is read first."""

from __future__ import annotations

import json
import os
import re
import traceback
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created
from psycopg.sql import Composable

from dentalogic.core.guard.checking import Violation, check
from dentalogic.core.guard.exemption import REASON
from dentalogic.core.guard.tables import clinic_tables

ROOT = Path(__file__).resolve().parent.parent.parent.parent
# Frames that say nothing about who sent a statement.
CARRIERS = ("/dentalogic/core/guard/", "/dentalogic/core/backend/", "/.venv/", "/site-packages/")
# What the database backend puts before a statement: another text for each clinic and person.
BEFORE = re.compile(
    r'(?:SET (?:LOCAL )?search_path = (?:"\w+"(?:, )?)+; )?'
    r"(?:SET (?:LOCAL )?dentalogic\.actor = '[\w:-]+'; )?"
)
LONGEST = 2000
LONGEST_KEPT = 20_000


class TenantPredicateMissing(RuntimeError):
    """A statement touched a clinic's table and did not say which clinic's. It was not sent."""

    def __init__(
        self, statement: str, violations: tuple[Violation, ...], frames: list[str]
    ) -> None:
        self.statement = statement
        self.violations = violations
        self.frames = frames
        super().__init__(
            "\n".join(
                [
                    *map(str, violations),
                    f"in: {' '.join(statement.split())[:LONGEST]}",
                    *(f"from: {frame}" for frame in frames),
                ]
            )
        )


def inspect(connection: Any, query: Any, params: Any) -> None:
    """Raise `TenantPredicateMissing` instead of letting the statement through."""
    if REASON.get():
        return
    text = query
    if isinstance(query, Composable):
        text = query.as_string(connection)
    elif isinstance(query, bytes):
        text = query.decode()
    text = BEFORE.sub("", text, count=1) if text.startswith("SET ") else text
    # The foundation of a clinic is a text of its own each time: read, and not kept.
    read = check if len(text) < LONGEST_KEPT else check.__wrapped__
    found = read(text, clinic_tables(), parametrised=params is not None)
    if found:
        refused = TenantPredicateMissing(text, found, own_frames())
        _report(refused)
        raise refused


def own_frames() -> list[str]:
    """Return the lines of our code that led here, the innermost first."""
    root = f"{ROOT}{os.sep}"
    return [
        f"{frame.filename.removeprefix(root)}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_stack())
        if frame.filename.startswith(root) and not any(part in frame.filename for part in CARRIERS)
    ][:12]


def _report(refused: TenantPredicateMissing) -> None:
    """Leave a line where the test suite looks: a handler may swallow the exception."""
    if not settings.QUERY_GUARD_REPORT:
        return
    line = json.dumps({"pid": os.getpid(), "message": str(refused)})
    with Path(settings.QUERY_GUARD_REPORT).open("a", encoding="utf-8") as report:
        report.write(f"{line}\n")


class _Guarded:
    """Reads a statement before the cursor sends it. Asynchronous cursors return awaitables."""

    connection: Any

    def execute(self, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        inspect(self.connection, query, params)
        return super().execute(query, params, *args, **kwargs)  # type: ignore[misc]

    def executemany(self, query: Any, params_seq: Any, *args: Any, **kwargs: Any) -> Any:
        inspect(self.connection, query, ())
        return super().executemany(query, params_seq, *args, **kwargs)  # type: ignore[misc]

    def stream(self, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        inspect(self.connection, query, params)
        return super().stream(query, params, *args, **kwargs)  # type: ignore[misc]

    def copy(self, statement: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        inspect(self.connection, statement, params)
        return super().copy(statement, params, *args, **kwargs)  # type: ignore[misc]


@cache
def _guarded(base: type[Any]) -> type[Any]:
    if issubclass(base, _Guarded):
        return base
    return type(f"Guarded{base.__name__}", (_Guarded, base), {})


def watch(connection: Any) -> None:
    """Put the guard on a psycopg connection, if it is on. Twice is as good as once."""
    if settings.QUERY_GUARD:
        connection.cursor_factory = _guarded(connection.cursor_factory)
        connection.server_cursor_factory = _guarded(connection.server_cursor_factory)


async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
    """Put the guard on each connection of a pool (`AsyncConnectionPool(configure=...)`)."""
    watch(connection)


def _watch_django(connection: Any, **_: Any) -> None:
    watch(connection.connection)


def switch_on() -> None:
    """Watch every connection that Django makes from now on, in whatever thread, and the open ones.

    Does nothing unless QUERY_GUARD says so.
    """
    if not settings.QUERY_GUARD:
        return
    connection_created.connect(_watch_django, dispatch_uid="dentalogic.query_guard")
    for wrapper in connections.all(initialized_only=True):
        if wrapper.connection is not None:
            watch(wrapper.connection)
