"""What the answers of the tools change."""

from __future__ import annotations

from dentalogic.sandbox.receptionist.facts import FIELDS
from dentalogic.sandbox.receptionist.state import (
    MOST_ITEMS,
    Call,
    State,
    finish,
    items_of,
    names,
    reference_of,
)


def learn(state: State, call: Call) -> None:
    """Take in what a tool answered."""
    state.turn.append(call)
    about = call.args.get("reschedules") or call.args.get("appointment")
    if isinstance(about, str) and state.goal in {"cancel", "reschedule"}:
        state.target = about
    lesson = _LESSONS.get(call.name)
    if lesson:
        lesson(state, call)


def _learn_slots(state: State, call: Call) -> None:
    state.offers = items_of(call.result.get("slots")) or items_of(call.result.get("alternatives"))
    state.chosen, state.shown = None, False
    for item in state.offers:
        person = item.get("professional")
        if isinstance(person, str) and person not in state.people:
            state.people.append(person)
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
        finish(state)
    elif call.error == "facts_missing":
        slot = call.args.get("slot")
        state.chosen = slot if isinstance(slot, str) else state.chosen
        missing = call.result.get("missing")
        state.missing = names(missing) if isinstance(missing, list) else []
        until = call.result.get("held_until") or call.result.get("hold_until")
        state.held_until = until if isinstance(until, str) else ""
    elif call.error:
        state.offers = items_of(call.result.get("alternatives"))
        state.chosen, state.shown = None, False


def _learn_facts(state: State, call: Call) -> None:
    sent = {key: str(value) for key, value in call.args.items() if value and key in FIELDS}
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
        state.appointments = items_of(call.result.get("appointments"))
        state.listed = True
        if not state.appointments:
            state.goal = ""
        if len(state.appointments) == 1:
            state.target = reference_of(state.appointments[0])
        elif state.target not in {reference_of(item) for item in state.appointments}:
            state.target = None


def _learn_change(state: State, call: Call) -> None:
    if call.ok:
        finish(state)
    elif call.error == "needs_confirmation":
        state.pending = call
    else:
        state.pending = None
        if call.error in {"slot_taken", "offer_expired", "unknown_slot"}:
            state.offers = items_of(call.result.get("alternatives"))
            state.chosen, state.shown = None, False


def _learn_catalogue(state: State, call: Call) -> None:
    state.insurers += names(call.result.get("insurers"))
    state.people += names(call.result.get("professionals"))
    services = call.result.get("services")
    if isinstance(services, list):
        state.catalogue = [
            item if isinstance(item, dict) else {"name": str(item)}
            for item in services[:MOST_ITEMS]
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
