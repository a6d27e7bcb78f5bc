"""The only migration operation that touches structure: one file of `migrations_sql/`.

The file is made of idempotent `DO $$` blocks and `CREATE OR REPLACE`; the Django model state stands
beside it, so that the autodetector and the ORM know what the SQL made.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from dentalogic.core.scope import SCOPE

# How the text of a patch begins that takes something away which the code before it still uses.
CONTRACT = "-- Contract:"


class SqlPatch(Operation):
    """Run one patch, then tell Django what the tables look like now.

    `name` is the path below `migrations_sql/`; it is read when needed, not at import. `state` are
    the model operations whose database half the patch replaces.
    """

    reversible = False
    reduces_to_sql = True
    elidable = False

    def __init__(self, name: str, state: list[Operation] | None = None) -> None:
        self.name = name
        self.state = state or []

    @cached_property
    def sql(self) -> str:
        return (settings.SQL_DIR / self.name).read_text(encoding="utf-8")

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def contracts(self) -> bool:
        """Whether it may only run when no code of the release before runs any more."""
        return self.sql.startswith(CONTRACT)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.state:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        # Django's executor walks every app; only the shared ones have tables in `public`.
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            schema_editor.execute(self.sql, params=None)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__qualname__, [], {"name": self.name, "state": self.state}

    def describe(self) -> str:
        return f"Run migrations_sql/{self.name}"


def run_patch(cursor: Any, patch: SqlPatch) -> None:
    """Run a patch in the scope's schema. The patches read the clinic's id from a local setting."""
    scope = SCOPE.get()
    if scope is not None:
        cursor.execute(
            "SELECT set_config('dentalogic.tenant_id', %s, true)", [str(scope.tenant_id)]
        )
    cursor.execute(patch.sql)
