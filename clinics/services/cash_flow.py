"""The cash of a day: always the sum of its transactions, closed by a person who counted it.

Whoever writes money holds the till's lock from the first look to the commit, and writes the sums
of the day in the transaction that writes the movement. See docs/money.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import (
    AccountingTransaction,
    CashFlowStep,
    DailyCashFlow,
    PaymentMethod,
    TransactionKind,
)
from clinics.services.accounting_rules import ZERO, checked_currency, checked_day
from clinics.services.actors import Actor
from clinics.services.errors import ReasonRequired
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid, NotAllowed, StaleVersion
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

K, M = TransactionKind, PaymentMethod
Sums = Mapping[tuple[str, str], Decimal]
# What the columns hold.
LARGEST_SUM = Decimal("999999999999.99")
MOVEMENTS = ("cash_income", "card_income", "transfer_income", "insurer_income")


class DayClosed(DomainError):
    """The day is closed; an entry needs a `late_reason`, which reopens it."""

    code = "day_closed"
    message = gettext_lazy("La caja de ese día está cerrada: hace falta un motivo.")  # type: ignore[assignment]


class DayNotClosed(DomainError):
    code = "day_not_closed"
    message = gettext_lazy("La caja de ese día está abierta.")  # type: ignore[assignment]


class EarlierDayOpen(DomainError):
    """Cash is counted in order: the detail `day` has to be closed first."""

    code = "earlier_day_open"
    message = gettext_lazy("Hay que cerrar primero la caja de un día anterior.")  # type: ignore[assignment]


def lock_till() -> None:
    """Let one at a time write money in this clinic, until the transaction ends.

    A lock of the day's row alone would let a day begin from a count that is being changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 12))",
            [f"till:{current_scope().tenant_id}"],
        )


def totals(sums: Sums) -> dict[str, Decimal]:
    """Return the figures of a day from the sums of its transactions by kind and method.

    A claim to an insurer is no money yet: it is in none of them.
    """
    incomes = {f"{method}_income": sums.get((K.INCOME, method), ZERO) for method in M.values}
    expenses = sum((sums.get((K.EXPENSE, method), ZERO) for method in M.values), ZERO)
    refunds = sum((sums.get((K.REFUND, method), ZERO) for method in M.values), ZERO)
    cash_out = sums.get((K.EXPENSE, M.CASH), ZERO) + sums.get((K.REFUND, M.CASH), ZERO)
    net = sum(incomes.values(), ZERO) - expenses - refunds
    return {**incomes, "expenses": expenses, "refunds": refunds, "cash_out": cash_out, "net": net}


def expected_cash(row: DailyCashFlow) -> Decimal:
    """Return what should be in the drawer."""
    return row.opening + row.cash_income - row.cash_out


def open_for_entry(
    *, day: date, currency: str, actor: Actor, late_reason: str
) -> tuple[DailyCashFlow, bool]:
    """Return the day's row, ready for an entry, and whether the entry comes late.

    Inside a transaction; takes the till's lock. A closed day is reopened with the reason, and
    refused with `DayClosed` without one.
    """
    lock_till()
    row = _locked(day, currency)
    late = _is_closed(row, day, currency)
    if late and not late_reason:
        raise DayClosed(day=day.isoformat())
    if row is None:
        row = _begin(day, currency)
    if late:
        _reopen(row, actor, late_reason)
    return row, late


def recompute(row: DailyCashFlow) -> None:
    """Write the sums of the day's transactions into its row. The till is locked."""
    figures = totals(_sums(row.day, row.currency))
    if any(abs(figure) > LARGEST_SUM for figure in figures.values()):
        raise Invalid({"amount": [_("La suma del día no entra en los libros.")]})
    for name, figure in figures.items():
        setattr(row, name, figure)
    row.version += 1
    row.save()


def close_day(
    *,
    day: date,
    counted_cash: Decimal,
    version: int,
    actor: Actor,
    opening: Decimal | None = None,
    currency: str | None = None,
) -> DailyCashFlow:
    """Close a day with the cash that somebody counted; the next open days begin with it.

    `version` is 0 for a day without movements. `opening` is for the first day ever, which has no
    count before it. Raises `DayClosed`, `EarlierDayOpen`, `StaleVersion`.
    """
    who = _staff(actor)
    checked_day(day)

    def work() -> DailyCashFlow:
        lock_till()
        money = checked_currency(currency)
        row = _locked(day, money)
        if _is_closed(row, day, money):
            raise DayClosed(_("La caja de ese día ya está cerrada."), day=day.isoformat())
        if (row.version if row else 0) != version:
            raise StaleVersion
        _check_earlier(day, money)
        row = row or _begin(day, money)
        if opening is not None:
            _set_first_opening(row, opening)
        row.counted_cash = counted_cash
        row.difference = counted_cash - expected_cash(row)
        if abs(row.difference) > LARGEST_SUM:
            raise Invalid({"counted_cash": [_("Es demasiado.")]})
        row.closed_at, row.closed_by = clock.now(), who
        row.version += 1
        row.save()
        _note(row, who, closed=True)
        _carry(row)
        return row

    return in_transaction(work)


