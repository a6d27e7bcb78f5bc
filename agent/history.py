"""The conversation as the model is sent it: who said what, with the tools that were called."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from agent.context import Line, TurnContext
from agent.models import Step, StepKind, Turn
from agent.tools.calling import PastCall
from agent.tools.registry import rendered

Json = dict[str, Any]

# Turns whose tool calls are still shown; of older ones the words are enough.
TURNS_WITH_TOOLS = 6
TURNS_LOOKED_AT = 12
MOST_LINES = 60
LONGEST_LINE = 4_000
NO_TEXT = "(mensaje sin texto)"
STAFF = "[Una persona del equipo escribió]: "


class Past:
    """Earlier turns of a conversation, oldest first, with their steps."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        turns = Turn.objects.filter(
            conversation_id=context.conversation_id, turn_no__lt=context.turn_no
        ).order_by("-turn_no")[:TURNS_LOOKED_AT]
        self.turns = list(reversed(turns))
        self.steps: dict[UUID, list[Step]] = {turn.pk: [] for turn in self.turns}
        if self.turns:
            for step in Step.objects.filter(turn__in=self.turns).order_by("turn", "position"):
                self.steps[step.turn_id].append(step)

    def calls(self) -> tuple[PastCall, ...]:
        """Return the tool calls of earlier turns, with what the patient got to know of them."""
        told = replies_since(self._context.history)
        owed = unanswered_turns(self._context.history)
        return tuple(
            PastCall(
                name=step.content["name"],
                result=step.content["result"],
                told=turn.pk in told,
                since=told.get(turn.pk, 0),
                owed=turn.pk in owed,
            )
            for turn in self.turns
            for step in self.steps[turn.pk]
            if step.kind == StepKind.TOOL
        )

    def messages(self) -> list[Json]:
        """Return the earlier lines as messages, the latest turns' tool calls in their places."""
        shown = [turn.pk for turn in self.turns if self.steps[turn.pk]][-TURNS_WITH_TOOLS:]
        waiting = {turn_id: exchange(self.steps[turn_id]) for turn_id in shown}
        lines = self._context.history[-MOST_LINES:]
        answered = {line.turn_id for line in lines if line.author == "agent"}
        messages: list[Json] = []
        for line, following in zip_longest(lines, lines[1:]):
            if line.author == "agent" and line.turn_id is not None:
                messages += waiting.pop(line.turn_id, [])
            messages.append(_message(line))
            dropped = line.author == "patient" and line.turn_id not in answered
            if dropped and (following is None or following.turn_id != line.turn_id):
                # The turn worked, but newer messages made its words stale.
                messages += waiting.pop(line.turn_id, []) if line.turn_id else []
        return messages


def new_messages(context: TurnContext) -> list[Json]:
    """Return what waits for an answer: one message each, in order."""
    return [{"role": "user", "content": _clip(said.text)} for said in context.new]


def exchange(steps: Sequence[Step]) -> list[Json]:
    """Return a turn's tool calls with their results; a call without a result is left out.

    The words of the last step are left out too: what went to the patient may differ, and is a line.
    """
    results = {step.content["id"]: step for step in steps if step.kind == StepKind.TOOL}
    messages: list[Json] = []
    for step in steps:
        calls = step.content.get("tool_calls") if step.kind == StepKind.MODEL else None
        answered = [call for call in calls or [] if call["id"] in results]
        if not answered:
            continue
        messages.append(step.content | {"tool_calls": answered})
        messages += [
            tool_message(call["id"], results[call["id"]].content["result"]) for call in answered
        ]
    return messages


def tool_message(call_id: str, result: Json) -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": rendered(result)}


def replies_since(history: Sequence[Line]) -> dict[UUID, int]:
    """Return, for each turn whose reply went out, how many later replies did.

    A reply before a message of the staff counts as long past: they took over.
    """
    found: dict[UUID, int] = {}
    later: set[UUID | None] = set()
    interrupted = 0
    for line in reversed(history):
        if line.author == "staff":
            interrupted = 1000
        elif line.author == "agent":
            later.add(line.turn_id)
            if line.turn_id is not None:
                found.setdefault(line.turn_id, len(later) - 1 + interrupted)
    return found


def unanswered_turns(history: Sequence[Line]) -> set[UUID]:
    """Return the turns that took the patient's latest messages and whose replies never went out."""
    found: set[UUID] = set()
    for line in reversed(history):
        if line.author != "patient":
            break
        if line.turn_id is not None:
            found.add(line.turn_id)
    return found


def _message(line: Line) -> Json:
    text = _clip(line.text)
    if line.author == "patient":
        return {"role": "user", "content": text}
    return {"role": "assistant", "content": STAFF + text if line.author == "staff" else text}


def _clip(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST_LINE].strip() or NO_TEXT
