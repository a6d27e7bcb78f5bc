"""What of the channel and the agent's journal is no longer kept."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from agent.forgetting import forget_turns
from agent.models import Step, Turn
from clinics.services.retention import Kind, settings_of_clinic
from dentalogic.core.clock import real_now
from whatsapp.erasing import forget_messages
from whatsapp.models import InboxItem, Message


def kinds() -> list[Kind]:
    """Return what `retention` sweeps here, in the clinic in scope."""
    keep, now = settings_of_clinic(), real_now()
    messages = Message.objects.exclude(text="").filter(
        created_at__lt=now - timedelta(days=keep.keep_messages_days)
    )
    # What failed is somebody's to look at; what waits is work.
    inbox = InboxItem.objects.filter(
        ingested_at__lt=now - timedelta(days=keep.keep_inbox_days), failed_at=None
    )
    said = Step.objects.filter(turn_id=OuterRef("pk")).exclude(content={})
    turns = Turn.objects.filter(
        ~Q(reply="") | Exists(said), finished_at__lt=now - timedelta(days=keep.keep_turns_days)
    )
    return [
        Kind("messages", messages, forget_messages),
        Kind("inbox", inbox, lambda ids: InboxItem.objects.filter(pk__in=ids).delete()[0]),
        Kind("turns", turns, forget_turns),
    ]