def reopen_day(
    *, day: date, reason: str, version: int, actor: Actor, currency: str | None = None
) -> DailyCashFlow:
    """Open a closed day again, with the reason. Later days keep what they opened with."""
    _staff(actor)
    reason = reason.strip()
    if not reason:
        raise ReasonRequired

    def work() -> DailyCashFlow:
        lock_till()
        row = _locked(day, checked_currency(currency))
        if row is None or row.closed_at is None:
            raise DayNotClosed
        if row.version != version:
            raise StaleVersion
        _reopen(row, actor, reason)
        row.version += 1
        row.save()
        return row

    return in_transaction(work)


def read_day(*, day: date, currency: str | None = None) -> DailyCashFlow:
    """Return a day with what the count before it says; one without movements is all zeros."""
    money = checked_currency(currency)
    row = day_rows().filter(day=day, currency=money).first()
    if row is None:
        row = DailyCashFlow(day=day, currency=money, opening=_carried(day, money), version=0)
        row.previous_counted = _carried_or_none(day, money)  # type: ignore[attr-defined]
    return row


def day_rows() -> QuerySet[DailyCashFlow]:
    """Return the days, each with `previous_counted`, the count of the closed day before it.

    It differs from `opening` where an earlier day was reopened and counted again: figures of a
    closed day stay, and the difference shows.
    """
    before = DailyCashFlow.objects.filter(
        currency=OuterRef("currency"), day__lt=OuterRef("day"), closed_at__isnull=False
    ).order_by("-day")
    return DailyCashFlow.objects.annotate(
        previous_counted=Subquery(before.values("counted_cash")[:1])
    )


def _staff(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotAllowed
    return actor.user_id


def _sums(day: date, currency: str) -> Sums:
    rows = (
        AccountingTransaction.objects.filter(occurred_on=day, currency=currency)
        .values_list("kind", "method")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    return {(kind, method): total for kind, method, total in rows}


def _locked(day: date, currency: str) -> DailyCashFlow | None:
    found: DailyCashFlow | None = (
        DailyCashFlow.objects.for_update().filter(day=day, currency=currency).first()
    )
    return found


def _begin(day: date, currency: str) -> DailyCashFlow:
    return DailyCashFlow.objects.create(
        day=day, currency=currency, opening=_carried(day, currency), version=0
    )


def _is_closed(row: DailyCashFlow | None, day: date, currency: str) -> bool:
    """Whether the day is closed; one that passed without movements closed with those after it."""
    if row is not None:
        return row.closed_at is not None
    later = DailyCashFlow.objects.filter(currency=currency, day__gt=day, closed_at__isnull=False)
    return later.exists()


def _carried_or_none(day: date, currency: str) -> Decimal | None:
    before = DailyCashFlow.objects.filter(
        currency=currency, day__lt=day, closed_at__isnull=False
    ).order_by("-day")
    return before.values_list("counted_cash", flat=True).first()


def _carried(day: date, currency: str) -> Decimal:
    return _carried_or_none(day, currency) or ZERO


def _check_earlier(day: date, currency: str) -> None:
    still_open = (
        DailyCashFlow.objects.filter(currency=currency, day__lt=day, closed_at=None)
        .order_by("day")
        .values_list("day", flat=True)
        .first()
    )
    if still_open is not None:
        raise EarlierDayOpen(day=still_open.isoformat())


def _set_first_opening(row: DailyCashFlow, opening: Decimal) -> None:
    if _carried_or_none(row.day, row.currency) is not None:
        raise Invalid({"opening": [_("Este día abre con lo contado el anterior.")]})
    row.opening = opening


def _reopen(row: DailyCashFlow, actor: Actor, reason: str) -> None:
    row.reopened_reason = reason
    _note(row, _staff(actor), closed=False, reason=reason)
    row.closed_at = row.closed_by = row.counted_cash = row.difference = None


def _note(row: DailyCashFlow, by: UUID, *, closed: bool, reason: str = "") -> None:
    figures: dict[str, Any] = {
        "net": row.net,
        "counted_cash": row.counted_cash,
        "difference": row.difference,
    }
    CashFlowStep.objects.create(cash_flow=row, closed=closed, by=by, reason=reason, **figures)


def _carry(row: DailyCashFlow) -> None:
    """Let the open days up to the next closed one begin with what was counted."""
    later = DailyCashFlow.objects.filter(currency=row.currency, day__gt=row.day)
    next_closed = (
        later.filter(closed_at__isnull=False).order_by("day").values_list("day", flat=True).first()
    )
    still_open = later.filter(closed_at=None)
    if next_closed is not None:
        still_open = still_open.filter(day__lt=next_closed)
    for one in still_open.order_by("day"):
        one.opening = row.counted_cash or ZERO
        one.version += 1
        one.save()
