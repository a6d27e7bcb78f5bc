"""django-tenants' PostgreSQL backend, with the search path taken from the logical context.

The search path belongs to a connection, the clinic to a context. Asking the ContextVar at each
cursor keeps the two together whatever thread or pooled connection the code happens to run on
(choosing once and querying later read the wrong clinic in half of all asynchronous reads).
"""

from __future__ import annotations

from typing import Any

from django_tenants.postgresql_backend import base as tenants

from dentalogic.core.scope import SCOPE

PUBLIC = "public"


class DatabaseWrapper(tenants.DatabaseWrapper):
    """Select the schema of the scope, or `public` outside one, before each cursor."""

    _by_scope = False

    def sync_scope(self) -> None:
        """Point the wrapper at the scope's schema; the statement follows with the next cursor."""
        scope = SCOPE.get()
        if scope is not None:
            self._by_scope = True
            self._point_at(scope.schema)
        elif self._by_scope:
            self._by_scope = False
            self._point_at(PUBLIC)

    def _point_at(self, schema: str) -> None:
        if self.schema_name != schema:
            self.tenant = tenants.FakeTenant(schema_name=schema)
            self.schema_name = schema
            self.include_public_schema = True
            self.settings_dict["SCHEMA"] = schema
            self.search_path_set_schemas = None

    def _cursor(self, name: str | None = None) -> Any:
        self.sync_scope()
        return super()._cursor(name)  # type: ignore[no-untyped-call]  # django-tenants
