"""Forgetting what a person wrote: after an erasure, and when its time is over.

Messages stay as rows (when, which way, whether delivered); their words go.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from agent.forgetting import forget_conversations
from clinics.models import Patient
from whatsapp.models import Conversation, InboxItem, Message

_AT_ONCE = 1000


def erase_conversations(patient_id: str) -> None:
    """Empty what an erased person wrote and was told. A second run finds nothing left.

    Does nothing for somebody who was not erased.
    """
    if not Patient.objects.filter(pk=UUID(patient_id), anonymised_at__isnull=False).exists():
        return
    talks = list(
        Conversation.objects.filter(identity__patient_id=UUID(patient_id)).values_list(
            "pk", flat=True
        )
    )
    while True:
        left = Message.objects.filter(conversation_id__in=talks).exclude(text="")
        batch = list(left.values_list("pk", flat=True)[:_AT_ONCE])
        if not batch:
            break
        forget_messages(batch)
    with transaction.atomic():
        Conversation.objects.filter(pk__in=talks).exclude(handoff_reason="").update(
            handoff_reason=""
        )
        forget_conversations(talks)


def forget_messages(message_ids: Collection[UUID]) -> int:
    """Empty the texts of messages, and what the provider sent with them, in one transaction."""
    with transaction.atomic():
        rows = Message.objects.filter(pk__in=message_ids)
        items = [one for one in rows.values_list("provider_id", flat=True) if one]
        InboxItem.objects.filter(item_id__in=items, ingested_at__isnull=False).update(body={})
        return rows.exclude(text="").update(text="")
