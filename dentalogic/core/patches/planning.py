"""Which patches a list of model operations becomes: expand, contract, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from dentalogic.core.patches.blocks import render
from dentalogic.core.patches.comparing import Change, Renaming, compare
from dentalogic.core.patches.describing import describe, side_of
from dentalogic.core.patches.history import History
from dentalogic.core.patches.refusing import CannotGuard

_KNOWN = (
    ops.CreateModel, ops.DeleteModel, ops.RenameModel, ops.AlterModelTable,
    ops.AlterModelOptions, ops.AlterModelManagers, ops.AlterUniqueTogether,
    ops.AlterOrderWithRespectTo, ops.AddField, ops.RemoveField, ops.AlterField, ops.RenameField,
    ops.AddIndex, ops.RemoveIndex, ops.RenameIndex, ops.AddConstraint, ops.RemoveConstraint,
    ops.AlterConstraint,
)  # fmt: skip
_RENAMES = (ops.RenameModel, ops.RenameField, ops.RenameIndex, ops.AlterModelTable)
_DROPS = (ops.RemoveField, ops.DeleteModel, ops.RemoveIndex, ops.RemoveConstraint)
NOTHING = "-- Only what the models say changes: nothing in the database.\nDO $$\nBEGIN\nEND $$;"


@dataclass(slots=True)
class Draft:
    """One patch to write: its blocks, and the model operations that it stands for."""

    suffix: str
    contract: bool
    changes: list[Change]
    operations: list[Operation] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def text(self, title: str) -> str:
        """Return the patch file."""
        sentence = f"{title[:1].upper()}{title[1:]}."
        head = f"-- Contract: {title}." if self.contract else f"-- {sentence}"
        return head + "\n\n" + "\n\n".join(self.blocks or [NOTHING]) + "\n"


def plan(
    operations: Sequence[Operation], app: str, before: ProjectState, history: History
) -> list[Draft]:
    """Return the patches that the operations become, in the order to run; none for none."""
    if not operations:
        return []
    for operation in operations:
        if type(operation) not in _KNOWN:
            raise CannotGuard(
                f"{type(operation).__name__}: not a change of the models. Write by hand a patch of"
                " DO blocks that look before they act (data: an UPDATE that a second run does not"
                " repeat; an index on a large table: a patch runs in a transaction, so without"
                " CONCURRENTLY)"
            )
    side = side_of(app)
    after, renamings = _walk(operations, app, before)
    changes = compare(describe(before, side), describe(after, side), renamings)
    drafts = [
        Draft("rename", contract=True, changes=changes.renames),
        Draft("before", contract=True, changes=changes.before),
        Draft("", contract=False, changes=changes.expand),
        Draft("contract", contract=True, changes=changes.contract),
    ]
    for draft in drafts:
        draft.blocks = render(draft.changes, history)
    renames, rest, drops = _sort(operations)
    for draft, belonging in zip(drafts, (renames, [], rest, drops), strict=True):
        draft.operations = belonging
    drafts = _merge(drafts)
    _verify([one for draft in drafts for one in draft.operations], app, before, after)
    return drafts


def _walk(
    operations: Sequence[Operation], app: str, before: ProjectState
) -> tuple[ProjectState, list[Renaming]]:
    """Return the state after the operations, and the renames among them by table and column."""
    state = before.clone()
    found = []
    for operation in operations:
        after = state.clone()
        operation.state_forwards(app, after)
        found += _renamings(operation, app, state, after)
        state = after
    return state, found


def _renamings(
    operation: Operation, app: str, before: ProjectState, after: ProjectState
) -> list[Renaming]:
    if isinstance(operation, ops.RenameModel):
        tables = _table(before, app, operation.old_name), _table(after, app, operation.new_name)
    elif isinstance(operation, ops.AlterModelTable):
        tables = _table(before, app, operation.name), _table(after, app, operation.name)
    elif isinstance(operation, ops.RenameField):
        table = _table(before, app, operation.model_name)
        old = _column(before, app, operation.model_name, operation.old_name)
        new = _column(after, app, operation.model_name, operation.new_name)
        return [Renaming(table, old, new)] if old != new else []
    elif isinstance(operation, ops.AlterField):
        table = _table(before, app, operation.model_name)
        old = _column(before, app, operation.model_name, operation.name)
        new = _column(after, app, operation.model_name, operation.name)
        return [Renaming(table, old, new)] if old and new and old != new else []
    elif isinstance(operation, ops.RenameIndex) and operation.old_name:
        table = _table(before, app, operation.model_name)
        return [Renaming(table, operation.old_name, operation.new_name, "index")]
    else:
        return []
    if tables[0] == tables[1]:
        return []
    return [Renaming(tables[0], tables[0], tables[1], "table")]


def _table(state: ProjectState, app: str, model: str) -> str:
    options = state.models[app, model.lower()].options
    return str(options.get("db_table") or f"{app}_{model.lower()}")


def _column(state: ProjectState, app: str, model: str, name: str) -> str:
    """Return the column of a field, nothing for one that has none."""
    found = state.models[app, model.lower()].get_field(name)
    if found.many_to_many:
        return ""
    by_name = f"{name}_id" if isinstance(found, models.ForeignKey) else name
    return str(found.db_column or by_name)


def _sort(
    operations: Sequence[Operation],
) -> tuple[list[Operation], list[Operation], list[Operation]]:
    renames: list[Operation] = []
    rest: list[Operation] = []
    drops: list[Operation] = []
    again = {
        (ops.RemoveIndex, one.model_name.lower(), one.index.name)
        for one in operations
        if isinstance(one, ops.AddIndex)
    } | {
        (ops.RemoveConstraint, one.model_name.lower(), one.constraint.name)
        for one in operations
        if isinstance(one, ops.AddConstraint)
    }
    renamed = {
        (one.model_name.lower(), one.old_name.lower())
        for one in operations
        if isinstance(one, ops.RenameField)
    }
    for one in operations:
        if isinstance(one, _RENAMES) or (
            # Django writes it before a rename that keeps the column's name.
            isinstance(one, ops.AlterField)
            and (one.model_name.lower(), one.name.lower()) in renamed
        ):
            renames.append(one)
        elif isinstance(one, _DROPS) and not (
            isinstance(one, ops.RemoveIndex | ops.RemoveConstraint)
            and (type(one), one.model_name.lower(), one.name) in again
        ):
            drops.append(one)
        else:
            rest.append(one)
    return renames, rest, drops


def _merge(drafts: Sequence[Draft]) -> list[Draft]:
    """Give the operations of a step without SQL to a neighbour, in the same order."""
    with_sql = [draft for draft in drafts if draft.changes]
    if not with_sql:
        only = Draft("", contract=False, changes=[])
        only.operations = [one for draft in drafts for one in draft.operations]
        return [only]
    waiting: list[Operation] = []
    for draft in drafts:
        if draft.changes:
            draft.operations = [*waiting, *draft.operations]
            waiting = []
        else:
            waiting += draft.operations
    with_sql[-1].operations += waiting
    return with_sql


def _verify(
    sorted_: Sequence[Operation], app: str, before: ProjectState, after: ProjectState
) -> None:
    state = before.clone()
    try:
        for operation in sorted_:
            operation.state_forwards(app, state)
    except (LookupError, ValueError) as error:
        raise CannotGuard(
            f"too much at once: make these changes in smaller steps: {error}"
        ) from None
    if state.models != after.models:
        raise CannotGuard("too much at once: make these changes in smaller steps")
