"""The questions that a block asks before it acts, and the frames around it."""

from __future__ import annotations

from collections.abc import Sequence

from dentalogic.core.patches.describing import Part
from dentalogic.core.patches.refusing import CannotGuard


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def relation(name: str) -> str:
    return f"to_regclass(format('%I.%I', current_schema(), {text(name)}))"


def retired(kind: str, name: str) -> str:
    return f"is_retired({text(kind)}, {text(name)})"


def retire(kind: str, name: str) -> str:
    row = f"({text(kind)}, {text(name)})"
    return f"INSERT INTO retired (kind, name) VALUES {row} ON CONFLICT DO NOTHING;"  # noqa: S608


def indented(lines: Sequence[str], by: int) -> str:
    for line in (line for one in lines for line in one.splitlines()):
        if line.count("'") % 2 and not line.startswith("--"):
            raise CannotGuard(f"a text of several lines: write this one by hand: {line}")
    return "\n".join(" " * by + line for one in lines for line in one.splitlines())


def if_missing(question: str, kind: str, name: str, *body: str) -> str:
    return (
        "DO $$\nBEGIN\n"
        f"    IF {question}\n"
        f"        AND NOT {retired(kind, name)}\n"
        f"    THEN\n{indented(body, 8)}\n    END IF;\nEND $$;"
    )


def leave_once(kind: str, name: str, question: str, trouble: str, *body: str) -> str:
    """Leave a state: only once, only when it holds; anything else is somebody's doing by hand."""
    return (
        "DO $$\nBEGIN\n"
        f"    IF NOT {retired(kind, name)} THEN\n"
        f"        IF ({question}) IS NOT TRUE THEN\n"
        f"            RAISE EXCEPTION USING MESSAGE = {text(trouble)};\n"
        f"        END IF;\n{indented(body, 8)}\n"
        f"        {retire(kind, name)}\n"
        "    END IF;\nEND $$;"
    )


def drop_once(question: str, kind: str, name: str, *body: str) -> str:
    return (
        "DO $$\nBEGIN\n"
        f"    IF {question}\n"
        f"        AND NOT {retired(kind, name)}\n"
        f"    THEN\n{indented(body, 8)}\n    END IF;\n"
        f"    {retire(kind, name)}\n"
        "END $$;"
    )


def column_exists(table: str, column: str) -> str:
    return (
        "EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema()"
        f" AND table_name = {text(table)} AND column_name = {text(column)})"
    )


def of_column(what: str, table: str, column: str) -> str:
    return (
        f"SELECT {what} FROM pg_attribute WHERE attrelid = {relation(table)}"  # noqa: S608
        f" AND attname = {text(column)} AND NOT attisdropped"
    )


def part_exists(table: str, part: Part, name: str | None = None) -> str:
    name = name or part.name
    if part.kind == "constraint":
        return (
            f"EXISTS (SELECT FROM pg_constraint WHERE conname = {text(name)}"
            f" AND conrelid = {relation(table)})"
        )
    return f"{relation(name)} IS NOT NULL"
