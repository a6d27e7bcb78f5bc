"""The SQL inside functions and DO blocks of the patches: the guard on a connection can't see it.

Bodies are cut into statements well enough for the guard to read each one. What reads wrongly is
refused by the guard, so a mistake here shows as a failure and not as a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTION = re.compile(
    r"CREATE\s+OR\s+REPLACE\s+(?:FUNCTION|PROCEDURE)\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)"
    r"(?P<header>.*?)(?P<quote>\$\w*\$)(?P<body>.*?)(?P=quote)",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK = re.compile(r"\bDO\s+(?P<quote>\$\w*\$)(?P<body>.*?)(?P=quote)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|:=|[\w.%#]+|\s+|.", re.DOTALL)
_ROW = frozenset({"new.tenant_id", "old.tenant_id"})


@dataclass(frozen=True, slots=True)
class Body:
    """A body: where it is from, its statements, and the names that are values in it."""

    name: str
    statements: tuple[str, ...]
    values: frozenset[str]


def bodies(name: str, sql: str) -> Iterator[Body]:
    """Yield what the functions and DO blocks of a patch do."""
    for found in _FUNCTION.finditer(sql):
        values = frozenset(
            words[0].lower()
            for one in found["parameters"].split(",")
            if (words := one.replace("IN ", "").split())
        )
        plain = not re.search(r"LANGUAGE\s+plpgsql", found["header"], re.IGNORECASE)
        inside = [found["body"]] if plain else list(statements(found["body"]))
        yield Body(f"{name}: {found['name']}", tuple(inside), values | _ROW)
    for place, found in enumerate(_BLOCK.finditer(sql), start=1):
        inside = list(statements(found["body"]))
        yield Body(f"{name}: DO {place}", tuple(inside), frozenset())


# What may stand before a statement and ends on its own.
_OPENERS = frozenset({"BEGIN", "ELSE", "LOOP", "EXCEPTION", "DECLARE"})
# What reaches up to a word instead of a semicolon.
_UP_TO = {
    **dict.fromkeys(("IF", "ELSIF", "WHEN"), "THEN"),
    **dict.fromkeys(("WHILE", "FOR", "FOREACH"), "LOOP"),
}


def statements(body: str) -> Iterator[str]:
    """Cut PL/pgSQL into its statements, each turned into plain SQL."""
    words: list[str] = []
    depth, until = 0, ";"
    options = re.compile(r"^\s*#\w+ .*$", re.MULTILINE)
    for token in _TOKEN.findall(options.sub("", body)):
        if token.startswith(("--", "/*")):
            continue
        word = token.upper()
        if not "".join(words).strip():
            if token.isspace():
                continue
            words = []
            depth, until = 0, _UP_TO.get(word, ";")
            if word in _OPENERS:
                continue
        depth += (word in {"(", "CASE"}) - (word == ")" or (word == "END" and depth > 0))
        if depth == 0 and words and word == until:
            yield from _as_sql("".join(words).strip())
            words = []
            continue
        words.append(token)


def _as_sql(text: str) -> Iterator[str]:
    first = text.split(maxsplit=1)[0].upper()
    rest = text[len(first) :].strip()
    assigned = re.match(r"[\w.]+(?:\[[^]]*\])?\s*:=(?P<value>.*)", text, re.DOTALL)
    declared = re.match(r"\w+\s+(?:CONSTANT\s+)?[\w\[\]% ()]+?\s*:=(?P<value>.*)", text, re.DOTALL)
    match first:
        case "IF" | "ELSIF" | "WHILE" | "WHEN":
            yield f"SELECT {rest}"
        case "FOR":
            source = re.sub(r"^[\w\s,]+?\sIN\s+(?:REVERSE\s+)?", "", rest, flags=re.IGNORECASE)
            yield source if source.upper().startswith(("SELECT", "WITH")) else f"SELECT {source}"
        case "RETURN" if rest.upper().startswith("QUERY"):
            yield rest[5:].strip()
        case "RETURN" | "PERFORM":
            yield f"SELECT {rest}" if rest else "SELECT 1"
        case "END" | "RAISE" | "NULL" | "EXIT" | "CONTINUE" | "FOREACH":
            return
        case "EXECUTE":
            yield f"SELECT {rest.split(' USING ')[0].split(' INTO ')[0]}"
        case _ if assigned or declared:
            found = assigned or declared
            assert found is not None
            yield f"SELECT {found['value']}"
        case _:
            into = r"(SELECT\b.*?)\sINTO\s+(?:STRICT\s+)?[\w.]+(?:\s*,\s*[\w.]+)*"
            yield re.sub(into, r"\1", text, count=1, flags=re.IGNORECASE | re.DOTALL)
