"""Reading what is written: the table that is changed is bound too, and inserted rows say whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from dentalogic.core.guard.blocks import (
    NOTHING,
    TENANT,
    Block,
    Level,
    Output,
    Source,
    folded,
)

if TYPE_CHECKING:
    from dentalogic.core.guard.reading import Reading

Ctes = dict[str, Output]
NO_PREDICATE = "tenant_id is not bound to a value"
NOT_INSERTED = "tenant_id is not among the inserted columns, or has no value"
NOT_KEPT = "tenant_id is set to something that is no value"


def _target(reading: Reading, node: Any, block: Block) -> tuple[str, str | None, list[str] | None]:
    """Add the table that is written; its alias, its name if a clinic's, the named columns."""
    columns = None
    if isinstance(node, exp.Schema):
        columns = [folded(column) for column in node.expressions]
        node = node.this
    reading.seen.add(id(node))
    table = reading.clinics(node)
    alias = folded(node.args["alias"].this) if node.alias else folded(node.this)
    # Never a common table expression, whatever their names: PostgreSQL writes to tables only.
    block.sources[alias] = Source(table, Output() if table else NOTHING)
    if table:
        reading.names.add(table)
    return alias, table, columns


def read_insert(reading: Reading, node: Any, outer: Block | None, ctes: Ctes) -> Output:
    block = Block(outer, reading.values)
    alias, table, columns = _target(reading, node.this, block)
    output = reading.query(node.expression, outer, ctes)
    level = Level.OPEN
    if table:
        level = _inserted(columns, output)
        if level is Level.OPEN:
            reading.refuse(alias, table, NOT_INSERTED)
        # The rows that come back, and those it runs into: the table holds no other clinic's.
        block.sources[alias].output = Output([(TENANT, Level.BOUND)])
        block.sources["excluded"] = Source(None, block.sources[alias].output)
    conflict = node.args.get("conflict")
    if conflict is not None:
        block.demand(conflict.args.get("where"))
        block.solve()
        _assigned(reading, conflict.expressions, alias, table, block)
    block.solve()
    reading.walk(node, block, ctes)
    block.sources.pop("excluded", None)
    return _returned(reading, node, block)


def read_update(reading: Reading, node: Any, outer: Block | None, ctes: Ctes) -> Output:
    block = Block(outer, reading.values)
    alias, table, _ = _target(reading, node.this, block)
    block.demand(node.args.get("where"))
    clause = node.args.get("from_")
    if clause is not None:
        reading.relation(clause.this, block, ctes)
    reading.settle(block)
    _assigned(reading, node.expressions, alias, table, block)
    reading.walk(node, block, ctes)
    return _returned(reading, node, block)


def _assigned(
    reading: Reading, changes: list[Any], alias: str, table: str | None, block: Block
) -> None:
    for change in changes if table else ():
        target, value = change.this, change.args.get("expression")
        if isinstance(target, exp.Column) and folded(target.this) == TENANT:
            if block.level_of(value) is not Level.BOUND:
                reading.refuse(alias, str(table), NOT_KEPT)
        elif isinstance(target, exp.Tuple) and any(
            folded(one.this) == TENANT for one in target.expressions
        ):
            reading.refuse(alias, str(table), NOT_KEPT)


def read_delete(reading: Reading, node: Any, outer: Block | None, ctes: Ctes) -> Output:
    block = Block(outer, reading.values)
    _target(reading, node.this, block)
    block.demand(node.args.get("where"))
    for relation in node.args.get("using") or []:
        reading.relation(relation, block, ctes)
    reading.settle(block)
    reading.walk(node, block, ctes)
    return _returned(reading, node, block)


def read_merge(reading: Reading, node: Any, outer: Block | None, ctes: Ctes) -> Output:
    block = Block(outer, reading.values)
    alias, table, _ = _target(reading, node.this, block)
    reading.relation(node.args["using"], block, ctes)
    # Rows of the source that match nothing are used too: the condition restricts the target.
    block.demand(node.args.get("on"), {alias})
    reading.settle(block)
    for when in node.args["whens"].expressions if table else ():
        then = when.args.get("then")
        if isinstance(then, exp.Insert):
            _merged_insert(reading, then, alias, str(table), block)
        elif isinstance(then, exp.Update):
            _assigned(reading, then.expressions, alias, table, block)
        if when.args.get("source"):
            reading.refuse(alias, str(table), "rows that match nothing are of any clinic")
        # Read above; what is left of it are subqueries.
        reading.done.add(id(then))
        reading.walk(then, block, ctes)
    reading.walk(node, block, ctes)
    return _returned(reading, node, block)


def _merged_insert(reading: Reading, then: Any, alias: str, table: str, block: Block) -> None:
    columns = [folded(one.this) for one in getattr(then.this, "expressions", ())]
    given = getattr(then.expression, "expressions", ())
    values = dict(zip(columns, given, strict=False))
    if TENANT not in values or block.level_of(values[TENANT]) is Level.OPEN:
        reading.refuse(alias, table, NOT_INSERTED)


def _returned(reading: Reading, node: Any, block: Block) -> Output:
    returning = node.args.get("returning")
    return block.projected(returning.expressions) if returning else NOTHING


def read_copy(reading: Reading, node: Any) -> None:
    block = Block(None, reading.values)
    if isinstance(node.this, exp.Subquery):
        reading.query(node.this, None, {})
        return
    alias, table, columns = _target(reading, node.this, block)
    if table and not node.args.get("kind"):
        reading.refuse(alias, table, NO_PREDICATE)
    elif table and TENANT not in (columns or ()):
        reading.refuse(alias, table, NOT_INSERTED)


def _inserted(columns: list[str] | None, output: Output) -> Level:
    if columns is None or TENANT not in columns or not output.exact:
        return Level.OPEN
    place = columns.index(TENANT)
    return output.columns[place][1] if place < len(output.columns) else Level.OPEN


WRITES: Final[dict[type[Any], Callable[[Any, Any, Block | None, Ctes], Output]]] = {
    exp.Insert: read_insert,
    exp.Update: read_update,
    exp.Delete: read_delete,
    exp.Merge: read_merge,
}
