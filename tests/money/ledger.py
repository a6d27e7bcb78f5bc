"""What the tests of money share: recording, and a picture of the books."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from clinics.models import AccountingTransaction, CashFlowStep, DailyCashFlow
from clinics.services import accounting, cash_flow
from clinics.services.actors import Actor

STAFF = Actor.staff(uuid.UUID(int=7))
TODAY, YESTERDAY = date(2026, 11, 24), date(2026, 11, 23)


def record(amount: str = "100", kind: str = "income", method: str = "cash", **more: Any) -> Any:
    given: dict[str, Any] = {"actor": STAFF, "amount": Decimal(amount)}
    return accounting.record_transaction(kind=kind, method=method, **(given | more))


def day_of(day: date = TODAY) -> Any:
    return cash_flow.read_day(day=day)


def close(counted: str, day: date = TODAY, **more: Any) -> Any:
    given: dict[str, Any] = {"version": day_of(day).version, "actor": STAFF}
    return cash_flow.close_day(day=day, counted_cash=Decimal(counted), **(given | more))


def reopen(day: date, reason: str = "Se contó mal") -> Any:
    return cash_flow.reopen_day(day=day, reason=reason, version=day_of(day).version, actor=STAFF)


def books() -> list[Any]:
    """Return everything that is written about money."""
    tables: list[Any] = [AccountingTransaction, DailyCashFlow, CashFlowStep]
    return [list(one.objects.order_by("id").values()) for one in tables]


@contextmanager
def nothing_written() -> Iterator[None]:
    before = books()
    yield
    assert books() == before


def assert_days_are_their_sums() -> None:
    """Every day says what its transactions say, computed here the long way."""
    for row in DailyCashFlow.objects.all():
        found = {name: Decimal(0) for name in (*cash_flow.MOVEMENTS, "expenses", "refunds")}
        out = Decimal(0)
        for one in AccountingTransaction.objects.filter(occurred_on=row.day):
            match one.kind:
                case "income":
                    found[f"{one.method}_income"] += one.amount
                case "expense":
                    found["expenses"] += one.amount
                case "refund":
                    found["refunds"] += one.amount
                case _:
                    continue
            if one.kind != "income" and one.method == "cash":
                out += one.amount
        assert {name: getattr(row, name) for name in found} == found
        assert row.cash_out == out
        incomes = sum((found[name] for name in cash_flow.MOVEMENTS), Decimal(0))
        assert row.net == incomes - found["expenses"] - found["refunds"]
    days = set(AccountingTransaction.objects.values_list("occurred_on", flat=True))
    assert days <= set(DailyCashFlow.objects.values_list("day", flat=True))
