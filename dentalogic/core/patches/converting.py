"""Column types: how the catalogue calls them, and which may become which without losing values."""

from __future__ import annotations

import re

from dentalogic.core.patches.refusing import CannotGuard

_INTEGERS = ("smallint", "integer", "bigint")
_CATALOGUE = {
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "timestamptz": "timestamp with time zone",
    "bool": "boolean",
    "int": "integer",
    "double": "double precision",
}
# Their text can be read back as it was.
_PLAIN = (*_INTEGERS, "uuid", "boolean", "date", "numeric", "jsonb", "inet")


def catalogue_type(declared: str) -> str:
    """Return the type as `format_type()` says it."""
    name, array = re.fullmatch(r"(.*?)((?:\[\d*\])*)", declared.strip()).groups()  # type: ignore[union-attr]
    name = re.sub(r"\s*,\s*", ",", name)
    name = re.sub(r"^(?:varchar|character varying)\b", "character varying", name)
    name = re.sub(r"^(?:char|bpchar)\b", "character", name)
    return _CATALOGUE.get(name, name) + ("[]" if array else "")


def conversion(old: str, new: str, where: str) -> str:
    """Return the USING clause, or nothing where PostgreSQL converts by itself.

    Only what keeps every value or fails aloud: an explicit cast to `varchar(n)` cuts without a
    word, so texts get along without one.
    """
    before, after = _family(old), _family(new)
    column = f'"{where.rpartition(".")[2]}"'
    if before == after and before in {"text", *_INTEGERS}:
        return ""
    if before in _INTEGERS and after in (*_INTEGERS, "numeric"):
        return ""  # too large a number fails aloud
    if before == after == "numeric" and _scale(new) >= _scale(old):
        return ""
    if before in _PLAIN and after == "text":
        return f" USING {column}::text"
    if before == "text" and after in _PLAIN and after != "numeric":
        return f" USING {column}::{new}"
    raise CannotGuard(
        f"{where}: {old} to {new} may lose values or depends on settings: write that patch by hand"
        " (a new column, the values copied by a patch, the old column dropped in a contract step)"
    )


def _family(declared: str) -> str:
    name = catalogue_type(declared)
    if "[" in name:
        return name
    if name.startswith(("character varying", "citext")) or name == "text":
        return "text"
    return name.partition("(")[0]


def _scale(declared: str) -> int:
    found = re.search(r"\(\d+\s*,\s*(\d+)\)", declared)
    return int(found[1]) if found else 0 if "(" in declared else 1000
