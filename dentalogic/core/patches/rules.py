"""The rules that the text of a patch keeps, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dentalogic.core.sqlpatch import CONTRACT

# A question to the catalogue, and what binds it to the schema that the patch runs in.
_BOUND = {
    r"information_schema\.\w+": r"\w*_schema\s*=\s*current_schema\(\)",
    r"pg_constraint": r"\bconrelid\s*=",
    r"pg_attribute": r"\battrelid\s*=",
    r"pg_attrdef": r"\badrelid\s*=",
    r"pg_trigger": r"\btgrelid\s*=",
    r"pg_index": r"\bindrelid\s*=|\bindexrelid\s*=",
    r"pg_class": r"\brelnamespace\s*=",
    r"pg_proc": r"\bpronamespace\s*=",
    r"pg_type": r"\btypnamespace\s*=",
    r"pg_(?:indexes|tables|views|sequences)": r"\bschemaname\s*=\s*current_schema\(\)",
}
_REGCLASS = re.compile(r"\bto_reg(?:class|type|proc|procedure)\s*\((?!\s*format\('%I\.%I')", re.I)
_QUALIFIED = re.compile(
    # OLD and NEW after IS DISTINCT FROM are a trigger's rows.
    r"(?<!\bDISTINCT )\b(?:FROM|JOIN|INTO|TABLE|UPDATE|REFERENCES|INDEX|SEQUENCE|FUNCTION"
    r"|PROCEDURE|VIEW|TRUNCATE)"
    r'\s+(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+)?"?(\w+)"?\s*\.\s*"?\w',
    re.I,
)
_DROPS = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|CONSTRAINT|INDEX|SEQUENCE|VIEW|TRIGGER|TYPE)\b"
    r"|\bRENAME\s+(?:TO|COLUMN|CONSTRAINT)\b",
    re.I,
)
_ADDS = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|TRIGGER|SEQUENCE)\b"
    r"|\bADD\s+(?:COLUMN|CONSTRAINT)\b|\bALTER\s+COLUMN\s+\S+\s+(?:SET|TYPE)\b",
    re.I,
)
_BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_ALLOWED = re.compile(
    r"DO \$\$|CREATE OR REPLACE (?:FUNCTION|PROCEDURE|VIEW|TRIGGER|AGGREGATE)\b", re.I
)


def faults(text: str) -> Iterator[str]:
    """Say what is wrong with a patch, rule by rule."""
    bare = re.sub(r"--[^\n]*", "", text)
    if not bare.strip():
        yield "it is empty"
    outside = _BODY.sub(lambda found: f"${found[1]}$", bare)
    for statement in (part.strip() for part in outside.split(";")):
        if statement and not _ALLOWED.match(statement):
            yield f"outside of a DO $$ block and not CREATE OR REPLACE: {statement[:60]}"
    yield from _schema_faults(bare)
    for question in _questions(bare):
        yield from _question_faults(question)
    yield from (f"not bound to current_schema(): {one[0]}" for one in _REGCLASS.finditer(bare))
    yield from _contract_faults(text, bare)


def _schema_faults(bare: str) -> Iterator[str]:
    for found in _QUALIFIED.finditer(bare):
        if found[1].lower() not in {"information_schema", "pg_catalog"}:
            yield f"a schema's name: {found[0]}"
    for found in re.finditer(r'\b(public|extensions)"?\s*\.\s*"?\w|\bsearch_path\b', bare, re.I):
        yield f"a schema's name: {found[0]}"


def _questions(bare: str) -> Iterator[str]:
    """Return the pieces that a question can't reach out of."""
    for piece in re.split(r";|\bTHEN\b|\bLOOP\b", bare):
        # Each SELECT answers for itself: a bound one does not cover its neighbour.
        yield from re.split(r"\bSELECT\b", piece, flags=re.I)[1:]


def _question_faults(question: str) -> Iterator[str]:
    for relation, binding in _BOUND.items():
        asked = re.search(rf"\b(?:FROM|JOIN)\s+(?:pg_catalog\.)?({relation})\b", question, re.I)
        if asked and not re.search(binding, question, re.I):
            yield f"{asked[1]} is asked without binding it to current_schema(): {question[:70]}"


def _contract_faults(text: str, bare: str) -> Iterator[str]:
    contract = text.startswith(CONTRACT)
    dropped = re.findall(r'\bDROP\s+(?:CONSTRAINT|INDEX)\s+"?(\w+)', bare, re.I)
    added = set(
        re.findall(r'\b(?:ADD\s+CONSTRAINT|CREATE\s+(?:UNIQUE\s+)?INDEX)\s+"?(\w+)', bare, re.I)
    )
    drops = [found[0] for found in _DROPS.finditer(bare)]
    replaced = len(drops) == len(dropped) and set(dropped) <= added
    if contract and _ADDS.search(bare):
        yield "a contract patch drops or renames and does nothing else"
    if not contract and drops and not replaced:
        yield f"{drops[0]} belongs into a contract patch of its own ({CONTRACT} ...)"
    if drops and "INSERT INTO retired" not in bare:
        yield f"{drops[0]} without INSERT INTO retired: a replay would hit what came later"
