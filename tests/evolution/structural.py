"""Finds SQL that changes structure in Python code, however its text is put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

# Stands for whatever a text gets at run time.
HOLE = "\0"
_THINGS = (
    "TABLE|INDEX|TRIGGER|FUNCTION|PROCEDURE|EXTENSION|TYPE|VIEW|SEQUENCE|SCHEMA|DOMAIN|POLICY|RULE"
    "|COLUMN|CONSTRAINT|AGGREGATE"
)
_BETWEEN = r"(?:OR REPLACE |UNIQUE |MATERIALIZED |TEMP |TEMPORARY |UNLOGGED |CONCURRENTLY |EVENT )*"
STRUCTURAL = re.compile(rf"\b(?:CREATE|ALTER|DROP|RENAME|ADD) {_BETWEEN}(?:{_THINGS})\b", re.I)
# A word that is only known at run time, beside one that gives the statement away.
HALF = re.compile(
    rf"{HOLE} {_BETWEEN}(?:{_THINGS}) (?:[\"\w]|{HOLE})|\b(?:CREATE|ALTER|DROP) {_BETWEEN}{HOLE}"
)
_EDITOR = re.compile(
    r"(create|delete)_model|(add|remove|alter)_(field|index|constraint)|alter_db_table|RunSQL|RunPython"
)


def structural_sql(source: str) -> Iterator[str]:
    """Return what in a module's code would change structure."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute) and _EDITOR.fullmatch(node.attr):
            yield f"line {node.lineno}: {node.attr}"
        text = _text(node) if isinstance(node, _TEXTS) else None
        if text is None:
            waiting += _children(node)
            continue
        flat = " ".join(re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).split())
        for found in (*STRUCTURAL.finditer(flat), *HALF.finditer(flat)):
            yield f"line {getattr(node, 'lineno', '?')}: {found[0].replace(HOLE, '{}')}"


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Return what is below a node, but for texts that stand alone: docstrings."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield child


_TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call)


def _text(node: ast.AST) -> str | None:
    """Return the text that an expression makes, with holes; None where it makes none."""
    text: str | None = None
    match node:
        case ast.Constant(value=str(known)):
            text = known
        case ast.Constant(value=bytes(raw)):
            text = raw.decode(errors="replace")
        case ast.JoinedStr(values=values):
            text = "".join(_text(value) or HOLE for value in values)
        case ast.FormattedValue(value=value):
            text = _text(value) or HOLE
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            pieces = _text(left), _text(right)
            text = None if pieces == (None, None) else "".join(one or HOLE for one in pieces)
        case ast.BinOp(left=left, op=ast.Mod()):
            text = _with_holes(left, r"%(\(\w+\))?s")
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            text = _with_holes(inner, r"\{[^{}]*\}")
        case ast.Call(
            func=ast.Attribute(value=inner, attr="join"), args=[ast.List(elts) | ast.Tuple(elts)]
        ):
            glue = _text(inner)
            text = None if glue is None else glue.join(_text(one) or HOLE for one in elts)
        case ast.Call(func=ast.Attribute(attr="SQL"), args=[inner]):
            text = _text(inner)
    return text


def _with_holes(template: ast.AST, place: str) -> str | None:
    text = _text(template)
    return None if text is None else re.sub(place, HOLE, text)
