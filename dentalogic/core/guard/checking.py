"""Deciding about a text: which clinic's tables it touches without naming the clinic."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from dentalogic.core.guard.lexing import Statement, Unreadable, split

# What touches no rows, or is structure: that goes through patches, which are read by a test of
# their own. ANALYZE and VACUUM keep statistics, EXECUTE and FETCH repeat what was read before.
EXEMPT = frozenset(
    """
    SAVEPOINT RELEASE ROLLBACK BEGIN START COMMIT END ABORT SET RESET SHOW LISTEN UNLISTEN NOTIFY
    DISCARD DEALLOCATE EXECUTE CLOSE FETCH MOVE CHECKPOINT ANALYZE VACUUM REINDEX
    DO ALTER DROP COMMENT GRANT REVOKE
    """.split()  # noqa: SIM905  # a list of words is easier to read than a column of strings
)
_CREATE_WITH_ROWS = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:TEMP|TEMPORARY|UNLOGGED|LOCAL|GLOBAL|RECURSIVE"
    r"|MATERIALIZED)\s+)*(?:TABLE|VIEW)\b.*\bAS[\s(]+(?:SELECT|WITH|TABLE|VALUES|EXECUTE)\b",
    re.IGNORECASE | re.DOTALL,
)
_EXPLAIN = re.compile(
    r"EXPLAIN\b\s*(?P<options>\([^)]*\)|(?:(?:ANALYZE|VERBOSE)\b\s*)*)", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
# A statement inside a statement: what follows is what runs.
_CARRIER = re.compile(
    r"(?:PREPARE\s+\S+\s*(?:\([^)]*\)\s*)?AS\b|DECLARE\s.*?\bFOR\b)", re.IGNORECASE | re.DOTALL
)
# Functions that run a text: nobody can read it here.
_RUNS_TEXT = re.compile(
    r"\b(?:(?:query|table|cursor|schema|database)_to_xml\w*|dblink\w*|ts_stat)\s*\(", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A use of a clinic's table that does not say which clinic's."""

    alias: str
    table: str
    reason: str

    def __str__(self) -> str:
        name = self.table if self.alias in {self.table, ""} else f"{self.table} AS {self.alias}"
        return f"{name}: {self.reason}"


@lru_cache(maxsize=8192)
def check(
    sql: str,
    tables: frozenset[str],
    *,
    parametrised: bool = True,
    values: frozenset[str] = frozenset(),
) -> tuple[Violation, ...]:
    """Return what a text does with a clinic's table without saying which clinic's.

    `values` are names that stand for values where the text is from: a function's parameters and,
    as `new.tenant_id`, a trigger's row.
    """
    mentioned = names_in(sql, tables)
    if not mentioned:
        return ()
    try:
        statements = list(split(sql, parametrised=parametrised))
    except Unreadable as problem:
        return (Violation("", mentioned[0], f"the statement can't be read: {problem}"),)
    found: dict[Violation, None] = {}
    for statement in statements:
        found.update(dict.fromkeys(_check_statement(statement, tables, values)))
    return tuple(found)


def names_in(text: str, tables: frozenset[str]) -> list[str]:
    """Return which of the tables a text mentions, whatever as."""
    found = set(tables.intersection(_WORD.findall(text.lower())))
    if 'u&"' in text.lower():
        found.add("(an escaped name)")
    return sorted(found)


@lru_cache(maxsize=8)
def _used(tables: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(sorted(tables))
    return re.compile(
        r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(?:ONLY\s+)?"
        rf'(?:(?!public\b|"public")[\w"]+\s*\.\s*)?"?({names})"?(?![\w."])',
        re.IGNORECASE,
    )


def _check_statement(
    statement: Statement, tables: frozenset[str], values: frozenset[str]
) -> list[Violation]:
    if statement.keyword in EXEMPT or _is_structure(statement):
        return []
    # A string that holds a table's name is no use of it, unless something runs the string.
    running = _RUNS_TEXT.search(statement.code)
    mentioned = names_in(statement.text if running else statement.code, tables)
    if not mentioned:
        return []
    if running:
        return [Violation("", mentioned[0], "is in a text that a function runs")]
    explained = _EXPLAIN.match(statement.text)
    if explained and "ANALYZE" not in explained["options"].upper():
        return []
    carrier = explained or _CARRIER.match(statement.text)
    if carrier:
        return _inner(statement.text[carrier.end() :], tables, values)
    return _read(statement, tables, values)


def _is_structure(statement: Statement) -> bool:
    return statement.keyword == "CREATE" and not _CREATE_WITH_ROWS.match(statement.code)


def _inner(text: str, tables: frozenset[str], values: frozenset[str]) -> list[Violation]:
    return [
        one
        for statement in split(text, parametrised=False)
        for one in _check_statement(statement, tables, values)
    ]


def _read(statement: Statement, tables: frozenset[str], values: frozenset[str]) -> list[Violation]:
    # Imported here: a process whose guard is off never loads the parser.
    from sqlglot import exp, parse  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    from dentalogic.core.guard.reading import Reading  # noqa: PLC0415

    # It would log texts that it can't read; the violation says them.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    mentioned = names_in(statement.code, tables)[0]
    try:
        reading = Reading(tables, values)
        for tree in parse(statement.text, dialect="postgres"):
            if tree is None or tree.find(exp.Command):
                return [Violation("", mentioned, "the statement can't be read")]
            reading.read(tree)
    except (SqlglotError, RecursionError) as problem:
        first = str(problem).splitlines()[0][:120]
        return [Violation("", mentioned, f"the statement can't be read: {first}")]
    # What the parser lost on the way: a table that follows FROM, and that nobody looked at.
    lost = {name.lower() for name in _used(tables).findall(statement.code)} - reading.names
    return [
        *reading.violations,
        *(Violation("", name, "is used in a way the guard can't read") for name in sorted(lost)),
    ]
