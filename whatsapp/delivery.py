"""What became of a message of ours. A state moves forward only; `failed` and `dropped` are ends."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from dentalogic.core.outbox import emit
from whatsapp.models import Author, DeliveryStatus, Message

UNDERWAY = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.MAYBE_SENT)

# From where each reported state may be reached. WhatsApp reports out of order and twice.
_REACHED_FROM: dict[str, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.SENT: UNDERWAY,
    DeliveryStatus.DELIVERED: (*UNDERWAY, DeliveryStatus.SENT),
    DeliveryStatus.READ: (*UNDERWAY, DeliveryStatus.SENT, DeliveryStatus.DELIVERED),
    DeliveryStatus.FAILED: (*UNDERWAY, DeliveryStatus.SENT),
}
_MEANINGS = {"played": DeliveryStatus.READ}


def report(*, provider_id: str, message_id: str, status: str, error: str = "") -> None:
    """Apply a provider's report inside the caller's transaction.

    The message is known by the provider's id, or, where our record of it was lost, by the id that
    we sent along. An unknown message or state changes nothing.
    """
    status = _MEANINGS.get(status, status)
    if status not in _REACHED_FROM:
        return
    known = Q(provider_id=provider_id)
    if message_id:
        # Somebody else's reference is none of ours: other software may send on the same number.
        with suppress(ValueError):
            known |= Q(pk=UUID(message_id))
    found = list(
        Message.objects.for_update().exclude(author=Author.PATIENT).filter(known).order_by("id")
    )
    for message in found:
        move(message, DeliveryStatus(status), provider_id=provider_id, error=error)


def move(
    message: Message, to: DeliveryStatus, *, provider_id: str | None = None, error: str = ""
) -> bool:
    """Move a locked message forward, or leave it; whether it moved. Wakes the one behind it."""
    was_underway = message.status in UNDERWAY
    moved = message.status in _REACHED_FROM[to]
    if moved:
        message.status = to
        message.error = error[:80]
    if message.provider_id is None and provider_id is not None:
        message.provider_id = provider_id
    message.save(update_fields=["status", "error", "provider_id"])
    if moved and was_underway:
        wake_next(message.conversation_id)
    return moved


def wake_next(conversation_id: UUID) -> None:
    """Owe the sending of the next queued message, which may have waited for its turn."""
    following = (
        Message.objects.filter(conversation_id=conversation_id, status=DeliveryStatus.QUEUED)
        .order_by("position")
        .first()
    )
    if following is not None:
        owe_sending(following)


def owe_sending(message: Message) -> None:
    emit("message.queued", key=str(message.pk), message_id=str(message.pk))
