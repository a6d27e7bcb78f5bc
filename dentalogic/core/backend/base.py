"""django-tenants' PostgreSQL backend, with the search path taken from the logical context.

The search path belongs to a connection, the clinic to a context. Asking the context at each
statement keeps the two together whatever thread, cursor or pooled connection the code happens to
use (choosing once and querying later read the wrong clinic in half of all asynchronous reads).

Behind a pooler that hands its servers round between transactions (`DATABASE_POOLER=transaction`)
a search path would go to whoever comes next. There it travels with the statement, in the same
message: PostgreSQL runs the two as one transaction, at the end of which the path is gone.

Who acts goes the same way, as the setting `dentalogic.actor` that the audit's triggers read: with
the path where that is selected, else in one message with the statement, never by a round trip.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import NotSupportedError, connections
from django.db.backends.base.base import NO_DB_ALIAS
from django_tenants.postgresql_backend import base as tenants
from psycopg.pq import TransactionStatus

from dentalogic.core.backend import pooler
from dentalogic.core.backend.cursors import ScopedCursor, ScopedDebugCursor
from dentalogic.core.backend.one_clinic import OneClinic
from dentalogic.core.backend.pool import ClinicPool
from dentalogic.core.scope import ACTOR, SCOPE, SYSTEM

PUBLIC = "public"


class DatabaseWrapper(tenants.DatabaseWrapper):
    """Select the schema of the scope, or `public` outside one, with each statement."""

    _selecting = False
    # Who acts, as this connection was told last; None = not known.
    _told: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # django-tenants
        self._one_clinic = OneClinic()

    def set_autocommit(self, *args: Any, **kwargs: Any) -> None:
        # Django's two ends of a transaction.
        self._one_clinic.begin_anew()
        super().set_autocommit(*args, **kwargs)

    @property
    def _by_transaction(self) -> bool:
        return bool(self.settings_dict.get("POOLER", pooler.NONE) == pooler.TRANSACTION)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Allow `public` alone: a schema set here would stay with the thread's connection."""
        if tenant.schema_name != PUBLIC:
            raise NotSupportedError("enter a clinic with clinic_scope(): it follows the context")
        self._point_at(PUBLIC)

    def sync_scope(self) -> None:
        """Point the wrapper at the scope's schema; the statement follows with the next one."""
        scope = SCOPE.get()
        if scope is None:
            self._point_at(PUBLIC)
            return
        if self.in_atomic_block:
            self._one_clinic.touch(self, scope.schema)
        self._point_at(scope.schema)

    def _point_at(self, schema: str) -> None:
        if self.schema_name != schema:
            self.tenant = tenants.FakeTenant(schema_name=schema)
            self.schema_name = schema
            self.include_public_schema = True
            names = self._get_cursor_search_paths()  # type: ignore[no-untyped-call]
            self._wanted = ", ".join(f'"{name}"' for name in names)

    def select_path(self, cursor: Any) -> list[str]:
        """Select the path on this connection; or return what has to go before the statement."""
        if not self._needs_path():
            return self._tell("SET")
        if not self._by_transaction:
            self._set_path(cursor, "SET")
            return []
        self.forget_path()
        before = [f"SET LOCAL search_path = {self._wanted}", *self._tell("SET LOCAL")]
        # In a transaction it holds for what follows; otherwise for this one message.
        if self.connection.autocommit:
            self.forget_path()
        else:
            self.search_path_set_schemas = self._wanted
        return before

    def select_path_now(self, cursor: Any) -> None:
        """Select the path by a statement of its own, for the rest of a transaction at least."""
        command = "SET LOCAL" if self._by_transaction else "SET"
        if self._needs_path():
            self._set_path(cursor, command)
        else:
            for statement in self._tell(command):
                self._run(cursor, statement)

    def _tell(self, command: str) -> list[str]:
        """Return the statement that says who acts, where a clinic's connection has to be told."""
        actor = ACTOR.get()
        if self._told == actor or self.schema_name in {None, PUBLIC} or self._selecting:
            return []
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return []
        if self._by_transaction:
            command = "SET LOCAL"
        self._told = actor
        return [f"{command} dentalogic.actor = '{actor}'"]

    def _needs_path(self) -> bool:
        if self._selecting:
            return False
        self.sync_scope()
        status = self.connection.pgconn.transaction_status
        if status == TransactionStatus.INERROR:
            # PostgreSQL takes nothing but a rollback now, after which the path is an older one.
            self.forget_path()
            return False
        if self._by_transaction and status == TransactionStatus.IDLE:
            self.forget_path()
        return bool(self.search_path_set_schemas != self._wanted)

    def _set_path(self, cursor: Any, command: str) -> None:
        """Select the path or raise: going on would read whichever clinic was selected before."""
        self.forget_path()
        wanted = self._wanted
        told = self._tell(command)
        self._told = None
        self._run(cursor, "; ".join([f"{command} search_path = {wanted}", *told]))
        self.search_path_set_schemas = wanted
        if told:
            self._told = ACTOR.get()
        if self.schema_name not in {None, PUBLIC} and self.pool:
            self.pool.note(self.connection, str(self.schema_name))

    def _run(self, cursor: Any, statement: str) -> None:
        self._selecting = True
        try:
            if cursor.on_server:
                with self.connection.cursor() as other:
                    other.execute(statement)
            else:
                cursor.execute(statement)
        finally:
            self._selecting = False

    def forget_path(self) -> None:
        self.search_path_set_schemas = None
        self._told = None

    def path_is_lost_between_messages(self) -> bool:
        return self._by_transaction and bool(self.connection.autocommit)

    @contextmanager
    def one_transaction(self, cursor: Any) -> Iterator[None]:
        """Keep the path for what takes several messages."""
        if not self.path_is_lost_between_messages():
            self.select_path_now(cursor)
            yield
            return
        try:
            with self.connection.transaction():
                self.forget_path()
                self.select_path_now(cursor)
                yield
        finally:
            self.forget_path()

    def _cursor(self, name: str | None = None) -> Any:
        # Not django-tenants' own, which would select the path here and for good.
        return tenants.original_backend.DatabaseWrapper._cursor(self, name)

    def make_cursor(self, cursor: Any) -> ScopedCursor:
        return ScopedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> ScopedDebugCursor:
        return ScopedDebugCursor(cursor, self)

    @property
    def pool(self) -> ClinicPool | None:
        """Django's pool, of a class that lends connections to others only on `public`."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            if self.settings_dict.get("CONN_MAX_AGE", 0) != 0:
                raise ImproperlyConfigured("Pooling doesn't support persistent connections.")
            made = ClinicPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,
                check=ClinicPool.check_connection
                if self.settings_dict["CONN_HEALTH_CHECKS"]
                else None,
                public=self._public_path(),
                **options,
            )
            # Of several threads that come here at once, the first one's pool counts.
            self._connection_pools.setdefault(self.alias, made)
        found: ClinicPool = self._connection_pools[self.alias]
        return found

    @staticmethod
    def _public_path() -> str:
        return ", ".join(f'"{name}"' for name in (PUBLIC, *tenants.EXTRA_SEARCH_PATHS))

    def get_new_connection(self, conn_params: Any) -> Any:
        self.forget_path()
        with ClinicPool.lending():
            connection = super().get_new_connection(conn_params)
        try:
            pooler.refuse_unless_safe(connection, self.settings_dict.get("POOLER", pooler.NONE))
        except BaseException:
            if self.pool:
                self.pool.putconn(connection)
            else:
                connection.close()
            raise
        return connection


def _begin_anew() -> None:
    """Leave the parent's clinic and connections: the child has the same sockets as its parent.

    Dropped and not closed: closing would end the parent's session. psycopg knows a connection of
    another process and lets go of it silently.
    """
    SCOPE.set(None)
    ACTOR.set(SYSTEM)
    DatabaseWrapper._connection_pools.clear()
    for one in connections.all(initialized_only=True):
        del connections[one.alias]


os.register_at_fork(after_in_child=_begin_anew)
