"""What a plan costs, what was paid of it, and what is still owed, by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from clinics.models import (
    AccountingTransaction,
    PaymentMethod,
    PlanItem,
    PlanItemStatus,
    PlanStatus,
    TransactionKind,
    TreatmentPlan,
)
from clinics.services.accounting_rules import ZERO

# From when on the patient owes what the items say; of a plan given up, what was done.
OWED = (PlanStatus.APPROVED, PlanStatus.DONE, PlanStatus.CANCELLED)
K, M = TransactionKind, PaymentMethod


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of a plan. `balance` is what the patient still owes; below zero it is owed to them.

    `claimed` was asked of the insurer, `insurer_paid` came from it.
    """

    paid: Decimal
    balance: Decimal
    claimed: Decimal
    insurer_paid: Decimal


def shares(items: Iterable[PlanItem]) -> tuple[Decimal, Decimal]:
    """Return what the patient and the insurer pay for the items that are not cancelled."""
    standing = [one for one in items if one.status != PlanItemStatus.CANCELLED]
    insurer = sum((one.insurer_pays for one in standing), ZERO)
    return sum((one.price for one in standing), ZERO) - insurer, insurer


def balances(plans: Iterable[TreatmentPlan]) -> dict[UUID, Balance]:
    """Return the balance of each plan, in one statement; their items are loaded already.

    Counter-entries carry their sign, so that what was reversed counts nothing.
    """
    named = list(plans)
    rows = (
        AccountingTransaction.objects.filter(plan__in=[one.pk for one in named])
        .values_list("plan_id", "kind", "method")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    found: dict[UUID, list[tuple[str, str, Decimal]]] = {}
    for plan_id, kind, method, total in rows:
        found.setdefault(plan_id, []).append((kind, method, total))
    return {one.pk: _balance(one, found.get(one.pk, [])) for one in named}


def _balance(plan: TreatmentPlan, sums: list[tuple[str, str, Decimal]]) -> Balance:
    paid = insurer_paid = claimed = ZERO
    for kind, method, total in sums:
        if kind == K.INSURANCE_CLAIM:
            claimed += total
        elif method == M.INSURER:
            insurer_paid += total
        else:
            paid += -total if kind == K.REFUND else total
    owed = shares(plan.items.all())[0] if plan.status in OWED else ZERO
    return Balance(paid, owed - paid, claimed, insurer_paid)
