"""Giving a delivery that failed another chance, when a person asks for it."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from dentalogic.core import bell, clock
from dentalogic.core.errors import DomainError, NotFound
from dentalogic.core.models import OutboxMessage
from dentalogic.core.transactions import violated_constraint

_ONE_PENDING = "outbox_one_pending_per_key"


class NotStuck(DomainError):
    code = "not_stuck"
    message = "No hay nada que reintentar: ya se entregó o se está entregando."


class NewerWaits(DomainError):
    code = "newer_waits"
    message = "Ya espera una entrega más nueva de lo mismo."


def try_again(*, message_id: int, clinic_id: UUID | None) -> None:
    """Make a failed delivery due now, with all its attempts; `clinic_id` None is the operator's.

    The reason of its last failure stays until it is delivered. Raises `NotFound` for another
    clinic's, `NotStuck` for one that is done, at work or never failed, and `NewerWaits` where a
    dead one has a successor under the same key.
    """
    now = clock.real_now()
    try:
        with transaction.atomic():
            row = OutboxMessage.objects.select_for_update().filter(pk=message_id).first()
            if row is None or clinic_id not in (None, row.clinic_id):
                raise NotFound
            failed = row.dead_at is not None or row.last_error != ""
            at_work = row.leased_until is not None and row.leased_until > now
            if not failed or row.done_at is not None or at_work:
                raise NotStuck
            row.dead_at, row.attempts, row.due_at = None, 0, now
            row.save(update_fields=["dead_at", "attempts", "due_at"])
            transaction.on_commit(bell.ring, robust=True)
    except IntegrityError as error:
        if violated_constraint(error) != _ONE_PENDING:
            raise
        raise NewerWaits from None
