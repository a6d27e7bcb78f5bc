"""The pool of a process: whoever takes a connection past Django finds it outside every clinic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from psycopg_pool import ConnectionPool

# What a backend remembers of a clinic is of no use to whoever does not come back to it.
CLINICS_AT_ONCE = 25
_TO_DJANGO: ContextVar[bool] = ContextVar("lending_to_django", default=False)


class ClinicPool(ConnectionPool[Any]):
    """Leave a returned connection on its clinic's path, and take it off before others get it.

    Django's wrapper selects a path with its first statement anyway: for it that would be a round
    trip for nothing.

    A connection that has served `max_clinics` clinics is replaced when it comes back: PostgreSQL
    keeps the catalogue of every table that a backend has touched, a quarter of a megabyte for a
    clinic, until the backend ends.
    """

    def __init__(self, *args: Any, public: str, max_clinics: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._public = public
        self.max_clinics = max_clinics
        self._served: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()

    def note(self, connection: Any, schema: str) -> None:
        """Note that a connection serves a clinic."""
        self._served.setdefault(connection, set()).add(schema)

    def putconn(self, conn: Any) -> None:
        if len(self._served.get(conn, ())) >= self.max_clinics:
            # The pool's own way of replacing what is past its time.
            conn._expire_at = 0.0
        super().putconn(conn)

    @contextmanager
    def once_each(self) -> Iterator[None]:
        """Replace connections sooner, for work that comes to each clinic once."""
        before = self.max_clinics
        self.max_clinics = min(before, CLINICS_AT_ONCE)
        try:
            yield
        finally:
            self.max_clinics = before

    @staticmethod
    @contextmanager
    def lending() -> Iterator[None]:
        token = _TO_DJANGO.set(True)
        try:
            yield
        finally:
            _TO_DJANGO.reset(token)

    def getconn(self, timeout: float | None = None) -> Any:
        connection = super().getconn(timeout)
        if not _TO_DJANGO.get():
            try:
                connection.execute(f"SET search_path = {self._public}; SET dentalogic.actor = ''")
                if not connection.autocommit:
                    connection.commit()
            except BaseException:
                self.putconn(connection)
                raise
        return connection
