"""Cutting a text into statements, without the help of a parser that could stumble over one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<line>--[^\n]*)
  | (?P<block>/\*)
  | (?P<dollar>(?<![\w$])\$(?:[A-Za-z_]\w*)?\$)
  | (?P<escaped>(?<!\w)[eE]'(?:[^'\\]|''|\\.)*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<broken>['"])
  | (?P<value>%(?:\(\w+\))?[sbt])
  | (?P<percent>%%)
  | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")


class Unreadable(ValueError):
    """A text whose quotes or comments do not end."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as PostgreSQL will see it, comments left out, placeholders as `$1`.

    `code` is the same with the contents of strings blanked: what is left are words of SQL.
    """

    text: str
    code: str

    @property
    def keyword(self) -> str:
        found = re.match(r"[\s(]*([A-Za-z]+)", self.code)
        return found[1].upper() if found else ""


def split(sql: str, *, parametrised: bool) -> Iterator[Statement]:
    """Yield the statements of a text. `parametrised`: psycopg will read `%s` and `%%` in it."""
    text: list[str] = []
    code: list[str] = []
    at = 0
    while True:
        found = _TOKEN.search(sql, at)
        plain = sql[at : found.start() if found else len(sql)]
        text.append(plain)
        code.append(plain)
        if found is None:
            break
        at = found.end()
        match found.lastgroup:
            case "line":
                seen, word = " ", " "
            case "block":
                at = _end_of_comment(sql, at)
                seen, word = " ", " "
            case "dollar":
                close = sql.find(found[0], at)
                if close < 0:
                    raise Unreadable("a dollar quote does not end")
                at = close + len(found[0])
                seen, word = sql[found.start() : at], "''"
            case "string" | "escaped":
                seen, word = found[0], "''"
            case "value" if parametrised:
                seen = word = "$1"
            case "percent" if parametrised:
                seen = word = "%"
            case "end":
                yield from _whole(text, code)
                text, code = [], []
                continue
            case "broken":
                raise Unreadable("a quote does not end")
            case _:
                seen = word = found[0]
        text.append(seen)
        code.append(word)
    yield from _whole(text, code)


def _whole(text: list[str], code: list[str]) -> Iterator[Statement]:
    statement = Statement("".join(text).strip(), "".join(code).strip())
    if statement.code:
        yield statement


def _end_of_comment(sql: str, at: int) -> int:
    depth = 1
    for mark in _COMMENT.finditer(sql, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise Unreadable("a comment does not end")
