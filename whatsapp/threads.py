"""Writing into a conversation: every message gets its place under the conversation's lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from clinics.models import ChannelIdentity, EventType
from clinics.services.events import record_event
from dentalogic.core import clock
from whatsapp.delivery import owe_sending
from whatsapp.models import Author, Conversation, DeliveryStatus, Message


def open_conversation(identity: ChannelIdentity, line_id: UUID) -> Conversation:
    """Return the thread of a person on a line, locked until the transaction ends."""
    Conversation.objects.get_or_create(identity=identity, line_id=line_id)
    return Conversation.objects.for_update().get(identity=identity, line_id=line_id)


def next_position(conversation: Conversation) -> int:
    """Return the place after the last message. The conversation is locked by the caller."""
    last = Message.objects.filter(conversation=conversation).aggregate(last=Max("position"))
    return (last["last"] or 0) + 1


def add_outgoing(
    conversation: Conversation,
    text: str,
    *,
    author: Author,
    turn_id: UUID | None = None,
) -> Message:
    """Queue a message to the patient. The conversation is locked and saved by the caller.

    Announces it, and so takes the clinic's publication lock: lock nothing else afterwards.
    """
    now = clock.real_now()
    message = Message.objects.create(
        conversation=conversation,
        position=next_position(conversation),
        author=author,
        text=text,
        sent_at=now,
        turn_id=turn_id,
        status=DeliveryStatus.QUEUED,
    )
    conversation.last_message_at = now
    owe_sending(message)
    announce(conversation, author=author, kind=message.kind, at=now)
    return message


def announce(conversation: Conversation, *, author: Author, kind: str, at: datetime) -> None:
    """Tell the staff pages that there is a message: whose and of what kind, never its words."""
    record_event(
        EventType.NEW_MESSAGE,
        _named(conversation) | {"author": str(author), "kind": kind, "at": at.isoformat()},
    )


def hand_over(conversation: Conversation, reason: str, until: datetime) -> None:
    """Give the conversation to the team. The row is locked and saved by the caller."""
    conversation.human_until = until
    conversation.handoff_reason = reason[:200]
    conversation.burst_began_at = conversation.answer_due_at = None
    record_event(EventType.HUMAN_HANDOFF, _named(conversation) | {"until": until.isoformat()})


def _named(conversation: Conversation) -> dict[str, Any]:
    return {"conversation_id": str(conversation.pk)}
