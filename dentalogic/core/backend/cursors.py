"""Cursors that ask for the search path at each statement, not when they are made.

A cursor may be older than the scope, and outlive it: whoever keeps one and enters another clinic
must not read the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import NotSupportedError
from django.db.backends.postgresql.base import CursorDebugWrapper as DjangoDebugCursor
from django.db.backends.utils import CursorWrapper as DjangoCursor
from psycopg import ServerCursor
from psycopg import sql as composed

if TYPE_CHECKING:
    from dentalogic.core.backend.base import DatabaseWrapper

# After these the search path may be another one than was selected.
CHANGES_THE_PATH = ("rollback", "set", "reset", "discard", "abort")


class OnItsPath:
    """Select the search path with each statement, on whatever road it takes to PostgreSQL."""

    cursor: Any
    db: DatabaseWrapper

    @property
    def on_server(self) -> bool:
        """Whether this is a cursor of PostgreSQL's own, which takes one statement and no more."""
        return isinstance(self.cursor, ServerCursor)

    def _execute(self, sql: Any, params: Any, *context: Any) -> Any:
        if self.on_server:
            self.stay()
            return super()._execute(sql, params, *context)  # type: ignore[misc]
        before = self.db.select_path(self)
        try:
            return self._execute_after(before, sql, params, *context)
        except BaseException:
            # Whether PostgreSQL came as far as the path is not known.
            if before:
                self.db.forget_path()
            raise
        finally:
            if str(sql).lstrip()[:8].lower().startswith(CHANGES_THE_PATH):
                self.db.forget_path()

    def _execute_after(self, before: list[str], sql: Any, params: Any, *context: Any) -> Any:
        if not before:
            return super()._execute(sql, params, *context)  # type: ignore[misc]
        prefix = "".join(f"{statement}; " for statement in before)
        if params is not None:
            prefix = prefix.replace("%", "%%")
        whole = prefix + sql if isinstance(sql, str) else composed.SQL(prefix) + sql
        result = super()._execute(whole, params, *context)  # type: ignore[misc]
        for _statement in before:
            self.cursor.nextset()
        return result

    def _executemany(self, sql: Any, param_list: Any, *context: Any) -> Any:
        with self.db.one_transaction(self):
            return super()._executemany(sql, param_list, *context)  # type: ignore[misc]

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        with self.db.one_transaction(self):
            return super().callproc(*args, **kwargs)  # type: ignore[misc]

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        self.stay()
        # Django's own copy() is the debug cursor's alone.
        return self.cursor.copy(*args, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        self.stay()
        return self.cursor.stream(*args, **kwargs)

    def stay(self) -> None:
        """Select the path for what takes several messages; refuse where it would not last."""
        if self.db.path_is_lost_between_messages():
            raise NotSupportedError(
                "behind a pooler (DATABASE_POOLER=transaction) COPY, stream() and server-side "
                "cursors need a transaction: use atomic()"
            )
        self.db.select_path_now(self)


class ScopedCursor(OnItsPath, DjangoCursor):
    pass


class ScopedDebugCursor(OnItsPath, DjangoDebugCursor):
    pass
