"""Histories of made-up models, written by the real generator into a folder of the test's own."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import models
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.state import ModelState, ProjectState

from dentalogic.core.patches.describing import side_of
from dentalogic.core.patches.history import History
from dentalogic.core.patches.planning import Draft, plan
from dentalogic.core.patches.rules import faults
from dentalogic.core.patches.writing import detect
from dentalogic.core.tenant_models import TenantIdField
from tests.evolution.scratch import Scratch

Fields = dict[str, Any]


def model(
    app: str, fields: Fields, *, name: str = "Thing", table: str = "things", **options: Any
) -> ModelState:
    """Describe a model as a migration would: with its key, and the wall on a clinic's side."""
    key: Any = models.UUIDField(default=uuid.uuid4, primary_key=True)
    both: Fields = {"id": fields.pop("id", key)}
    if app == "clinics":
        both["tenant_id"] = TenantIdField()
    return ModelState(
        app, name, [*(both | fields).items()], {"db_table": table, "indexes": [], **options}
    )


def state_of(*states: ModelState) -> ProjectState:
    """Gather models into a state. The autodetector writes into the fields that it compares."""
    own = [one.clone() for one in states]
    for one in own:
        one.fields = {name: column.clone() for name, column in one.fields.items()}
    return ProjectState({(one.app_label, one.name_lower): one for one in own})


@dataclass
class Chain:
    """The patches of one app so far, and the state of the models after them."""

    app: str
    folder: Path
    state: ProjectState = field(default_factory=ProjectState)
    drafts: list[Draft] = field(default_factory=list)

    def go(
        self, *wanted: ModelState, renames: Sequence[str] = (), drops: Sequence[str] = ()
    ) -> list[tuple[Path, Draft]]:
        """Write the patches that bring the models to what is wanted."""
        found = detect(
            self.app, self.state, state_of(*wanted), MigrationGraph(), renames=renames, drops=drops
        )
        history = History.read(self.folder, side_of(self.app))
        drafts = plan(found.operations, self.app, self.state, history)
        written = []
        (self.folder / self.app).mkdir(exist_ok=True)
        for draft in drafts:
            self.drafts.append(draft)
            path = self.folder / self.app / f"{len(self.drafts):04}_{draft.suffix or 'expand'}.sql"
            text = draft.text("a step")
            assert list(faults(text)) == []
            path.write_text(text, encoding="utf-8")
            written.append((path, draft))
            for operation in draft.operations:
                operation.state_forwards(self.app, self.state)
        left = detect(self.app, self.state, state_of(*wanted), MigrationGraph()).operations
        assert left == []
        return written


def advance(chain: Chain, scratch: Scratch, *wanted: ModelState, **flags: Any) -> None:
    """Write the next patches and run them, twice each; only what is dropped may lose anything."""
    for path, draft in chain.go(*wanted, **flags):
        before = contents(scratch)
        scratch.add(path.read_text(encoding="utf-8"), path.name)
        after = contents(scratch)
        dropped = any(change.kind in {"drop column", "drop table"} for change in draft.changes)
        if not dropped:
            for key, values in before.items():
                lost = values - after.get(key, Counter())
                assert not lost, f"{path.name} lost {lost}"


def contents(scratch: Scratch) -> dict[str, Counter[str]]:
    """Return the values of each row, whatever its columns and tables are called. NULL is none."""
    return {
        str(row["id"]): Counter(str(value).lower() for value in row.values() if value is not None)
        for table, rows in scratch.rows().items()
        if table != "retired"
        for row in rows
    }
