"""Rows for any table: read from the catalogue what it holds, then try until its rules are met."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

TRIES = 3000


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Shape:
    """A table as the filler sees it."""

    name: str
    columns: tuple[Column, ...]
    key: str
    references: dict[str, str]
    rules: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]


COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""
RULES = """
    SELECT conname, contype::text, confrelid::regclass::text, pg_get_constraintdef(oid), (
        SELECT array_agg(attname::text) FROM pg_attribute
        WHERE attrelid = conrelid AND attnum = ANY (conkey)
    ) FROM pg_constraint WHERE conrelid = %s::regclass
    UNION ALL
    SELECT relname, 'i', NULL, NULL, (
        SELECT array_agg(attname::text) FROM pg_attribute
        WHERE attrelid = indrelid AND attnum = ANY (indkey)
    ) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = %s::regclass AND indisunique
"""


def read_shape(cursor: Any, table: str) -> Shape:
    cursor.execute(COLUMNS, [table])
    columns = tuple(Column(*row) for row in cursor.fetchall())
    cursor.execute(RULES, [table, table])
    references: dict[str, str] = {}
    rules: dict[str, tuple[str, ...]] = {}
    words: dict[str, tuple[str, ...]] = {}
    key = ""
    for name, kind, target, definition, names in cursor.fetchall():
        if names is None:
            continue
        rules[name] = tuple(names)
        if kind == "f":
            references[names[0]] = target.rpartition(".")[2].strip('"')
        if kind == "p":
            key = names[0]
        if kind == "c":
            for column in names:
                words[column] = words.get(column, ()) + tuple(re.findall(r"'([^']*)'", definition))
    return Shape(table, columns, key, references, rules, words)


def key_of(table: str, number: int, kind: str) -> Any:
    if kind == "uuid":
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{table}/{number}")
    return number if kind in {"bigint", "integer"} else f"{table[:6]}{number}"


def candidates(column: Column, shape: Shape, number: int) -> list[Any]:
    """Return values to try for a column, the likeliest first."""
    kind = column.type.partition("(")[0]
    width = re.search(r"\((\d+)\)", column.type)
    known = [word for word in shape.words.get(column.name, ()) if kind.startswith(("char", "text"))]
    plain: dict[str, list[Any]] = {
        "uuid": [uuid.uuid5(uuid.NAMESPACE_DNS, f"{shape.name}.{column.name}.{number}")],
        "boolean": [True, False],
        "jsonb": ["{}", "[]"],
        "date": [f"2026-01-{day:02}" for day in (number, number + 5, number + 9)],
        "timestamp with time zone": [
            f"2026-01-{number:02}T{hour:02}:00Z" for hour in (9, 10, 11, 12)
        ],
        "time without time zone": [f"{8 + number:02}:00"],
        "interval": ["0 seconds"],
        "bytea": [b"x"],
        "tstzrange": [f"[2026-01-{number:02},2026-02-01)"],
    }
    if kind.startswith(("char", "text")):
        word = f"{column.name[:6]}{number}"
        values: list[Any] = [*known, word[: int(width[1])] if width else word, ""]
    elif kind in {"integer", "bigint", "smallint", "numeric", "double precision"}:
        values = [number, 30, 0, 60, 1]
    else:
        values = plain[kind]
    if not column.required:
        # Both are wanted: rows with a value and rows without.
        values = [None, *values] if number % 2 == 0 else [*values, None]
    return values


def fill(cursor: Any, table: str, *, count: int = 2) -> None:
    """Put rows into one table. References point at the rows that the filler makes elsewhere."""
    shape = read_shape(cursor, table)
    types = {column.name: column.type for column in shape.columns}
    chance = random.Random(table)  # noqa: S311
    for number in range(1, count + 1):
        options: dict[str, list[Any]] = {}
        for column in shape.columns:
            if column.name == shape.key and column.name not in shape.references:
                options[column.name] = [key_of(table, number, column.type)]
            elif column.name in shape.references:
                target = shape.references[column.name]
                options[column.name] = [
                    key_of(target, other, types[column.name])
                    for other in (number, *range(1, count + 1))
                ]
                options[column.name] += [] if column.required else [None]
            elif column.name != "tenant_id":
                options[column.name] = candidates(column, shape, number)
        row = {name: values[0] for name, values in options.items()}
        for _ in range(TRIES):
            wrong = _insert(cursor, table, row)
            if wrong is None:
                break
            for name in shape.rules.get(wrong, tuple(options)):
                if name in options:
                    row[name] = chance.choice(options[name])
        else:
            raise AssertionError(f"no row fits {table}: {wrong}")


def _insert(cursor: Any, table: str, row: dict[str, Any]) -> str | None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() * len(row))
    statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(table), names, values
    )
    try:
        with cursor.connection.transaction():
            cursor.execute(statement, list(row.values()))
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        return error.diag.constraint_name or error.diag.column_name or ""
    return None
