"""The table of verdicts, read from `prover_table.txt`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).with_name("prover_table.txt")
COLUMNS = ("ceo", "professional", "secretary", "operator", "outside")
VERDICTS = {
    *("own", "404", "404/403", "404/404", "400", "409", "nobody", "role", "door", "platform"),
    *("public", "asks", "secret", "405"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """An id in the query (`?name`) or in the body (`.name`)."""

    place: str
    thing: str
    verdicts: dict[str, str]

    @property
    def name(self) -> str:
        return self.place[1:]

    @property
    def in_query(self) -> bool:
        return self.place.startswith("?")


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one route."""

    method: str
    route: str
    things: tuple[str, ...]
    verdicts: dict[str, str] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


class BadTable(ValueError):
    """The table can't be read; the message names the line."""


def read_table(text: str | None = None) -> list[Row]:
    """Return every row, once for each of its methods and each of its routes."""
    rows: list[Row] = []
    open_: list[Row] = []
    lines = (TABLE.read_text() if text is None else text).splitlines()
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not line.startswith(" "):
            open_ = _routes(words)
            rows += open_
        elif words[0][0] in "?.":
            found = Field(words[0], words[1], _verdicts(words[2:], number))
            for row in open_:
                row.fields.append(found)
        else:
            for row in open_:
                row.verdicts.update(_verdicts(words, number))
    return rows


def _routes(words: list[str]) -> list[Row]:
    methods, route, *things = words
    options = re.search(r"\{([\w/,]+)\}", route)
    routes = (
        [route.replace(options[0], one) for one in options[1].split(",")] if options else [route]
    )
    named = tuple(one for one in things if one != "-")
    return [Row(method, one, named) for one in routes for method in methods.split(",")]


def _verdicts(words: list[str], number: int) -> dict[str, str]:
    if len(words) == 1:
        words = words * len(COLUMNS)
    if len(words) != len(COLUMNS) or not set(words) <= VERDICTS:
        raise BadTable(f"line {number}: {' '.join(words)}")
    return dict(zip(COLUMNS, words, strict=True))


def compare(
    routes: set[tuple[str, str]], fields: set[tuple[str, str, str]], rows: list[Row]
) -> list[str]:
    """Return what stands in the server and not in the table, or the other way round."""
    known = {(row.method, row.route) for row in rows}
    listed = {(row.method, row.route, one.place) for row in rows for one in row.fields}
    said = [f"{method} {route} has no verdict" for method, route in sorted(routes - known)]
    said += [f"{method} {route} is no route" for method, route in sorted(known - routes)]
    said += [f"{' '.join(one)} is an id without a verdict" for one in sorted(fields - listed)]
    said += [f"{row} is there twice" for row in rows if rows.count(row) > 1]
    said += [f"{row} has no verdict" for row in rows if not row.verdicts]
    described = {one for one in listed if one[1].startswith("/api/")}
    said += [f"{' '.join(one)} is no id" for one in sorted(described - fields)]
    return said
