"""What a turn did, step by step, written as it happens: each step in a transaction of its own.

A turn that was begun and not finished is taken up where its steps end, so that the model is not
asked twice for the same answer nor a tool called twice for the same call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db import transaction

from agent.llm import Reply
from agent.models import Step, StepKind, Turn, TurnOutcome
from agent.tools.calling import Outcome
from dentalogic.core import clock

FINISHED = frozenset({TurnOutcome.ANSWERED, TurnOutcome.STALE, TurnOutcome.HANDED_OFF})


@dataclass(slots=True)
class Journal:
    """One turn's row and its steps."""

    turn: Turn
    steps: list[Step]

    @classmethod
    def open(cls, *, conversation_id: UUID, turn_no: int, prompt_version: str, model: str) -> Self:
        """Begin the turn, or find it and what it did so far."""
        turn, made = Turn.objects.get_or_create(
            conversation_id=conversation_id,
            turn_no=turn_no,
            defaults={"prompt_version": prompt_version[:40], "model": model[:80]},
        )
        steps = [] if made else list(Step.objects.filter(turn=turn).order_by("position"))
        return cls(turn, steps)

    @property
    def is_finished(self) -> bool:
        """Whether the turn has its answer. One that failed without a word is tried again."""
        return self.turn.outcome in FINISHED or bool(self.turn.reply)

    def add_reply(self, reply: Reply, milliseconds: int) -> None:
        """Keep what the model said, and what it cost."""
        self.turn.prompt_tokens += reply.prompt_tokens
        self.turn.completion_tokens += reply.completion_tokens
        with transaction.atomic():
            self._add(StepKind.MODEL, reply.message, milliseconds)
            self.turn.save(update_fields=["prompt_tokens", "completion_tokens"])

    def add_garbage(self, code: str, milliseconds: int) -> None:
        """Keep that an answer could not be used."""
        self._add(
            StepKind.MODEL, {"role": "assistant", "content": None, "error": code}, milliseconds
        )

    def add_result(self, call: dict[str, Any], result: Outcome, milliseconds: int) -> None:
        """Keep what a tool was asked and what it answered."""
        function = call["function"]
        content = {
            "id": call["id"],
            "name": function["name"],
            "arguments": function["arguments"],
            "result": result,
        }
        self._add(StepKind.TOOL, content, milliseconds)

    def _add(self, kind: StepKind, content: dict[str, Any], milliseconds: int) -> None:
        step = Step.objects.create(
            turn=self.turn,
            position=len(self.steps) + 1,
            kind=kind,
            content=content,
            milliseconds=milliseconds,
        )
        self.steps.append(step)

    def finish(self, outcome: TurnOutcome, *, reply: str = "", error: str = "") -> None:
        """Close the turn."""
        self.turn.outcome, self.turn.reply, self.turn.error = outcome, reply, error[:80]
        self.turn.finished_at = clock.real_now()
        self.turn.save(update_fields=["outcome", "reply", "error", "finished_at"])
