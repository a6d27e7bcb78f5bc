"""No generator lends its clinic to whoever iterates over it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

DOORS = {"clinic_scope", "no_scope"}
PLACES = ("agent", "clinics", "dentalogic", "whatsapp")


def lent(source: str) -> Iterator[int]:
    """Return the lines that yield inside a clinic; context managers are there to do just that."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not any(
            ast.unparse(one).endswith("contextmanager") for one in node.decorator_list
        ):
            yield from _inside(node.body, entered=False)


def _inside(nodes: list[ast.stmt] | list[ast.AST], *, entered: bool) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue  # looked at by itself
        inside = entered
        if isinstance(node, ast.With | ast.AsyncWith):
            calls = [one.context_expr for one in node.items]
            inside |= any(
                isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in DOORS
                for call in calls
            )
        if isinstance(node, ast.Yield | ast.YieldFrom) and entered:
            yield node.lineno
        yield from _inside(list(ast.iter_child_nodes(node)), entered=inside)


def test_nothing_is_yielded_inside_a_clinic() -> None:
    files = [path for place in PLACES for path in Path(settings.BASE_DIR, place).rglob("*.py")]
    assert len(files) > 100
    texts = {path: path.read_text() for path in files}
    entering = {path: text for path, text in texts.items() if any(door in text for door in DOORS)}
    assert [f"{path}:{line}" for path, text in entering.items() for line in lent(text)] == []


def test_the_rule_finds_what_it_forbids() -> None:
    body = "with tenancy.clinic_scope(one):\n  yield 1\n with other(): yield 2"
    assert list(lent(f"def rows():\n {body}")) == [3]
    assert list(lent(f"async def rows():\n {body}")) == [3]
    assert list(lent(f"@contextmanager\ndef rows():\n {body}")) == []
    assert list(lent("def rows():\n with no_scope():\n  yield from other()")) == [3]
    assert list(lent("def rows():\n with no_scope():\n  def inner(): yield 1")) == []
