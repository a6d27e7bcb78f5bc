"""What a clinic's schema is made of, in a form in which two clinics can be compared."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg.pq import TransactionStatus

from dentalogic.core.evolution.catalogue_sql import QUERY

ROW, UNIT = "\x1e", "\x1f"
TENANT, SCHEMA = "<tenant>", "<clinic>"
# Raised whenever the digest of an unchanged schema may differ: two formats do not compare.
FORMAT = 1
# A schema that does not exist has the same catalogue as any other that doesn't.
NOTHING = hashlib.sha256(b"").hexdigest()
UUID_LITERAL = re.compile(r"'([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'::uuid")
# `status IN ('a', 'b')` over a varchar is kept as a cast of the list; restored from its own dump it
# is kept as a list of casts. Both become a list without casts.
CAST_OF_LIST = re.compile(r"\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]")
CAST_IN_LIST = re.compile(r"\(('(?:[^']|'')*')::character varying\)::text")
PLAIN_CAST = re.compile(r"('(?:[^']|'')*')::character varying")
# Longer than this, a text is not repeated in a sentence.
SHOWN = 160


@dataclass(frozen=True)
class Catalogue:
    """One schema, without its name and without the clinic's id: equal schemas are equal here.

    `lines` are sorted: a kind, a name, then attributes and values. The order of columns is left
    out: a clinic that was evolved and one that was made from the foundation differ in it.
    """

    lines: tuple[str, ...]
    digest: str

    @cached_property
    def objects(self) -> dict[str, dict[str, str]]:
        """Return the attributes of each object by what a person calls it: `column patients.dni`."""
        found = {}
        for line in self.lines:
            kind, name, *pairs = line.split(UNIT)
            found[f"{kind} {name}"] = dict(zip(pairs[::2], pairs[1::2], strict=True))
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalogue) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def read_catalogue(cursor: Any, schemas: Sequence[str]) -> dict[str, Catalogue]:
    """Read many schemas with one statement; one that does not exist has an empty catalogue.

    Clinics that are alike share one object, so that a thousand of them take the memory of one.
    Works on any cursor of psycopg or Django's, inside a transaction or without one.
    """
    with _names_spelled_out(cursor):
        cursor.execute(QUERY, [list(schemas)])
        blobs = dict(cursor.fetchall())
    alike: dict[str, Catalogue] = {}
    found = {}
    for schema in schemas:
        lines = _neutral_lines(blobs.pop(schema, ""), schema)
        digest = hashlib.sha256(ROW.join(lines).encode()).hexdigest()
        found[schema] = alike.setdefault(digest, Catalogue(lines, digest))
    return found


def differences(wanted: Catalogue, found: Catalogue) -> list[str]:
    """Say what has to be done to `found` before it is `wanted`, an object or attribute a line."""
    if wanted == found:
        return []
    left, right = wanted.objects, found.objects
    said = []
    for name in sorted(left.keys() | right.keys()):
        if name not in right:
            said.append(f"{name} is missing")
        elif name not in left:
            said.append(f"{name} should not be there")
        else:
            said += _attributes(name, left[name], right[name])
    return said


def _attributes(name: str, wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    said = []
    for attribute, want in wanted.items():
        have = found.get(attribute, "")
        if want == have:
            continue
        if attribute == "body" or max(len(want), len(have)) > SHOWN:
            said.append(f"{name}: its {attribute} was changed")
        else:
            said.append(f"{name}: its {attribute} is {have or 'none'}, not {want or 'none'}")
    return said


def _neutral_lines(blob: str, schema: str) -> tuple[str, ...]:
    """Sort the lines of a schema, with its name and the id of its clinic replaced by tokens."""
    if not blob:
        return ()
    # Names that are also words of SQL come quoted. A text in quotes is no name.
    prefix = re.compile(rf"""(?<![\w."'])(?:"{re.escape(schema)}"|{re.escape(schema)})\.""")
    neutral = prefix.sub(f"{SCHEMA}.", blob)
    neutral = CAST_OF_LIST.sub(lambda list_: f"ARRAY[{_without_casts(list_[1])}]", neutral)
    neutral = CAST_IN_LIST.sub(r"\1", neutral)
    # The stamp is on every table; an id that one table alone names stays, and is seen.
    ids = Counter(UUID_LITERAL.findall(neutral))
    if ids:
        neutral = neutral.replace(ids.most_common(1)[0][0], TENANT)
    return tuple(sorted(neutral.split(ROW)))


def _without_casts(items: str) -> str:
    return PLAIN_CAST.sub(r"\1", items)


@contextmanager
def _names_spelled_out(cursor: Any) -> Iterator[None]:
    """Leave no schema but the system's on the path: definitions then name the schema of all else.

    The setting is the transaction's, so that it can't be left on a connection that others share.
    """
    own = (
        cursor.connection.autocommit
        and cursor.connection.info.transaction_status == TransactionStatus.IDLE
    )
    if own:
        cursor.execute("BEGIN")
    try:
        cursor.execute("SELECT current_setting('search_path')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('search_path', 'pg_catalog', true)")
        yield
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])
    except BaseException:
        if own:
            cursor.execute("ROLLBACK")
        raise
    if own:
        cursor.execute("COMMIT")
