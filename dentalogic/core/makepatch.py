"""From the models' changes to an idempotent SQL patch.

Django's autodetector says what changed and its schema editor writes the SQL; each statement is then
put behind the question whether it is needed. A statement without such a question is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

OURS = ("core", "tenancy", "clinics", "agent", "whatsapp")
NAME = r'"(?P<{}>[^"]+)"'
TENANT_RULES = ("clinics", "0001_rules")
TENANT_STAMP = "stamp_tenant"


class CannotGuard(ValueError):
    """A statement that can't be made idempotent here: write that patch by hand."""


def statements_for(
    operations: Sequence[Operation], app_label: str, before: ProjectState, *, tenant_app: bool
) -> list[str]:
    """Return the plain SQL of the operations, constraints and indexes included. Runs none of it."""
    # django-tenants' router writes a tenant app's tables outside `public` only; nothing is read.
    wrapper: Any = connection
    schema = wrapper.schema_name
    wrapper.schema_name = "clinic" if tenant_app else "public"
    try:
        return _collect(operations, app_label, before)
    finally:
        wrapper.schema_name = schema


def _collect(operations: Sequence[Operation], app_label: str, before: ProjectState) -> list[str]:
    # Only our own apps: their tables refer to each other and to nobody else's.
    state = ProjectState({key: model for key, model in before.models.items() if key[0] in OURS})
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for operation in operations:
            after = state.clone()
            operation.state_forwards(app_label, after)
            operation.database_forwards(app_label, editor, state, after)
            state = after
    return [line for line in editor.collected_sql if not line.startswith("--")]


def guard(statement: str, *, tenant_app: bool) -> str:
    """Put one statement into a `DO $$` block that looks before it leaps."""
    text = statement.strip().rstrip(";")
    for pattern, render in _GUARDS:
        found = re.match(pattern, text, re.DOTALL)
        if found:
            return render(found, text, tenant_app)
    raise CannotGuard(f"write this one by hand, idempotently: {text}")


def render_patch(statements: Sequence[str], *, title: str, tenant_app: bool) -> str:
    """Return the text of a patch file."""
    blocks = [guard(statement, tenant_app=tenant_app) for statement in statements]
    return f"-- {title}\n\n" + "\n\n".join(blocks) + "\n"


def _block(question: str, body: str, *always: str) -> str:
    lines = [f"    {line}" for line in body.splitlines()]
    rest = "".join(f"    {line}\n" for line in always)
    return (
        "DO $$\nBEGIN\n"
        f"    IF {question} THEN\n" + "\n".join(f"    {line}" for line in lines) + ";\n"
        f"    END IF;\n{rest}END $$;"
    )


def _relation(name: str) -> str:
    return f"to_regclass(format('%I.%I', current_schema(), '{name}'))"


def _create_table(found: re.Match[str], text: str, tenant_app: bool) -> str:
    table = found["table"]
    pretty = _one_column_a_line(text)
    stamp = [f"PERFORM {TENANT_STAMP}('{table}');"] if tenant_app else []
    return _block(f"{_relation(table)} IS NULL", pretty, *stamp)


def _one_column_a_line(text: str) -> str:
    head, _, rest = text.partition("(")
    parts, depth, start = [], 0, 0
    for index, char in enumerate(rest):
        if char == "(":
            depth += 1
        elif char == ")":
            if depth == 0:
                parts.append(rest[start:index])
                break
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(rest[start:index])
            start = index + 1
    columns = ",\n".join(f"    {part.strip()}" for part in parts)
    return f"{head.strip()} (\n{columns}\n)"


def _constraint_missing(table: str, name: str) -> str:
    return (
        f"NOT EXISTS (SELECT FROM pg_constraint WHERE conname = '{name}'"
        f" AND conrelid = {_relation(table)})"
    )


def _add_constraint(found: re.Match[str], text: str, _: bool) -> str:
    return _block(_constraint_missing(found["table"], found["name"]), text)


def _drop_constraint(found: re.Match[str], text: str, _: bool) -> str:
    return _block(_constraint_missing(found["table"], found["name"])[4:], text)


def _create_index(found: re.Match[str], text: str, _: bool) -> str:
    return _block(f"{_relation(found['name'])} IS NULL", text)


def _drop_index(found: re.Match[str], text: str, _: bool) -> str:
    return _block(f"{_relation(found['name'])} IS NOT NULL", text)


def _column_exists(table: str, column: str) -> str:
    return (
        "EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema()"
        f" AND table_name = '{table}' AND column_name = '{column}')"
    )


def _add_column(found: re.Match[str], text: str, _: bool) -> str:
    return _block(f"NOT {_column_exists(found['table'], found['column'])}", text)


def _alter_nullability(found: re.Match[str], text: str, _: bool) -> str:
    wanted = "YES" if found["what"] == "DROP" else "NO"
    question = _column_exists(found["table"], found["column"])[:-1]
    return _block(f"{question} AND is_nullable <> '{wanted}')", text)


_TABLE = NAME.format("table")
_COLUMN = NAME.format("column")
_NAME = NAME.format("name")
_GUARDS: list[tuple[str, Callable[[re.Match[str], str, bool], str]]] = [
    (rf"CREATE TABLE {_TABLE}", _create_table),
    (rf"ALTER TABLE {_TABLE} ADD CONSTRAINT {_NAME}", _add_constraint),
    (rf"ALTER TABLE {_TABLE} DROP CONSTRAINT {_NAME}", _drop_constraint),
    (rf"CREATE (?:UNIQUE )?INDEX {_NAME} ON {_TABLE}", _create_index),
    (rf"DROP INDEX (?:IF EXISTS )?{_NAME}", _drop_index),
    (rf"ALTER TABLE {_TABLE} ADD COLUMN {_COLUMN}", _add_column),
    (
        rf"ALTER TABLE {_TABLE} ALTER COLUMN {_COLUMN} (?P<what>SET|DROP) NOT NULL",
        _alter_nullability,
    ),
]
