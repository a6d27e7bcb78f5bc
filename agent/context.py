"""What a turn is about, and what comes out of it. The model supplies none of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from clinics.models import Patient


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the patient that waits for an answer."""

    message_id: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A message of earlier, whoever wrote it. `turn_id` is the turn that answered or wrote it.

    Facts may come from earlier messages too: without `message_id` a line can't be quoted.
    """

    author: Literal["patient", "agent", "staff"]
    text: str
    at: datetime
    turn_id: UUID | None
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What the server knows for certain: which conversation, whose phone, what was said.

    `new` is the burst to answer, `history` what came before it, both in the order of the
    conversation. `is_current` says whether the answer would still be wanted.
    """

    conversation_id: UUID
    turn_no: int
    person: Patient
    new: tuple[Said, ...]
    history: tuple[Line, ...]
    profile_name: str
    is_current: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What to say, and whether a person takes over (`handoff` is the reason).

    `outcome` is a value of `agent.models.TurnOutcome`: `answered`, `stale` (nothing is to be
    sent), `handed_off` or `failed` (the reply is an honest apology).
    """

    turn_id: UUID
    reply: str
    handoff: str | None
    outcome: str
