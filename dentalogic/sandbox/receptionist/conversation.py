"""The chat's messages, folded into a state at each call: nothing is kept in between."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dentalogic.sandbox.receptionist.hearing import hear
from dentalogic.sandbox.receptionist.intents import is_english
from dentalogic.sandbox.receptionist.learning import learn
from dentalogic.sandbox.receptionist.phrases import asked_in
from dentalogic.sandbox.receptionist.state import Call, Message, State

_CLINIC = re.compile(r"^\W*cl[ií]nica\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_NOW = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
# Only the end of a long conversation matters; older tool results are stale anyway.
MOST_MESSAGES = 400


def read_state(messages: Sequence[Message], now: datetime | None = None) -> State:
    """Fold the messages, oldest first; what can't be read is passed over."""
    state = State(now=now)
    _read_system(state, messages)
    recent = messages[-MOST_MESSAGES:]
    state.english = is_english(
        "\n".join(_content(m) for m in recent if m.get("role") == "user")[-2000:]
    )
    burst: list[str] = []
    waiting: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in recent:
        role = message.get("role")
        if role == "user":
            burst.append(_content(message))
            continue
        if burst and role in {"assistant", "tool"}:
            hear(state, burst)
            burst = []
        if role == "assistant":
            _speak(state, message, waiting)
        elif role == "tool":
            known = waiting.pop(str(message.get("tool_call_id")), None)
            if known:
                learn(state, Call(known[0], known[1], _object(_content(message))))
    if burst:
        hear(state, burst)
    return state


def _content(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content[:20000]
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str))[:20000]
    return ""


def _object(text: Any) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _read_system(state: State, messages: Sequence[Message]) -> None:
    for message in messages:
        if message.get("role") not in {"system", "developer"}:
            continue
        text = _content(message)
        clinic = _CLINIC.search(text)
        if clinic and not state.clinic:
            state.clinic = clinic[1].strip().strip("*_. ")[:80]
        moment = _NOW.search(text)
        if moment and state.now is None:
            try:
                state.now = datetime.fromisoformat(moment[0].replace(" ", "T"))
            except ValueError:
                continue


def _speak(state: State, message: Message, waiting: dict[str, tuple[str, dict[str, Any]]]) -> None:
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            args = _object(function.get("arguments"))
            waiting[str(call.get("id"))] = (str(function.get("name")), args)
    text = _content(message)
    if text.strip():
        state.spoken = True
        state.said = text
        state.asked = asked_in(text)
        state.shown = bool(state.offers)
        state.turn = []
        if state.goal == "list":
            state.goal = ""
