"""What to do next: call one of the offered tools, or say something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dentalogic.sandbox.receptionist import outcomes
from dentalogic.sandbox.receptionist.conversation import read_state
from dentalogic.sandbox.receptionist.desk import Desk
from dentalogic.sandbox.receptionist.hearing import is_off_limits
from dentalogic.sandbox.receptionist.phrases import numbered
from dentalogic.sandbox.receptionist.state import Message, reference_of
from dentalogic.sandbox.receptionist.text import is_yes
from dentalogic.sandbox.receptionist.tools import Answer, Tools, call_id

MOST_CALLS = 6


def reply(messages: Sequence[Any], tools: Sequence[Any], *, now: datetime | None = None) -> Answer:
    """Return the next assistant message of an OpenAI chat: one tool call, or a text.

    After `MOST_CALLS` tool calls since the patient's last message it is always a text.
    """
    usable = [
        message
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("role"), str)
    ]
    heard, corrected = _without_correction(usable)
    desk = Desk(read_state(heard, now), Tools(tools), call_id(usable), plain=corrected)
    state = desk.state
    if len(state.turn) >= MOST_CALLS:
        return desk.say("failed")
    if corrected:
        return _speak_plainly(desk)
    if state.last is not None:
        return outcomes.after_call(desk, state.last)
    return _after_patient(desk)


def _without_correction(messages: list[Message]) -> tuple[list[Message], bool]:
    """Take off a last instruction to say the text before it otherwise, together with that text."""
    if len(messages) <= 1 or messages[-1]["role"] not in {"system", "developer"}:
        return messages, False
    refused = messages[-2]
    if refused["role"] == "assistant" and refused.get("content"):
        return messages[:-2], True
    return messages, False


def _speak_plainly(desk: Desk) -> Answer:
    """Say only what the tools gave: a first wording named something that they did not."""
    state = desk.state
    if state.emergency or state.had_emergency:
        return desk.say("emergency", greet=False)
    if state.offers:
        return desk.say("which", items=numbered(state.offers))
    if state.chosen and state.missing:
        return desk.ask_missing()
    return desk.say("how_help")


def _after_patient(desk: Desk) -> Answer:
    for rule in _RULES:
        answer = rule(desk)
        if answer is not None:
            return answer
    return desk.not_understood()


def _care(desk: Desk) -> Answer | None:
    """Emergencies and words of self-harm come before everything else."""
    state = desk.state
    if state.self_harm:
        return desk.hand_off("palabras de autolesión") or desk.say("self_harm", greet=False)
    if state.emergency:
        return desk.emergency()
    return None


def _media(desk: Desk) -> Answer | None:
    if desk.state.media is None:
        return None
    spoken = desk.state.media in {"audio", "nota de voz", "voice"}
    return desk.say("audio" if spoken else "photo")


def _person(desk: Desk) -> Answer | None:
    state = desk.state
    accepted = "person" in state.asked and is_yes(state.folded)
    if "human" in state.intents or "complaint" in state.intents or accepted:
        return desk.hand_off("el paciente pide hablar con una persona") or desk.say(
            "handoff_impossible"
        )
    return None


def _off_limits(desk: Desk) -> Answer | None:
    if not is_off_limits(desk.state):
        return None
    return desk.say("others_data" if "others_data" in desk.state.intents else "injection")


def _confirmation(desk: Desk) -> Answer | None:
    state = desk.state
    if state.pending is not None and not state.changed:
        if state.confirmed:
            return desk.call(state.pending.name, {**state.pending.args, "confirmed": True})
        return desk.ask_confirmation(state.pending)
    if state.declined and not state.changed:
        return desk.say("kept")
    return None


def _question(desk: Desk) -> Answer | None:
    """Answer a question from what the tools know; what is being booked goes on after it."""
    state = desk.state
    asks = state.intents & {"price", "insurers", "hours", "professionals", "services", "address"}
    if not asks or state.new_facts:
        return None
    if "price" in asks:
        return desk.say("price")
    wants_slots = state.named_when or state.choice.item is not None
    if "insurers" in asks and not wants_slots:
        return desk.call("list_services", {})
    if "services" in asks and not state.named_service:
        return desk.call("list_services", {})
    if asks & {"hours", "professionals"} and not wants_slots and state.goal in {"", "book"}:
        return desk.call("list_professionals", {})
    return desk.say("address") if "address" in asks else None


def _visit(desk: Desk) -> Answer | None:
    if "confirm_visit" not in desk.state.intents or desk.state.offers:
        return None
    return desk.call("list_my_appointments", {})


def _change(desk: Desk) -> Answer | None:
    return desk.advance_change() if desk.state.goal in {"cancel", "reschedule", "list"} else None


def _refusal(desk: Desk) -> Answer | None:
    """Answer a refusal, after the facts that came in the same breath were written down."""
    state = desk.state
    if not state.refused or state.chosen is None:
        return None
    return desk.record() or desk.explain()


def _booking(desk: Desk) -> Answer | None:  # noqa: PLR0911
    state = desk.state
    if state.choice.refused and state.offers and state.chosen is None and not state.changed:
        return desk.say("another_when")
    if state.choice.several and state.chosen is None:
        # A second "dale" to a list is an answer: the first of them.
        if "choice" in state.asked and state.said.count("\n") and desk.asked_twice():
            state.chosen = reference_of(state.offers[0])
        else:
            return desk.say("which", items=numbered(state.offers))
    started = state.named_service or state.named_when or state.changed or state.urgent
    going_on = bool(state.asked & {"service", "when", "choice", "ambiguous", "professional"})
    if "list" in state.asked and is_yes(state.folded):
        started = True
    if "booking" in state.intents or started or state.choice.item or state.new_facts:
        return desk.advance_booking()
    if state.for_whom and not state.spoken:
        return desk.advance_booking()
    if state.chosen and state.missing:
        return desk.ask_missing()
    if state.offers and not state.shown:
        return desk.advance_booking()
    if going_on and not state.intents & {"thanks", "bye", "greeting"}:
        return desk.advance_booking()
    return None


def _courtesy(desk: Desk) -> Answer | None:
    intents = desk.state.intents
    if "thanks" in intents:
        return desk.say("thanks", greet=False)
    if "bye" in intents:
        return desk.say("bye", greet=False)
    if "greeting" in intents or not desk.state.folded.strip():
        return desk.say("how_help")
    return None


_RULES: tuple[Callable[[Desk], Answer | None], ...] = (
    _care,
    _media,
    _off_limits,
    _person,
    _confirmation,
    _question,
    _visit,
    _change,
    _refusal,
    _booking,
    _courtesy,
)
