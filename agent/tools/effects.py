"""What a tool's result says to have happened: the one place that knows, live or replayed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.models import Step, StepKind
from agent.tools.calling import Effect, EffectKind, Outcome

_KINDS: dict[str, EffectKind] = {
    "book_appointment": "booked",
    "cancel_appointment": "cancelled",
    "reschedule_appointment": "moved",
    "derivhumano": "handed_off",
}
NO_REASON = "sin motivo"


@dataclass(slots=True)
class Done:
    """What the steps of a turn did. `handoff` is the reason given for it."""

    effects: list[Effect] = field(default_factory=list)
    handoff: str | None = None

    def note(self, name: str, arguments: str, result: Outcome) -> None:
        """Take in one more result."""
        effect = effect_of(name, result)
        if effect is None:
            return
        self.effects.append(effect)
        if effect.kind == "handed_off":
            reason = json.loads(arguments).get("reason", "")
            self.handoff = str(reason).strip()[:200] or NO_REASON


def effect_of(name: str, result: Outcome) -> Effect | None:
    """Return what a call did; None if it did nothing that a reply could claim."""
    kind = _KINDS.get(name)
    if kind is None or not result.get("ok"):
        return None
    if kind in {"booked", "moved"} and result.get("status") == "pending_confirmation":
        kind = "requested"
    return Effect(kind, str(result.get("text", "")))


def recall(steps: Iterable[Step]) -> Done:
    """Read from a turn's steps what it did so far."""
    done = Done()
    for step in steps:
        if step.kind == StepKind.TOOL:
            content = step.content
            done.note(content["name"], content["arguments"], content["result"])
    return done
