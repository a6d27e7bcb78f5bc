"""What to say or do after a tool has answered. Only here is anything said to have happened."""

from __future__ import annotations

from collections.abc import Callable

from dentalogic.sandbox.receptionist.dates import SOON
from dentalogic.sandbox.receptionist.desk import Desk
from dentalogic.sandbox.receptionist.phrases import name_facts, numbered
from dentalogic.sandbox.receptionist.state import Call, names, reference_of
from dentalogic.sandbox.receptionist.tools import Answer


def after_call(desk: Desk, call: Call) -> Answer:
    """Go on from the last result of this turn."""
    handle = _OUTCOMES.get(call.name)
    if desk.state.emergency and call.name != "derivhumano":
        return desk.emergency()
    return handle(desk, call) if handle else desk.say("failed")


def _text_of(call: Call) -> str:
    text = call.result.get("text")
    return text.strip().rstrip(".") if isinstance(text, str) else ""


def _slots(desk: Desk, call: Call) -> Answer:  # noqa: PLR0911
    state = desk.state
    if call.ok and state.offers:
        return desk.offer()
    if call.ok:
        return _no_slots(desk, call)
    handle = _DATE_ERRORS.get(call.error)
    if call.args.get("for_urgency") and call.error not in _DATE_ERRORS:
        return desk.check(str(call.args.get("when") or SOON), service="consulta")
    asked = str(call.args.get("when"))
    if handle and asked.startswith(SOON) and asked != SOON:
        return _recheck(desk, call, SOON)
    if handle in {"unclear", "ambiguous"} and asked == SOON:
        interval = desk.interval()
        if interval:
            return _recheck(desk, call, interval)
    if handle == "ambiguous":
        options = call.result.get("options")
        items = options if isinstance(options, list) else []
        return desk.say("ambiguous", items=numbered(items)) if items else desk.say("unclear")
    if handle:
        return desk.say(handle)
    if call.error == "unknown_service":
        if (
            not state.catalogue
            and "list_services" in desk.tools
            and not state.done("list_services")
        ):
            return desk.call("list_services", {})
        return desk.say("ask_service_list", items=numbered(state.catalogue))
    if call.error == "unknown_professional":
        people = names(call.result.get("professionals"))
        return desk.say("unknown_professional", items=numbered(people))
    return desk.say("agenda_away")


def _recheck(desk: Desk, call: Call, when: str) -> Answer:
    service = call.args.get("service")
    return desk.check(
        when,
        service=service if isinstance(service, str) else None,
        for_urgency=call.args.get("for_urgency") is True,
    )


def _no_slots(desk: Desk, call: Call) -> Answer:
    state = desk.state
    when = str(call.args.get("when") or SOON)
    if call.args.get("for_urgency"):
        return desk.check(when, service="consulta")
    if state.goal == "reschedule" and call.args.get("professional") and not state.professional:
        service = call.args.get("service")
        args = {**call.args, "professional": None, "service": service}
        return desk.call("check_availability", args)
    return desk.say("none", when=desk.when_words())


def _booking(desk: Desk, call: Call) -> Answer:
    if call.ok:
        if call.result.get("status") == "pending_confirmation":
            return desk.say("requested", text=_text_of(call))
        key = "booked_other" if call.args.get("for_whom") or _was_for_other(desk) else "booked"
        return desk.say(key, text=_text_of(call))
    if call.error == "facts_missing":
        return desk.record() or desk.ask_missing()
    return _slot_lost(desk, call)


def _was_for_other(desk: Desk) -> bool:
    return any(done.args.get("for_whom") for done in desk.state.turn)


def _slot_lost(desk: Desk, call: Call) -> Answer:
    state = desk.state
    if call.error == "slot_taken":
        if state.offers:
            return desk.say("taken", items=numbered(state.offers))
        return desk.say("taken_none")
    if call.error in {"unknown_slot", "offer_expired"}:
        if state.when and not state.done("check_availability"):
            return desk.advance_change() if state.goal == "reschedule" else desk.advance_booking()
        return desk.say("expired")
    return desk.say("failed")


def _facts(desk: Desk, call: Call) -> Answer:
    state = desk.state
    if call.ok:
        if state.missing:
            return desk.record() or desk.ask_missing()
        return desk.book() if state.chosen else desk.advance_booking()
    retry = desk.record()
    if retry is not None:
        return retry
    fields = names(call.result.get("fields")) or names([call.result.get("field")])
    wanted = fields or desk.missing()
    return desk.say("again", facts=name_facts(wanted, english=state.english))


