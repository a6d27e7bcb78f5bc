"""Everything the receptionist knows, read again from the messages at each call."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dentalogic.sandbox.receptionist import facts as fact_reading
from dentalogic.sandbox.receptionist.choices import Choice, choose
from dentalogic.sandbox.receptionist.dates import SOON, When, combine, read_when
from dentalogic.sandbox.receptionist.intents import is_english, media_kind, read_intents
from dentalogic.sandbox.receptionist.phrases import asked_in, facts_of
from dentalogic.sandbox.receptionist.services import (
    has_pain,
    is_severe,
    read_for_whom,
    read_professional,
    read_service,
)
from dentalogic.sandbox.receptionist.text import fold, is_no, is_unsure, is_yes, tidy
from dentalogic.sandbox.receptionist.urgency import is_emergency, is_self_harm

Message = dict[str, Any]
Item = dict[str, Any]

_CLINIC = re.compile(r"^\W*cl[ií]nica\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_NOW = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
# Only the end of a long conversation matters; older tool results are stale anyway.
MOST_MESSAGES = 400
_MOST_ITEMS = 12


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that was made, with what came back."""

    name: str
    args: dict[str, Any]
    result: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.result.get("ok", "error" not in self.result) is True

    @property
    def error(self) -> str:
        error = self.result.get("error")
        return error if isinstance(error, str) else ""


@dataclass(slots=True)
class State:
    """The conversation so far; `text`, `intents` and the like speak of the last burst alone."""

    clinic: str = ""
    now: datetime | None = None
    english: bool = False
    spoken: bool = False
    # the last burst
    text: str = ""
    folded: str = ""
    intents: frozenset[str] = frozenset()
    media: str | None = None
    asked: frozenset[str] = frozenset()
    said: str = ""
    choice: Choice = field(default_factory=Choice)
    turn: list[Call] = field(default_factory=list)
    new_facts: bool = False
    changed: bool = False
    refused: bool = False
    emergency: bool = False
    self_harm: bool = False
    had_emergency: bool = False
    confirmed: bool = False
    declined: bool = False
    named_when: bool = False
    named_service: bool = False
    # the request
    goal: str = ""
    service: str | None = None
    when: When | None = None
    professional: str | None = None
    for_whom: str | None = None
    urgent: bool = False
    triage: str | None = None
    offers: list[Item] = field(default_factory=list)
    shown: bool = False
    chosen: str | None = None
    appointments: list[Item] = field(default_factory=list)
    listed: bool = False
    target: str | None = None
    pending: Call | None = None
    # the facts
    facts: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    missing: list[str] | None = None
    dependant_ready: bool = False
    patient: str | None = None
    held_until: str = ""
    refusals: int = 0
    insurers: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    catalogue: list[Item] = field(default_factory=list)
    calls: int = 0

    @property
    def other(self) -> str | None:
        """Return the relation of the person it is for, where that is not the writer."""
        return self.for_whom if self.for_whom not in {None, "self"} else None

    @property
    def last(self) -> Call | None:
        return self.turn[-1] if self.turn else None

    def done(self, name: str) -> bool:
        return any(call.name == name for call in self.turn)


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
            _hear(state, burst)
            burst = []
        if role == "assistant":
            _speak(state, message, waiting)
        elif role == "tool":
            known = waiting.pop(str(message.get("tool_call_id")), None)
            if known:
                _learn(state, Call(known[0], known[1], _object(_content(message))))
    if burst:
        _hear(state, burst)
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
            state.calls += 1
            args = _object(function.get("arguments"))
            waiting[str(call.get("id"))] = (str(function.get("name")), args)
    text = _content(message)
    if text.strip():
        state.spoken = True
        state.said = text
        state.asked = asked_in(text)
        state.shown = bool(state.offers)
        state.turn = []


def _hear(state: State, burst: Sequence[str]) -> None:
    """Read a burst of the patient's in the light of what was asked before it."""
    text = tidy("\n".join(burst)[-6000:])
    state.had_emergency = state.had_emergency or state.emergency
    state.text, state.folded = text, fold(text)
    state.intents = read_intents(text)
    state.media = media_kind(text)
    state.emergency, state.self_harm = is_emergency(text), is_self_harm(text)
    state.turn = []
    state.choice, state.changed, state.refused = Choice(), False, False
    state.named_when = state.named_service = False
    asked_facts = facts_of(state.asked)
    state.confirmed = state.declined = state.new_facts = False
    if is_off_limits(state):
        return
    _hear_answer(state)
    _hear_goal(state)
    _hear_facts(state, asked_facts)
    _hear_choice(state)
    _hear_request(state, asked_facts)


def is_off_limits(state: State) -> bool:
    """Tell whether the burst asks for what no patient gets: other people's data, other rules."""
    if "injection" in state.intents:
        return True
    return "others_data" in state.intents and not facts_of(state.asked)


