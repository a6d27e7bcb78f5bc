"""What a burst of the patient's changes, read in the light of what was asked before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dentalogic.sandbox.receptionist import facts as fact_reading
from dentalogic.sandbox.receptionist.choices import Choice, choose
from dentalogic.sandbox.receptionist.dates import SOON, When, combine, read_when
from dentalogic.sandbox.receptionist.intents import media_kind, read_intents
from dentalogic.sandbox.receptionist.phrases import facts_of
from dentalogic.sandbox.receptionist.services import (
    has_pain,
    is_severe,
    read_for_whom,
    read_professional,
    read_service,
)
from dentalogic.sandbox.receptionist.state import Item, State, finish, reference_of
from dentalogic.sandbox.receptionist.text import fold, is_no, is_unsure, is_yes, tidy
from dentalogic.sandbox.receptionist.urgency import is_emergency, is_self_harm

_ANOTHER = re.compile(
    r"\b(?:otro|otra) (?:dia|horario|hora|turno|fecha|opcion)\b|\b(?:another|other) (?:day|time)\b"
    r"|\bcambi\w+ (?:el|de|la) (?:horario|dia|hora|fecha)\b|\bmas (?:tarde|temprano)\b"
)


def hear(state: State, burst: Sequence[str]) -> None:
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
    wants_it = state.pending.name == "cancel_appointment" and "cancel" in state.intents
    state.confirmed = is_yes(state.folded) or (wants_it and not is_no(state.folded))
    if is_no(state.folded):
        state.declined, state.pending = True, None
        if state.goal != "reschedule" or read_when(state.text, english=state.english) is None:
            finish(state)


def _hear_goal(state: State) -> None:
    if state.pending is not None:
        return
    explicit = re.search(r"\b(?:cancel|anul)", state.folded) is not None
    if state.offers and state.goal in {"", "book"} and _wants_another(state):
        _drop_slot(state)
    elif "reschedule" in state.intents and not explicit:
        _start(state, "reschedule")
    elif "cancel" in state.intents:
        _start(state, "cancel")
    elif "list" in state.intents:
        _start(state, "list")
    elif "booking" in state.intents and state.goal in {"cancel", "list"}:
        _start(state, "book")


def _wants_another(state: State) -> bool:
    """Tell whether the patient turns down the time that is being booked, not one they have."""
    return _ANOTHER.search(state.folded) is not None


def _drop_slot(state: State) -> None:
    state.offers, state.chosen, state.shown, state.when = [], None, False, None
    state.changed = True


def _start(state: State, goal: str) -> None:
    if state.goal != goal:
        state.offers, state.chosen, state.target, state.when = [], None, None, None
        state.service = state.professional = None
    state.goal, state.listed = goal, False


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
        reference = reference_of(state.choice.item)
        if reference and (state.chosen is None or "choice" in state.asked or _repicks(state)):
            state.chosen = reference
    elif state.appointments and not state.target and state.goal in {"cancel", "reschedule"}:
        state.choice = choose(state.text, state.appointments)
        state.target = reference_of(state.choice.item)


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
        state.offers, state.chosen, state.shown, state.pending = [], None, False, None


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
