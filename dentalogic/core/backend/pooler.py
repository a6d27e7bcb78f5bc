"""What stands between us and PostgreSQL, and whether a clinic's search path is safe there.

PostgreSQL names the process that serves a connection when the connection begins; a pooler makes up
a number of its own, because the server behind it changes. Where that number is not the one that
`pg_backend_pid()` gives, somebody stands in between.
"""

from __future__ import annotations

import secrets
from threading import Lock
from typing import Any
from weakref import WeakSet

import psycopg
from django.core.exceptions import ImproperlyConfigured

NONE, SESSION, TRANSACTION = "none", "session", "transaction"
CHOICES = (NONE, SESSION, TRANSACTION)
ROUNDS = 6

_known: WeakSet[Any] = WeakSet()
_sessions_last: set[tuple[str, int]] = set()
_probing = Lock()


class UnsafePooler(ImproperlyConfigured):
    """A pooler that nobody has named, or one that mixes up what was declared to be sessions."""


def refuse_unless_safe(connection: psycopg.Connection[Any], declared: str) -> None:
    """Raise UnsafePooler for a connection on which one clinic could read another.

    Costs one statement for a new connection, and some milliseconds for the first one of a process
    where sessions were declared.
    """
    if declared == TRANSACTION or connection in _known:
        return
    if not _is_direct(connection):
        if declared == NONE:
            raise UnsafePooler(
                "DATABASE_URL leads to a connection pooler: say DATABASE_POOLER=transaction, or"
                " DATABASE_POOLER=session if it keeps a server for each connection,"
                " or connect to PostgreSQL itself"
            )
        _check_sessions(connection)
    _known.add(connection)


def _is_direct(connection: psycopg.Connection[Any]) -> bool:
    return connection.info.backend_pid == _server_pid(connection)


def _server_pid(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if not connection.autocommit:
        connection.rollback()
    return int(row[0]) if row else 0


def _check_sessions(connection: psycopg.Connection[Any]) -> None:
    address = (connection.info.host, connection.info.port)
    with _probing:
        if address in _sessions_last:
            return
        if not sessions_last(connection):
            raise UnsafePooler(
                "DATABASE_POOLER=session, but the pooler behind DATABASE_URL changes servers"
                " within a session: set its pool_mode to session with"
                " server_reset_query=DISCARD ALL, or say DATABASE_POOLER=transaction"
            )
        _sessions_last.add(address)


def sessions_last(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether a server serves one session at a time and is cleaned before the next.

    Sessions come and go, and each leaves a mark behind. None may change its server, and none may
    find a mark.
    """
    address: dict[str, Any] = {
        **connection.info.get_parameters(),
        "password": connection.info.password,
    }
    for _ in range(ROUNDS):
        with psycopg.connect(**address, autocommit=True, prepare_threshold=None) as session:
            read = "SELECT pg_backend_pid(), current_setting('dentalogic.session', true)"
            before = session.execute(read).fetchone()
            if before is None or before[1]:
                return False
            mark = secrets.token_hex(8)
            session.execute("SELECT set_config('dentalogic.session', %s, false)", [mark])
            if session.execute(read).fetchone() != (before[0], mark):
                return False
    return True