def _hear_answer(state: State) -> None:
    """Read the yes or no to a change that waits for one."""
    if state.pending is None or "confirm" not in state.asked:
        return
    state.confirmed = is_yes(state.folded)
    if is_no(state.folded):
        state.declined, state.pending = True, None
        if state.goal != "reschedule" or read_when(state.text, english=state.english) is None:
            _finish(state)


def _hear_goal(state: State) -> None:
    if state.pending is not None:
        return
    explicit = re.search(r"\b(?:cancel|anul)", state.folded) is not None
    if "reschedule" in state.intents and not explicit:
        _start(state, "reschedule")
    elif "cancel" in state.intents:
        _start(state, "cancel")
    elif "list" in state.intents:
        _start(state, "list")
    elif "booking" in state.intents and state.goal in {"cancel", "list"}:
        _start(state, "book")


def _start(state: State, goal: str) -> None:
    if state.goal != goal:
        state.offers, state.chosen, state.target, state.when = [], None, None, None
        state.service = state.professional = None
    state.goal = goal


def _hear_facts(state: State, asked: frozenset[str]) -> None:
    whom = read_for_whom(state.text)
    if whom and whom != (state.for_whom or "self"):
        state.for_whom = whom
        state.facts, state.recorded, state.rejected = {}, {}, set()
        state.missing, state.dependant_ready, state.patient = None, False, None
    found = fact_reading.read_facts(
        state.text, asked=asked, insurers=state.insurers, dependant=state.other is not None
    )
    if state.goal in {"cancel", "reschedule", "list"} and not asked:
        found = {}
    if "insurers" in state.intents and not asked:
        found.pop("insurance", None)
    state.new_facts = bool(found)
    state.facts.update(found)
    relevant = asked and (fact_reading.is_refusal(state.text, asked=asked))
    wanted = set(state.missing or asked) - set(state.facts)
    if relevant and (wanted or not found):
        state.refused = True
        state.refusals += 1


def _hear_choice(state: State) -> None:
    state.choice = Choice()
    if state.offers and state.shown and state.pending is None:
        state.choice = choose(state.text, state.offers)
        if state.new_facts and "choice" not in state.asked:
            state.choice = Choice()
        reference = _reference(state.choice.item)
        if reference and (state.chosen is None or "choice" in state.asked or _repicks(state)):
            state.chosen = reference
    elif state.appointments and not state.target and state.goal in {"cancel", "reschedule"}:
        state.choice = choose(state.text, state.appointments)
        state.target = _reference(state.choice.item)


def _repicks(state: State) -> bool:
    return re.search(r"\b(?:mejor|prefiero|cambi\w+)\b", state.folded) is not None


def _hear_request(state: State, asked_facts: frozenset[str]) -> None:
    chose = state.choice.item is not None or state.choice.several
    if chose and state.goal != "list":
        return
    answering = bool(asked_facts) and (state.new_facts or state.refused) and not _repicks(state)
    service = read_service(state.text)
    if service is None and state.service is None:
        service = _service_from_complaint(state) or _service_from_catalogue(state)
    state.named_service = service is not None
    if service and not (answering and state.service) and service != state.service:
        state.changed = state.service is not None or bool(state.offers)
        state.service = service
    professional = None if answering else read_professional(state.text, state.people)
    if professional and professional != state.professional:
        state.changed = state.changed or bool(state.offers)
        state.professional = professional
    if not state.urgent and is_severe(state.text):
        state.urgent = True
    when = None
    if not answering:
        asked_when = "when" in state.asked or "choice" in state.asked
        when = read_when(state.text, english=state.english, asked=asked_when)
        if when is None and "when" in state.asked and is_unsure(state.folded):
            when = When(SOON, has_day=True, has_time=False)
    state.named_when = when is not None
    if when:
        state.changed = state.changed or bool(state.offers)
        state.when = combine(state.when, when)
    if state.changed:
        state.offers, state.chosen, state.shown = [], None, False


def _service_from_complaint(state: State) -> str | None:
    if has_pain(state.text):
        return "consulta"
    return "consulta" if "service" in state.asked and is_unsure(state.folded) else None


def _service_from_catalogue(state: State) -> str | None:
    if "service" not in state.asked or not state.catalogue:
        return None
    items = [{**item, "service": item.get("name")} for item in state.catalogue]
    chosen = choose(state.text, items).item
    if chosen is None:
        words = set(re.findall(r"[a-z]{4,}", state.folded))
        fits = [item for item in items if words & set(re.findall(r"[a-z]{4,}", fold(_name(item))))]
        chosen = fits[0] if len(fits) == 1 else None
    return _name(chosen) if chosen else None


