"""Forgetting what was said in a conversation. That there was a turn, and what it cost, stays."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from agent.models import Step, Turn


def forget_conversations(conversation_ids: Collection[UUID]) -> int:
    """Empty the journals of these conversations' turns; how many. A second run finds none."""
    return forget_turns(
        list(Turn.objects.filter(conversation_id__in=conversation_ids).values_list("pk", flat=True))
    )


def forget_turns(turn_ids: Collection[UUID]) -> int:
    """Empty the answers and steps of finished turns."""
    Step.objects.filter(turn_id__in=turn_ids).exclude(content={}).update(content={})
    return Turn.objects.filter(pk__in=turn_ids).exclude(reply="").update(reply="")
