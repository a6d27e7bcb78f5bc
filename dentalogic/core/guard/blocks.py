"""What one query block binds: its relations, its equalities, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from sqlglot import exp

TENANT: Final = "tenant_id"
# What a patch reads: set by the pipeline for the clinic whose schema it is.
SETTING: Final = "dentalogic.tenant_id"


class Level(IntEnum):
    """How much is known of a column: nothing; each row has a given value; all have one value."""

    OPEN = 0
    GIVEN = 1
    BOUND = 2


@dataclass(slots=True)
class Output:
    """The columns that a query gives. Not `exact`: there are others, at unknown places."""

    columns: list[tuple[str, Level]] = field(default_factory=list)
    exact: bool = True

    def level(self, name: str) -> Level:
        return next((level for column, level in self.columns if column == name), Level.OPEN)

    def named(self, names: list[str]) -> Output:
        """Rename the columns by their places, as `AS t(a, b)` does."""
        if not names:
            return self
        if not self.exact:
            return Output([(name, Level.OPEN) for name in names], exact=False)
        new = [*names, *(name for name, _ in self.columns[len(names) :])]
        return Output(list(zip(new, (level for _, level in self.columns), strict=False)))


NOTHING: Final = Output(exact=False)


@dataclass(slots=True)
class Source:
    """A relation of FROM. `table` is set when it is a clinic's table."""

    table: str | None
    output: Output

    def has(self, column: str) -> bool:
        known = any(name == column for name, _ in self.output.columns)
        return known or (self.table is not None and column == TENANT)


Node = tuple[str, str]
VALUE: Final = "value"
Term = Node | str | None


def folded(identifier: Any) -> str:
    """Return a name as PostgreSQL folds it."""
    if not isinstance(identifier, exp.Identifier):
        return str(identifier).lower()
    name = str(identifier.this)
    return name if identifier.args.get("quoted") else name.lower()


def conjuncts(condition: Any) -> Iterator[Any]:
    """Yield what must all be true for the condition to be true."""
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.And):
            waiting += [one.this, one.expression]
        elif isinstance(one, exp.Paren | exp.Where):
            waiting.append(one.this)
        elif one is not None:
            yield one


