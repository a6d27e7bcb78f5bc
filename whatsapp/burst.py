"""When a conversation is answered: a quiet window after the last message, capped from the first.

The deadline is a column; the outbox is only what wakes somebody up at that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings

from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope
from whatsapp.models import Conversation


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a clinic listens before it answers."""

    quiet: timedelta
    at_most: timedelta

    @classmethod
    def of_clinic(cls) -> Self:
        """Read the clinic's own wish, else the deployment's."""
        wish = Clinic.objects.get(pk=current_scope().tenant_id).preferences
        quiet, at_most = wish.quiet_seconds, wish.max_wait_seconds
        return cls(
            timedelta(seconds=settings.WHATSAPP_QUIET_SECONDS if quiet is None else quiet),
            timedelta(seconds=settings.WHATSAPP_MAX_WAIT_SECONDS if at_most is None else at_most),
        )


def deadline(began_at: datetime, now: datetime, patience: Patience) -> datetime:
    """Return when a burst that began at `began_at` and got a message `now` is answered."""
    return max(now, min(now + patience.quiet, began_at + patience.at_most))


def is_with_a_person(conversation: Conversation) -> bool:
    """Whether somebody of the team has the conversation, and the agent is silent."""
    return conversation.human_until is not None and conversation.human_until > clock.now()


def extend(conversation: Conversation, patience: Patience) -> None:
    """Owe an answer to the message that was just stored. The row is locked and saved by the caller.

    While a turn runs, a new burst begins: the running one answers what came before it.
    """
    now = clock.real_now()
    began_at = conversation.burst_began_at
    taken_at = _running_since(conversation, now)
    if began_at is None or (taken_at is not None and began_at < taken_at):
        began_at = now
    conversation.burst_began_at = began_at
    conversation.answer_due_at = deadline(began_at, now, patience)


def _running_since(conversation: Conversation, now: datetime) -> datetime | None:
    """Return when the running turn was taken, or None when none runs."""
    until = conversation.turn_leased_until
    if until is None or until <= now:
        return None
    return until - timedelta(seconds=settings.WHATSAPP_TURN_LEASE_SECONDS)


def owe_turn(conversation: Conversation) -> None:
    """Wake somebody at the deadline of the burst. One waiting row per conversation."""
    assert conversation.answer_due_at is not None
    emit(
        "conversation.turn_due",
        key=str(conversation.pk),
        due_at=conversation.answer_due_at,
        conversation_id=str(conversation.pk),
    )