def _appointments(desk: Desk, call: Call) -> Answer:
    state = desk.state
    if not call.ok:
        return desk.say("agenda_away")
    if "confirm_visit" in state.intents and state.goal == "":
        if state.appointments and "confirm_appointment" not in desk.tools:
            return desk.say("my_appointments", items=numbered(state.appointments))
        if len(state.appointments) == 1:
            reference = reference_of(state.appointments[0])
            return desk.call("confirm_appointment", {"appointment": reference})
        if state.appointments:
            return desk.say("which_appointment", items=numbered(state.appointments))
        return desk.say("no_appointments")
    if state.target is None and len(state.appointments) > 1:
        state.target = desk.target_in_words()
    return desk.advance_change()


def _visit(desk: Desk, call: Call) -> Answer:
    return desk.say("visit_confirmed", text=_text_of(call)) if call.ok else desk.say("failed")


def _change(desk: Desk, call: Call) -> Answer:
    if call.ok:
        key = "cancelled" if call.name == "cancel_appointment" else "moved"
        return desk.say(key, text=_text_of(call))
    if call.error == "needs_confirmation":
        return desk.ask_confirmation(call)
    return _slot_lost(desk, call)


def _services(desk: Desk, call: Call) -> Answer:
    if not call.ok:
        return desk.say("failed")
    insurers = names(call.result.get("insurers"))
    if "insurers" in desk.state.intents and insurers:
        text = desk.words("insurers", items=", ".join(insurers))
        return desk.tell(f"{text} {_next_question(desk)}")
    if "service" in desk.state.asked or "services" not in desk.state.intents:
        return desk.say("ask_service_list", items=numbered(desk.state.catalogue))
    return desk.tell(
        f"{desk.words('services', items=numbered(desk.state.catalogue))}\n{_next_question(desk)}"
    )


def _professionals(desk: Desk, call: Call) -> Answer:
    people = call.result.get("professionals")
    if not call.ok or not isinstance(people, list) or not people:
        return desk.say("failed")
    with_hours = "hours" in desk.state.intents
    lines = "\n".join(_person(person, with_hours=with_hours) for person in people)
    return desk.tell(f"{desk.words('professionals', items=lines)}\n{_next_question(desk)}")


def _person(person: object, *, with_hours: bool) -> str:
    if not isinstance(person, dict):
        return f"• {person}"
    name = person.get("name")
    treatments, hours = names(person.get("treatments")), person.get("hours")
    if with_hours and isinstance(hours, dict):
        said = "; ".join(f"{day} {value}" for day, value in hours.items() if value)
    else:
        said = ", ".join(treatments)
    return f"• {name}: {said}" if said else f"• {name}"


def _next_question(desk: Desk) -> str:
    state = desk.state
    if state.offers and state.shown:
        return desk.words("which", items=numbered(state.offers))
    if state.chosen and state.missing:
        return desk.words("need", facts=name_facts(state.missing, english=state.english))
    if state.service and state.when is None:
        return desk.words("ask_when")
    return desk.words("ask_service") if "booking" in state.intents else desk.words("how_help")


def _person_called(desk: Desk, call: Call) -> Answer:
    state = desk.state
    if state.self_harm:
        return desk.say("self_harm", greet=False)
    if state.emergency or state.triage == "emergency":
        return desk.emergency()
    return desk.say("handoff" if call.ok else "handoff_impossible", greet=False)


def _triage(desk: Desk, _call: Call) -> Answer:
    state = desk.state
    if state.emergency or state.triage == "emergency":
        return desk.emergency()
    return desk.advance_booking()


_DATE_ERRORS = {
    "ambiguous_date": "ambiguous",
    "unclear_date": "unclear",
    "past_date": "past",
    "beyond_horizon": "far",
}
_OUTCOMES: dict[str, Callable[[Desk, Call], Answer]] = {
    "check_availability": _slots,
    "book_appointment": _booking,
    "record_patient_facts": _facts,
    "list_my_appointments": _appointments,
    "confirm_appointment": _visit,
    "cancel_appointment": _change,
    "reschedule_appointment": _change,
    "list_services": _services,
    "list_professionals": _professionals,
    "derivhumano": _person_called,
    "triage_urgency": _triage,
}
