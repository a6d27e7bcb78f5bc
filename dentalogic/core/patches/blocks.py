"""Each change as a `DO $$` block that may be run again at any time, over any later schema.

What is added asks whether it is there and whether it was retired; what is left behind is retired.
A first run that does not find the state that it leaves fails aloud: somebody changed the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dentalogic.core.patches.comparing import Change
from dentalogic.core.patches.converting import catalogue_type, conversion
from dentalogic.core.patches.describing import TENANT_COLUMN, Column, Part
from dentalogic.core.patches.filling import fill_value
from dentalogic.core.patches.guards import (
    column_exists,
    drop_once,
    if_missing,
    leave_once,
    of_column,
    part_exists,
    relation,
    text,
)
from dentalogic.core.patches.history import History
from dentalogic.core.patches.refusing import CannotGuard

TENANT_STAMP = "stamp_tenant"


def render(changes: Sequence[Change], history: History) -> list[str]:
    """Write the changes in their order; `history` learns what they retire."""
    blocks = [_RENDER[change.kind](change, history) for change in changes]
    for block in blocks:
        if block.count("$$") != len(("DO $$", "END $$")):
            raise CannotGuard(f"$$ inside a statement: write this one by hand:\n{block}")
    return blocks


def part_sql(table: str, part: Part) -> str:
    if part.kind == "constraint":
        return f'ALTER TABLE "{table}" ADD CONSTRAINT "{part.name}" {part.definition};'
    unique = "UNIQUE " if part.unique else ""
    return f'CREATE {unique}INDEX "{part.name}" ON "{table}" {part.definition};'


def _part_of(change: Change) -> Part:
    assert change.part is not None  # by the kind of the change
    return change.part


def _column_of(change: Change) -> Column:
    assert change.column is not None  # by the kind of the change
    return change.column


def _create_table(change: Change, history: History) -> str:
    table = change.table
    inline = [
        f'CONSTRAINT "{part.name}" {part.definition}'
        for part in table.parts.values()
        if part.kind == "constraint" and not part.implicit and not part.foreign
    ]
    lines = [*(column.sql for column in table.columns.values()), *inline]
    body = f'CREATE TABLE "{table.name}" (\n' + ",\n".join(f"    {one}" for one in lines) + "\n);"
    stamp = [f"PERFORM {TENANT_STAMP}({text(table.name)});"] if table.tenant else []
    question = f"{relation(table.name)} IS NULL"
    return if_missing(question, "table", history.table(table.name), body, *stamp)


def _drop_table(change: Change, history: History) -> str:
    name = change.table.name
    question = f"{relation(name)} IS NOT NULL"
    return drop_once(question, "table", history.retire("table", name), f'DROP TABLE "{name}";')


def _rename_table(change: Change, history: History) -> str:
    old, new = change.old_name, change.table.name
    return leave_once(
        "table",
        history.retire("table", old),
        f"{relation(old)} IS NOT NULL AND {relation(new)} IS NULL",
        f"table {old} is missing, or {new} is there already: changed by hand?",
        f'ALTER TABLE "{old}" RENAME TO "{new}";',
    )


def _rename_column(change: Change, history: History) -> str:
    table, new, old = change.table.name, _column_of(change).name, change.old_name
    return leave_once(
        "column",
        history.retire("column", f"{history.table(table)}.{old}"),
        f"{column_exists(table, old)} AND NOT {column_exists(table, new)}",
        f"column {table}.{old} is missing, or {table}.{new} is there already: changed by hand?",
        f'ALTER TABLE "{table}" RENAME COLUMN "{old}" TO "{new}";',
    )


def _rename_part(change: Change, history: History) -> str:
    table, part, old = change.table.name, _part_of(change), change.old_name
    verb = {
        "constraint": f'ALTER TABLE "{table}" RENAME CONSTRAINT "{old}" TO "{part.name}";',
        "index": f'ALTER INDEX "{old}" RENAME TO "{part.name}";',
        "sequence": f'ALTER SEQUENCE "{old}" RENAME TO "{part.name}";',
    }[part.kind]
    return leave_once(
        part.kind,
        history.retire(part.kind, f"{history.table(table)}.{old}"),
        f"{part_exists(table, part, old)} AND NOT {part_exists(table, part)}",
        f"{part.kind} {old} is missing, or {part.name} is there already: changed by hand?",
        verb,
    )


def _add_column(change: Change, history: History) -> str:
    table, column = change.table.name, _column_of(change)
    shown = column
    if not (column.null or column.default is not None or column.generated):
        shown = replace(column, default=fill_value(table, column))
    return if_missing(
        f"NOT {column_exists(table, column.name)}",
        "column",
        history.column(table, column.name),
        f'ALTER TABLE "{table}" ADD COLUMN {shown.sql};',
    )


def _default_state(table: str, column: Column, default: str | None, history: History) -> str:
    words = "no default" if default is None else f"DEFAULT {default}"
    return f"{history.column(table, column.name)} {words}"


def _drop_default(change: Change, history: History) -> str:
    table, column = change.table.name, _column_of(change)
    return _change_default(table, column, fill_value(table, column), None, history)


def _alter_default(change: Change, history: History) -> str:
    assert change.old is not None  # by the kind of the change
    column = _column_of(change)
    return _change_default(change.table.name, column, change.old.default, column.default, history)


def _change_default(
    table: str, column: Column, old: str | None, new: str | None, history: History
) -> str:
    state = _default_state(table, column, old, history)
    verb = "DROP DEFAULT" if new is None else f"SET DEFAULT {new}"
    return leave_once(
        "default",
        history.retire("default", state),
        of_column("NOT atthasdef" if old is None else "atthasdef", table, column.name),
        f"the default of {table}.{column.name} is not what the patches made: changed by hand?",
        f'ALTER TABLE "{table}" ALTER COLUMN "{column.name}" {verb};',
    )


def _alter_type(change: Change, history: History) -> str:
    assert change.old is not None  # by the kind of the change
    table, new, old = change.table.name, _column_of(change), change.old
    using = conversion(old.type, new.type, f"{table}.{new.name}")
    known = text(catalogue_type(old.type))
    return leave_once(
        "type",
        history.retire("type", f"{history.column(table, new.name)} {old.type}"),
        of_column(f"format_type(atttypid, atttypmod) = {known}", table, new.name),
        f"{table}.{new.name} is not {old.type}: changed by hand?",
        f'ALTER TABLE "{table}" ALTER COLUMN "{new.name}" TYPE {new.type}{using};',
    )


def _alter_null(change: Change, history: History) -> str:
    table, column = change.table.name, _column_of(change)
    state = "NOT NULL" if column.null else "NULL"
    alter = f'ALTER TABLE "{table}" ALTER COLUMN "{column.name}"'
    if column.null:
        body = [f"{alter} DROP NOT NULL;"]
    else:
        ours = (
            f" AND {TENANT_COLUMN} = current_setting('dentalogic.tenant_id')::uuid"
            if change.table.tenant
            else ""
        )
        value = column.default if column.default is not None else fill_value(table, column)
        name = f'"{column.name}"'
        body = [
            f'UPDATE "{table}" SET {name} = {value} WHERE {name} IS NULL{ours};',  # noqa: S608
            "-- Checks that wait for the end of the transaction would refuse the ALTER.",
            "SET CONSTRAINTS ALL IMMEDIATE;",
            f"{alter} SET NOT NULL;",
        ]
    return leave_once(
        "nullability",
        history.retire("nullability", f"{history.column(table, column.name)} {state}"),
        of_column("attnotnull" if column.null else "NOT attnotnull", table, column.name),
        f"{table}.{column.name} is not {state}: changed by hand?",
        *body,
    )


def _drop_column(change: Change, history: History) -> str:
    table, column = change.table.name, _column_of(change).name
    return drop_once(
        column_exists(table, column),
        "column",
        history.retire("column", f"{history.table(table)}.{column}"),
        f'ALTER TABLE "{table}" DROP COLUMN "{column}";',
    )


def _add_part(change: Change, history: History) -> str:
    table, part = change.table.name, _part_of(change)
    name = history.present(part.kind, f"{history.table(table)}.{part.name}")
    exists = part_exists(table, part)
    question = f"{relation(part.name)} IS NULL" if part.kind == "index" else f"NOT {exists}"
    return if_missing(question, part.kind, name, part_sql(table, part))


def _drop_part(change: Change, history: History) -> str:
    table, part = change.table.name, _part_of(change)
    verb = (
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{part.name}";'
        if part.kind == "constraint"
        else f'DROP INDEX "{part.name}";'
    )
    name = history.retire(part.kind, f"{history.table(table)}.{part.name}")
    return drop_once(part_exists(table, part), part.kind, name, verb)


_RENDER: dict[str, Callable[[Change, History], str]] = {
    "create table": _create_table,
    "drop table": _drop_table,
    "rename table": _rename_table,
    "rename column": _rename_column,
    "rename part": _rename_part,
    "add column": _add_column,
    "drop default": _drop_default,
    "alter type": _alter_type,
    "alter default": _alter_default,
    "alter null": _alter_null,
    "drop column": _drop_column,
    "add part": _add_part,
    "drop part": _drop_part,
}
