"""Reading a statement's tree: each block's tables must be bound to a tenant by the block."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from dentalogic.core.guard.blocks import (
    NOTHING,
    TENANT,
    Block,
    Level,
    Output,
    Source,
    folded,
)
from dentalogic.core.guard.checking import Violation
from dentalogic.core.guard.writing import NO_PREDICATE, WRITES, Ctes, read_copy

QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
# Schemas that are no clinic's.
SHARED = frozenset({"public", "pg_catalog", "information_schema", "extensions"})


class Reading:
    """One statement; `violations` and the clinic's tables met (`names`) after `read`."""

    def __init__(self, tables: frozenset[str], values: frozenset[str]) -> None:
        self._tables = tables
        self.values = values
        self.seen: set[int] = set()
        self.done: set[int] = set()
        self._found: dict[Violation, None] = {}
        self.names: set[str] = set()

    @property
    def violations(self) -> list[Violation]:
        return list(self._found)

    def read(self, tree: Any) -> None:
        """Read one statement."""
        match tree:
            case exp.Create():
                self.seen.update(map(id, tree.this.find_all(exp.Table)))
                self.query(tree.expression, None, {})
            case exp.Copy():
                read_copy(self, tree)
            case _ if isinstance(tree, (*QUERIES, *WRITES)):
                self.query(tree, None, {})
            case _:
                self.walk(tree, Block(None, self.values), {})
        # Whatever holds a clinic's table and was not understood is refused, not passed.
        for table in tree.find_all(exp.Table):
            name = self.clinics(table)
            if name and id(table) not in self.seen and not isinstance(table.parent, exp.Lock):
                self.refuse("", name, "is used in a way the guard can't read")

    def refuse(self, alias: str, table: str, reason: str) -> None:
        self._found[Violation(alias, table, reason)] = None

    def clinics(self, table: Any) -> str | None:
        """Return the name if it is a clinic's table, whatever schema it is asked from."""
        if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
            return None
        schema = table.args.get("db")
        name = folded(table.this)
        if name not in self._tables or (schema is not None and folded(schema) in SHARED):
            return None
        return name

    # Queries

    def query(self, node: Any, outer: Block | None, ctes: Ctes) -> Output:
        """Read a query or a write with what it sees around it; return the columns it gives."""
        if node is None:
            return NOTHING
        self.done.add(id(node))
        ctes = self._with(node, outer, ctes)
        if type(node) in WRITES:
            return WRITES[type(node)](self, node, outer, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes)
        if isinstance(node, exp.SetOperation):
            return self._set(node, outer, ctes)
        output = NOTHING
        block = Block(outer, self.values)
        if isinstance(node, exp.Subquery):
            output = self.query(node.this, outer, ctes)
        self.walk(node, block, ctes)
        return _rows(node, block) if isinstance(node, exp.Values) else output

    def _with(self, node: Any, outer: Block | None, ctes: Ctes) -> Ctes:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        self.done.add(id(clause))
        known = dict(ctes)
        for cte in clause.expressions:
            name = folded(cte.args["alias"].this)
            columns = [folded(column) for column in cte.args["alias"].columns]
            if clause.args.get("recursive") and isinstance(cte.this, exp.SetOperation):
                known[name] = self._recursive(cte.this, name, columns, outer, known)
            else:
                known[name] = self.query(cte.this, outer, known).named(columns)
        return known

    def _recursive(
        self, body: Any, name: str, columns: list[str], outer: Block | None, ctes: Ctes
    ) -> Output:
        """Assume of the rows before what the first arm gives, until the second arm agrees."""
        assumed = self.query(body.this, outer, {**ctes, name: NOTHING}).named(columns)
        while True:
            before = dict(self._found)
            given = self.query(body, outer, {**ctes, name: assumed}).named(columns)
            if given.columns == assumed.columns and given.exact == assumed.exact:
                return given
            self._found, assumed = before, given

    def _set(self, node: Any, outer: Block | None, ctes: Ctes) -> Output:
        left = self.query(node.this, outer, ctes)
        right = self.query(node.expression, outer, ctes)
        self.walk(node, Block(outer, self.values), ctes)
        if not (left.exact and right.exact):
            return NOTHING
        pairs = zip(left.columns, right.columns, strict=False)
        return Output([(name, min(level, other)) for (name, level), (_, other) in pairs])

    def _select(self, node: Any, outer: Block | None, ctes: Ctes) -> Output:
        block = Block(outer, self.values)
        # First: a LATERAL in FROM may lean on what WHERE binds.
        block.demand(node.args.get("where"))
        clause = node.args.get("from_")
        aliases = self.relation(clause.this, block, ctes) if clause else set()
        self._joins(node, aliases, block, ctes)
        for lateral in node.args.get("laterals") or []:
            self.relation(lateral, block, ctes)
        self.settle(block)
        self.walk(node, block, ctes)
        return block.projected(node.expressions)

    # Relations

    def relation(self, node: Any, block: Block, ctes: Ctes) -> set[str]:
        """Add what one item of FROM brings; the aliases of it and of all that hangs on it."""
        alias = folded(node.args["alias"].this) if node.alias else ""
        columns = [folded(one) for one in getattr(node.args.get("alias"), "columns", ())]
        aliases: set[str] = set()
        match node:
            case exp.Table():
                aliases = self._table(node, alias, columns, block, ctes)
            case exp.Subquery() if isinstance(node.this, exp.Table | exp.Join):
                aliases = self.relation(node.this, block, ctes)
                self.done.add(id(node))
            case exp.Subquery() | exp.Values() | exp.Select():
                output = self.query(node, block.outer, ctes)
                aliases = self._add(block, alias, output.named(columns))
            case exp.Lateral() if isinstance(node.this, exp.Subquery):
                # Sees what stands before it, and what that is bound to.
                block.solve()
                output = self.query(node.this, block, ctes)
                aliases = self._add(block, alias, output.named(columns))
            case exp.Unnest():
                levels = [
                    Level.GIVEN if block.term(one) == "value" else Level.OPEN
                    for one in node.expressions
                ]
                output = Output([(str(place), level) for place, level in enumerate(levels)])
                aliases = self._add(block, alias or "unnest", output.named(columns))
            case _:
                aliases = self._add(block, alias, NOTHING)
        return self._joins(node, aliases, block, ctes)

    def _table(
        self, node: Any, alias: str, columns: list[str], block: Block, ctes: Ctes
    ) -> set[str]:
        self.seen.add(id(node))
        if not isinstance(node.this, exp.Identifier):
            return self._add(block, alias, Output([(name, Level.OPEN) for name in columns]))
        name = folded(node.this)
        if node.args.get("db") is None and name in ctes:
            self.names.add(name)
            return self._add(block, alias or name, ctes[name].named(columns))
        table = self.clinics(node)
        if table is None:
            return self._add(block, alias or name, NOTHING)
        self.names.add(table)
        if columns:
            # Renamed columns: which one is tenant_id depends on the table's own order.
            self.refuse(alias, table, "its columns are renamed")
        block.sources[alias or name] = Source(table, Output())
        return {alias or name}

    @staticmethod
    def _add(block: Block, alias: str, output: Output) -> set[str]:
        name = alias or f"(unnamed {len(block.sources)})"
        block.sources[name] = Source(None, output)
        return {name}

    def _joins(self, node: Any, aliases: set[str], block: Block, ctes: Ctes) -> set[str]:
        for join in node.args.get("joins") or []:
            right = self.relation(join.this, block, ctes)
            self._join(join, aliases, right, block)
            aliases = aliases | right
        return aliases

    def _join(self, join: Any, left: set[str], right: set[str], block: Block) -> None:
        side = str(join.args.get("side") or "").upper()
        if side == "FULL" or join.args.get("method"):
            return  # restricts neither side; NATURAL doesn't say what it compares
        # The condition of an outer join restricts the rows of the side that may be missing.
        into = {"LEFT": right, "RIGHT": left}.get(side)
        block.demand(join.args.get("on"), into)
        if TENANT in map(folded, join.args.get("using") or []):
            ours = [one for one in sorted(left) if block.sources[one].has(TENANT)]
            theirs = [one for one in sorted(right) if block.sources[one].has(TENANT)]
            for one in ours:
                for other in theirs:
                    block.demand_equal((one, TENANT), (other, TENANT), into)
            if block.merged is None and ours and theirs:
                block.merged = theirs[0] if side == "RIGHT" else ours[0]

    def settle(self, block: Block) -> None:
        block.solve()
        for alias, source in block.sources.items():
            if source.table and block.level(alias, TENANT) is not Level.BOUND:
                self.refuse(alias, source.table, NO_PREDICATE)

    # What is left

    def walk(self, node: Any, block: Block, ctes: Ctes) -> None:
        """Read the queries inside expressions: in the select list, conditions, arguments."""
        waiting = list(node.iter_expressions())
        while waiting:
            one = waiting.pop()
            if id(one) in self.done:
                continue
            if isinstance(one, (*QUERIES, *WRITES)):
                self.query(one, block, ctes)
            else:
                waiting += one.iter_expressions()


def _rows(node: Any, block: Block) -> Output:
    """Return the columns of VALUES."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    best = Level.BOUND if len(rows) == 1 else Level.GIVEN
    return Output(
        [
            (f"column{place}", min(best, *(block.level_of(value) for value in column)))
            for place, column in enumerate(zip(*rows, strict=False), start=1)
        ]
    )
