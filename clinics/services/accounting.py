"""Movements of money: written once, never changed, and reversed by a counter-entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy

from clinics.models import AccountingTransaction
from clinics.services import cash_flow
from clinics.services.accounting_rules import (
    check_method,
    checked_amount,
    checked_currency,
    checked_day,
    clinic_today,
    find_links,
)
from clinics.services.actors import Actor
from clinics.services.errors import ReasonRequired
from dentalogic.core.errors import DomainError, NotAllowed, NotFound
from dentalogic.core.transactions import in_transaction, violated_constraint


class AlreadyReversed(DomainError):
    code = "already_reversed"
    message = gettext_lazy("Ese movimiento ya se anuló.")  # type: ignore[assignment]


class NotReversible(DomainError):
    """A counter-entry is not reversed: what it took back is entered anew."""

    code = "not_reversible"
    message = gettext_lazy("Un contraasiento no se anula: registrá el movimiento de nuevo.")  # type: ignore[assignment]


def record_transaction(
    *,
    kind: str,
    method: str,
    amount: Decimal,
    actor: Actor,
    occurred_on: date | None = None,
    currency: str | None = None,
    description: str = "",
    patient_id: UUID | None = None,
    appointment_id: UUID | None = None,
    plan_id: UUID | None = None,
    insurer_id: UUID | None = None,
    late_reason: str = "",
) -> AccountingTransaction:
    """Record a movement in the clinic's currency, and bring its day up to date with it.

    `late_reason` reopens a day that was closed; on an open one it is dropped. Raises `Invalid`,
    `NotFound` for what is not this clinic's, `DayClosed`.
    """
    check_method(kind, method)
    amount = checked_amount(amount)
    day = checked_day(occurred_on)

    def work() -> AccountingTransaction:
        money = checked_currency(currency)
        links = find_links(
            kind=kind,
            method=method,
            currency=money,
            patient_id=patient_id,
            appointment_id=appointment_id,
            plan_id=plan_id,
            insurer_id=insurer_id,
        )
        fields: dict[str, Any] = {
            "kind": kind,
            "method": method,
            "amount": amount,
            "currency": money,
            "occurred_on": day,
            "description": description.strip(),
            "patient": links.patient,
            "appointment": links.appointment,
            "plan": links.plan,
            "insurer": links.insurer,
        }
        return _enter(fields, actor, late_reason.strip())

    return in_transaction(work)


def reverse_transaction(
    *, transaction_id: UUID, actor: Actor, reason: str, late_reason: str = ""
) -> AccountingTransaction:
    """Reverse a movement, whole and once, by a counter-entry of today.

    Of today, whenever the mistake was made: that is when the money goes back, and a closed day
    stays as it was counted. Raises `NotFound`, `AlreadyReversed`, `NotReversible`, `DayClosed`.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonRequired

    def work() -> AccountingTransaction:
        cash_flow.lock_till()
        before = AccountingTransaction.objects.filter(pk=transaction_id).first()
        if before is None:
            raise NotFound
        if before.reverses_id is not None:
            raise NotReversible
        if AccountingTransaction.objects.filter(reverses=before).exists():
            raise AlreadyReversed
        fields: dict[str, Any] = {
            "kind": before.kind,
            "method": before.method,
            "amount": -before.amount,
            "currency": before.currency,
            "occurred_on": clinic_today(),
            "description": reason,
            "patient_id": before.patient_id,
            "appointment_id": before.appointment_id,
            "plan_id": before.plan_id,
            "insurer_id": before.insurer_id,
            "reverses": before,
        }
        return _enter(fields, actor, late_reason.strip())

    try:
        return in_transaction(work)
    except IntegrityError as error:
        if violated_constraint(error) == "transaction_reversed_once":
            raise AlreadyReversed from None
        raise


def _enter(fields: dict[str, Any], actor: Actor, late_reason: str) -> AccountingTransaction:
    if actor.user_id is None:
        raise NotAllowed
    row, late = cash_flow.open_for_entry(
        day=fields["occurred_on"],
        currency=fields["currency"],
        actor=actor,
        late_reason=late_reason,
    )
    made = AccountingTransaction.objects.create(
        recorded_by=actor.user_id, late_reason=late_reason if late else "", **fields
    )
    cash_flow.recompute(row)
    return made
