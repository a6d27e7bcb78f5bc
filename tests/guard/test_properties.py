"""A good statement made of many parts; without any one of its tenant predicates it is bad."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from dentalogic.core.guard.checking import check

TABLES = ("patients", "appointments", "professionals", "events", "messages")
KNOWN = frozenset(TABLES)
HOLE = "true"


@dataclass(frozen=True)
class Made:
    """A statement with `{}` where a tenant predicate stands, and those predicates."""

    text: str
    predicates: tuple[str, ...]

    def whole(self) -> str:
        return self.text.format(*self.predicates)

    def without(self, place: int) -> str:
        kept = [HOLE if at == place else one for at, one in enumerate(self.predicates)]
        return self.text.format(*kept)


names = st.sampled_from(TABLES)
joins = st.sampled_from(
    ["JOIN", "LEFT JOIN", "INNER JOIN", "CROSS JOIN LATERAL", "EXISTS", "SCALAR"]
)
counter = iter(range(10**9))


def alias() -> str:
    return f"t{next(counter)}"


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2, above: str | None = None) -> Made:
    """A SELECT: one table, what hangs on it, its tenant from a value or from the block above."""
    first = alias()
    start = draw(st.sampled_from([f"{first}.tenant_id = %s", f"%s = {first}.tenant_id"]))
    if above is not None and draw(st.booleans()):
        start = f"{first}.tenant_id = {above}.tenant_id"
    relations = Made(f"FROM {draw(names)} {first}", ())
    conditions = Made("{}", (start,))
    for _ in range(draw(st.integers(0, 3 if depth else 1))):
        kind = draw(joins)
        if kind in {"JOIN", "LEFT JOIN", "INNER JOIN"}:
            other = alias()
            right = draw(st.sampled_from([f"{first}.tenant_id", "%s"]))
            on = f"{{}} AND {other}.id = {first}.other_id"
            join = Made(f"{kind} {draw(names)} {other} ON {on}", (f"{other}.tenant_id = {right}",))
            relations = joined(relations, join, "{} {}")
        elif depth:
            inner = draw(blocks(depth=depth - 1, above=first))
            match kind:
                case "EXISTS":
                    conditions = joined(conditions, inner, "{} AND EXISTS ({})")
                case "SCALAR":
                    conditions = joined(conditions, inner, f"{{}} AND {first}.id = ({{}})")
                case _:
                    text = f"{{}} CROSS JOIN LATERAL ({{}}) {alias()}"
                    relations = joined(relations, inner, text)
    return joined(relations, conditions, "SELECT 1 {} WHERE {}")


def joined(first: Made, second: Made, text: str) -> Made:
    return Made(text.format(first.text, second.text), (*first.predicates, *second.predicates))


@st.composite
def statements(draw: st.DrawFn) -> Made:  # noqa: PLR0911  # a kind a line
    inner = draw(blocks())
    other = draw(blocks(depth=1))
    table = draw(names)
    match draw(st.integers(0, 6)):
        case 0:
            return inner
        case 1:
            return joined(inner, other, draw(st.sampled_from(["{} UNION ALL {}", "{} EXCEPT {}"])))
        case 2:
            return joined(inner, other, "WITH c AS ({}) SELECT 1 FROM c, ({}) d")
        case 3:
            text = f"UPDATE {table} u SET name = %s WHERE {{}} AND u.id IN ({inner.text})"
            return Made(text, ("u.tenant_id = %s", *inner.predicates))
        case 4:
            text = f"DELETE FROM {table} d USING ({inner.text}) x WHERE {{}}"
            return Made(text, (*inner.predicates, "d.tenant_id = %s"))
        case 5:
            text = f"INSERT INTO outbox (id) {inner.text}"
            return Made(text, inner.predicates)
        case _:
            return joined(inner, other, "SELECT * FROM ({}) a; {}")


@settings(max_examples=80, deadline=None)
@given(statements())
def test_each_predicate_is_needed(made: Made) -> None:
    assert check(made.whole(), KNOWN) == ()
    for place in range(len(made.predicates)):
        assert check(made.without(place), KNOWN), made.without(place)


@settings(max_examples=30, deadline=None)
@given(statements(), st.data())
def test_an_alternative_unbinds(made: Made, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(made.predicates) - 1))
    for spoiled in ("({} OR id = %s)", "NOT ({})", "coalesce({}, true)", "({}) IS NOT FALSE"):
        predicates = list(made.predicates)
        predicates[place] = spoiled.format(predicates[place])
        assert check(made.text.format(*predicates), KNOWN)