def equalities(condition: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs that one conjunct makes equal."""
    if isinstance(condition, exp.EQ):
        left, right = condition.this, condition.expression
        if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
            yield from zip(left.expressions, right.expressions, strict=False)
        else:
            yield left, right
    elif isinstance(condition, exp.In):
        options = condition.expressions
        # One option is an equality; several would be several clinics.
        if len(options) == 1 and not condition.args.get("query"):
            yield condition.this, options[0]


class Block:
    """The relations that one query sees, and which of their columns are bound to a value."""

    def __init__(self, outer: Block | None, values: frozenset[str]) -> None:
        self.outer = outer
        self.values = values
        self.sources: dict[str, Source] = {}
        self.merged: str | None = None
        self._conditions: list[tuple[Any, Any, frozenset[str] | None]] = []
        self._joined: list[tuple[Node, Node, frozenset[str] | None]] = []
        self._levels: dict[Node, Level] = {}

    def demand(self, condition: Any, into: Iterable[str] | None = None) -> None:
        """Note a condition that must hold. `into`: it restricts rows of these relations alone."""
        limit = None if into is None else frozenset(into)
        for one in conjuncts(condition):
            self._conditions += [(left, right, limit) for left, right in equalities(one)]

    def demand_equal(self, left: Node, right: Node, into: Iterable[str] | None) -> None:
        self._joined.append((left, right, None if into is None else frozenset(into)))

    def solve(self) -> None:
        """Follow the equalities from the values to every column that they bind."""
        self._levels = {
            (alias, name): level
            for alias, source in self.sources.items()
            for name, level in source.output.columns
            if level is not Level.OPEN
        }
        edges: dict[Term, list[Node]] = defaultdict(list)
        pairs: list[tuple[Term, Term, frozenset[str] | None]] = [
            (self.term(left), self.term(right), limit) for left, right, limit in self._conditions
        ]
        for left, right, limit in [*pairs, *self._joined]:
            if left is None or right is None:
                continue
            for start, end in ((left, right), (right, left)):
                if isinstance(end, tuple) and (limit is None or end[0] in limit):
                    edges[start].append(end)
        waiting: list[Term] = [
            VALUE,
            *(node for node, level in self._levels.items() if level is Level.BOUND),
        ]
        while waiting:
            for node in edges.pop(waiting.pop(), []):
                self._levels[node] = Level.BOUND
                waiting.append(node)

    def level(self, alias: str, column: str) -> Level:
        """Return what is known of a column, here or in a block around."""
        if alias in self.sources:
            return self._levels.get((alias, column), Level.OPEN)
        return self.outer.level(alias, column) if self.outer else Level.OPEN

    def owner(self, column: str) -> str | None:
        """Return whose an unqualified column is, if that is certain."""
        having = [alias for alias, source in self.sources.items() if source.has(column)]
        if len(having) > 1 and column == TENANT and self.merged in having:
            return self.merged
        if len(having) == 1:
            return having[0]
        if not having and len(self.sources) == 1 and column != TENANT:
            return next(iter(self.sources))
        return None

    def _owned_above(self, column: str) -> Level:
        block = self.outer
        while block is not None:
            if any(source.has(column) for source in block.sources.values()):
                owner = block.owner(column)
                return Level.OPEN if owner is None else block.level(owner, column)
            block = block.outer
        return Level.OPEN

    def term(self, expression: Any) -> Term:
        """Return what an operand stands for: a value, a column of a relation here, or nothing."""
        while isinstance(expression, exp.Paren):
            expression = expression.this
        match expression:
            case exp.Placeholder() | exp.Parameter() | exp.Literal():
                return VALUE
            case exp.Cast():
                return VALUE if self.term(expression.this) == VALUE else None
            case exp.Column():
                return self._column(expression)
            case exp.Anonymous() if str(expression.this).lower() == "current_setting":
                name = expression.expressions[0] if expression.expressions else None
                return VALUE if isinstance(name, exp.Literal) and name.this == SETTING else None
        return None

    def _column(self, column: exp.Column) -> Term:
        name = folded(column.this)
        if not column.args.get("table"):
            owner = self.owner(name)
            if owner is not None and (name == TENANT or name not in self.values):
                return owner, name
            if name in self.values and not any(one.has(name) for one in self.sources.values()):
                return VALUE
            return VALUE if name == TENANT and self._bound_above(name) else None
        alias = folded(column.args["table"])
        if alias in self.sources:
            return alias, name
        if f"{alias}.{name}" in self.values:
            return VALUE
        return VALUE if self.level(alias, name) is Level.BOUND else None

    def _bound_above(self, name: str) -> bool:
        # Only where nothing here could be meant.
        here = any(source.has(name) for source in self.sources.values())
        return not here and self._owned_above(name) is Level.BOUND

    def level_of(self, expression: Any) -> Level:
        """Return what is known of an expression in the select list."""
        term = self.term(expression)
        if isinstance(term, tuple):
            return self.level(*term)
        return Level.BOUND if term == VALUE else Level.OPEN

    def projected(self, expressions: Iterable[Any]) -> Output:
        """Return the columns of a select list."""
        output = Output()
        for one in expressions:
            inner = one.this if isinstance(one, exp.Alias) else one
            star = isinstance(inner, exp.Star)
            if isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
                self._spread(output, [folded(inner.args["table"])])
            elif star:
                self._spread(output, list(self.sources))
            else:
                output.columns.append((folded(one.alias_or_name), self.level_of(inner)))
        return output

    def _spread(self, output: Output, aliases: list[str]) -> None:
        for alias in aliases:
            source = self.sources.get(alias)
            if source is None or source.table is not None or not source.output.exact:
                output.exact = False
            if source is None:
                continue
            names = [name for name, _ in source.output.columns]
            if source.table is not None:
                names = [TENANT]
            # Two columns of one name can't be told apart by it.
            taken = {name for name, _ in output.columns}
            for name in names:
                level = self.level(alias, name)
                output.columns.append((name, Level.OPEN if name in taken else level))
                if name in taken:
                    output.columns = [
                        (other, Level.OPEN if other == name else known)
                        for other, known in output.columns
                    ]