def _name(item: Item) -> str:
    name = item.get("name")
    return name if isinstance(name, str) else ""


def _reference(item: Item | None) -> str | None:
    reference = item.get("ref") if item else None
    return reference if isinstance(reference, str) else None


def _items(value: Any) -> list[Item]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict) and _reference(item)][:_MOST_ITEMS]


def names(value: Any) -> list[str]:
    """Return the strings of a list, or the names of its objects."""
    if not isinstance(value, list):
        return []
    found = [item.get("name") if isinstance(item, dict) else item for item in value]
    return [item for item in found if isinstance(item, str)][:_MOST_ITEMS]


def _learn(state: State, call: Call) -> None:
    """Take in what a tool answered."""
    state.turn.append(call)
    learn = _LESSONS.get(call.name)
    if learn:
        learn(state, call)


def _learn_slots(state: State, call: Call) -> None:
    state.offers = _items(call.result.get("slots")) or _items(call.result.get("alternatives"))
    state.chosen, state.shown = None, False
    state.people += [str(item["professional"]) for item in state.offers if "professional" in item]
    if call.error == "unknown_professional":
        state.people += names(call.result.get("professionals"))
        state.professional = None
    elif call.error == "unknown_service":
        state.service = None
        _learn_catalogue(state, call)
    elif call.error in {"ambiguous_date", "unclear_date", "past_date", "beyond_horizon"}:
        kept = state.when if state.when and not state.when.has_day else None
        state.when = kept


def _learn_booking(state: State, call: Call) -> None:
    if call.ok:
        _finish(state)
    elif call.error == "facts_missing":
        slot = call.args.get("slot")
        state.chosen = slot if isinstance(slot, str) else state.chosen
        missing = call.result.get("missing")
        state.missing = names(missing) if isinstance(missing, list) else []
        until = call.result.get("held_until") or call.result.get("hold_until")
        state.held_until = until if isinstance(until, str) else ""
    elif call.error:
        state.offers = _items(call.result.get("alternatives"))
        state.chosen, state.shown = None, False


def _learn_facts(state: State, call: Call) -> None:
    sent = {
        key: str(value) for key, value in call.args.items() if value and key in fact_reading.FIELDS
    }
    if call.ok:
        state.recorded.update(sent)
        patient = call.result.get("patient")
        state.patient = patient if isinstance(patient, str) else state.patient
        state.missing = names(call.result.get("missing"))
        if state.other:
            state.dependant_ready = not state.missing
        return
    bad = names(call.result.get("fields")) or names([call.result.get("field")]) or list(sent)
    for key in bad:
        if key in sent:
            state.rejected.add((key, sent[key]))
            state.facts.pop(key, None)
    recorded = names(call.result.get("recorded"))
    state.recorded.update({key: sent[key] for key in recorded if key in sent})


def _learn_appointments(state: State, call: Call) -> None:
    if call.ok:
        state.appointments = _items(call.result.get("appointments"))
        state.listed = True
        if len(state.appointments) == 1:
            state.target = _reference(state.appointments[0])
        elif state.target not in {_reference(item) for item in state.appointments}:
            state.target = None


def _learn_change(state: State, call: Call) -> None:
    if call.ok:
        _finish(state)
    elif call.error == "needs_confirmation":
        state.pending = call
    else:
        state.pending = None
        if call.error in {"slot_taken", "offer_expired", "unknown_slot"}:
            state.offers = _items(call.result.get("alternatives"))
            state.chosen, state.shown = None, False


def _finish(state: State) -> None:
    """Begin afresh after something was done; facts of the person stay known."""
    state.goal, state.service, state.when, state.professional = "", None, None, None
    state.offers, state.chosen, state.shown, state.pending = [], None, False, None
    state.appointments, state.target, state.listed, state.urgent = [], None, False, False
    state.missing, state.held_until, state.changed = None, "", False
    state.for_whom, state.triage = None, None


def _learn_catalogue(state: State, call: Call) -> None:
    state.insurers += names(call.result.get("insurers"))
    state.people += names(call.result.get("professionals"))
    services = call.result.get("services")
    if isinstance(services, list):
        state.catalogue = [
            item if isinstance(item, dict) else {"name": str(item)}
            for item in services[:_MOST_ITEMS]
        ]


def _learn_triage(state: State, call: Call) -> None:
    level = call.result.get("level")
    state.triage = level if isinstance(level, str) else "high" if call.ok else None


_LESSONS = {
    "triage_urgency": _learn_triage,
    "check_availability": _learn_slots,
    "book_appointment": _learn_booking,
    "record_patient_facts": _learn_facts,
    "list_my_appointments": _learn_appointments,
    "cancel_appointment": _learn_change,
    "reschedule_appointment": _learn_change,
    "list_services": _learn_catalogue,
    "list_professionals": _learn_catalogue,
}
