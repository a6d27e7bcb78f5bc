"""The receptionist's moves: what to ask, call or say, given what is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dentalogic.sandbox.receptionist import tools as messages
from dentalogic.sandbox.receptionist.choices import choose
from dentalogic.sandbox.receptionist.dates import SOON, day_words
from dentalogic.sandbox.receptionist.facts import PRIVATE
from dentalogic.sandbox.receptionist.phrases import facts_of, name_facts, numbered, phrase
from dentalogic.sandbox.receptionist.state import Call, Item, State, reference_of
from dentalogic.sandbox.receptionist.text import fold
from dentalogic.sandbox.receptionist.tools import Answer, Tools

_ASKED_FIRST = ("full_name", "dni", "insurance")
_REFUSALS_BEFORE_A_PERSON = 2


class Desk:
    """One answer in the making."""

    def __init__(self, state: State, tools: Tools, call_id: str, *, plain: bool = False) -> None:
        self.state = state
        self.tools = tools
        self.call_id = call_id
        self.plain = plain

    # Saying and calling

    def words(self, key: str, **words: str) -> str:
        return phrase(key, english=self.state.english, **words)

    def say(self, key: str, *, greet: bool = True, **words: str) -> Answer:
        return self.tell(self.words(key, **words), greet=greet)

    def tell(self, text: str, *, greet: bool = True) -> Answer:
        """Say a text, after a greeting when it is the first of the conversation."""
        if greet and not self.state.spoken:
            clinic = self.state.clinic
            key = "greeting" if clinic else "greeting_plain"
            text = f"{self.words(key, clinic=clinic)} {text}"
        return messages.say(text)

    def call(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Call a tool; where it is not offered, or would be called again in vain, say so."""
        state = self.state
        if name not in self.tools:
            return self.say("agenda_away")
        fitted = self.tools.fit(name, args, state.text)
        if any(done.name == name and done.args == fitted for done in state.turn[-2:]):
            return (
                self.say("failed")
                if state.last and state.last.name == name
                else self._again(name, fitted)
            )
        return messages.call(self.call_id, name, fitted)

    def _again(self, name: str, fitted: Mapping[str, Any]) -> Answer:
        repeats = sum(done.name == name and done.args == fitted for done in self.state.turn)
        if repeats > 1:
            return self.say("failed")
        return messages.call(self.call_id, name, fitted)

    def hand_off(self, reason: str) -> Answer | None:
        """Call a person, once a turn; None where that is not possible or already done."""
        if "derivhumano" not in self.tools or self.state.done("derivhumano"):
            return None
        return self.call("derivhumano", {"reason": reason})

    def emergency(self) -> Answer:
        """Triage, alarm, first aid: in this order, and without a question about anything else."""
        if "triage_urgency" in self.tools and not self.state.done("triage_urgency"):
            return self.triage("emergency")
        alarm = self.hand_off("posible emergencia")
        if alarm is not None:
            return alarm
        told = any(done.name == "derivhumano" and done.ok for done in self.state.turn)
        text = self.words("emergency")
        return self.tell(f"{text} {self.words('emergency_told')}" if told else text, greet=False)

    def triage(self, level: str) -> Answer:
        said = self.state.text.strip()[:500]
        args = dict.fromkeys(
            ("symptoms", "description", "text", "quote", "complaint", "reason", "message"), said
        )
        return self.call("triage_urgency", {**args, "level": level})

    # Booking

    def advance_booking(self) -> Answer:  # noqa: PLR0911
        """Ask for what is still unknown, in order: service, day, choice, facts; then book."""
        state = self.state
        if state.chosen:
            return self.book()
        if state.urgent:
            return self._advance_urgency()
        if state.service is None:
            return self._ask_service()
        if state.when is None or not (state.when.has_day or "when" in state.asked):
            if "when" in state.asked and not state.named_service and not state.changed:
                return self.check(SOON)
            return self.say("ask_when")
        if state.offers and state.shown and not state.changed:
            return self.say("which", items=numbered(state.offers))
        if state.offers:
            return self.offer()
        return self.check(state.when.phrase)

    def _ask_service(self) -> Answer:
        asked_before = "service" in self.state.asked and not self.state.catalogue
        if asked_before and "list_services" in self.tools and not self.state.done("list_services"):
            return self.call("list_services", {})
        if self.state.catalogue:
            return self.say("ask_service_list", items=numbered(self.state.catalogue))
        return self.say("ask_service")

    def _advance_urgency(self) -> Answer:
        state = self.state
        if state.offers and not state.changed:
            return self.say("which", items=numbered(state.offers)) if state.shown else self.offer()
        if (
            state.triage is None
            and "triage_urgency" in self.tools
            and not state.done("triage_urgency")
        ):
            return self.triage("high")
        when = state.when.phrase if state.when else SOON
        if state.triage in {"normal", "low"}:
            return self.check(when, service=state.service or "consulta")
        return self.check(when, service="urgencia", for_urgency=True)

    def check(
        self,
        when: str,
        *,
        service: str | None = None,
        for_urgency: bool = False,
        professional: str | None = None,
    ) -> Answer:
        state = self.state
        moved = state.target if state.goal == "reschedule" else None
        return self.call(
            "check_availability",
            {
                "service": service or state.service or "consulta",
                "when": when,
                "professional": professional or state.professional,
                "for_urgency": for_urgency,
                "reschedules": moved,
            },
        )

    def interval(self) -> str | None:
        """Return the coming week in ISO form, for tools that don't read "lo antes posible"."""
        now = self.state.now
        if now is None:
            return None
        until = now + timedelta(days=7)
        return f"{now:%Y-%m-%dT%H:%M}/{until:%Y-%m-%dT%H:%M}"

    def offer(self) -> Answer:
        """List the slots of the last result."""
        offers = self.state.offers
        last = self.state.last
        alternatives = bool(last and not last.result.get("slots"))
        if alternatives:
            return self.say("none_alternatives", when=self.when_words(), items=numbered(offers))
        if any(item.get("kind") == "request" for item in offers):
            return self.say("offer_request", items=numbered(offers))
        return self.say("offer" if len(offers) > 1 else "offer_one", items=numbered(offers))

    def when_words(self) -> str:
        when = self.state.when
        day = day_words(when.phrase) if when and when.phrase != SOON else ""
        if not day or fold(day).startswith(("en ", "dentro", "a ", "para ")):
            return self.words("none_when")
        return self.words("none_when_said", day=day)

    def book(self) -> Answer:
        """Book the chosen slot; a dependant's facts come first, or it would be the writer's."""
        state = self.state
        record = self.record()
        if record is not None and (state.missing is not None or state.other):
            return record
        if state.other and not state.dependant_ready:
            return self.ask_missing()
        if state.missing:
            return self.ask_missing()
        args = {"slot": state.chosen, "for_whom": state.other, "patient": state.patient}
        return self.call("book_appointment", args)

    def record(self) -> Answer | None:
        """Hand over the facts that are wanted and were not handed over yet, if there are any."""
        facts = self._unrecorded()
        if not facts or "record_patient_facts" not in self.tools:
            return None
        return self.call("record_patient_facts", {**facts, "for_whom": self.state.other})

    def _unrecorded(self) -> dict[str, str]:
        state = self.state
        wanted = set(state.missing) if state.missing is not None else set(state.facts)
        if wanted & {"first_name", "last_name", "name"}:
            wanted.add("full_name")
        facts = {
            key: value
            for key, value in state.facts.items()
            if (key in wanted or key in state.recorded)
            and state.recorded.get(key) != value
            and (key, value) not in state.rejected
        }
        # "no tengo" is the patient's way of saying it; where it is not understood, the word for it.
        refused = {value for key, value in state.rejected if key == "insurance"}
        if (
            "insurance" not in state.facts
            and refused
            and PRIVATE not in refused
            and any(fold(value).startswith(("no", "ning", "sin")) for value in refused)
        ):
            facts["insurance"] = PRIVATE
        return facts

    def missing(self) -> list[str]:
        state = self.state
        if state.missing:
            return state.missing
        return [name for name in _ASKED_FIRST if name not in state.recorded]

    def ask_missing(self) -> Answer:
        """Ask for everything that is missing in one message."""
        state = self.state
        fields = self.missing()
        facts = name_facts(fields, english=state.english, own=not state.other)
        if state.refused:
            return self.explain()
        if state.other:
            text = self.words("need_other", who=state.other, facts=facts)
        else:
            text = self.words("need", facts=facts)
        if state.held_until and not self.plain and not facts_of(state.asked):
            text = f"{text} {self.words('held', until=_clock(state.held_until))}"
        return self.tell(text)

    def explain(self) -> Answer:
        """Say why a datum is needed; from the second refusal on, offer a person."""
        facts = name_facts(self.missing(), english=self.state.english)
        again = self.state.refusals >= _REFUSALS_BEFORE_A_PERSON
        return self.say("why_again" if again else "why", facts=facts)

    def asked_twice(self) -> bool:
        """Tell whether the list was already shown a second time."""
        first = self.words("which", items="").split("\n")[0]
        return self.state.said.startswith(first)

    # Changes

    def advance_change(self) -> Answer:
        """Cancel, move or list: find the appointment first, then do the one thing asked."""
        state = self.state
        if not state.listed:
            return self.call("list_my_appointments", {})
        if not state.appointments:
            return self.say("no_appointments")
        if state.goal == "list":
            return self.say("my_appointments", items=numbered(state.appointments))
        if state.target is None:
            return self.say("which_appointment", items=numbered(state.appointments))
        if state.goal == "cancel":
            return self.call(
                "cancel_appointment", {"appointment": state.target, "confirmed": False}
            )
        return self._advance_move()

    def _advance_move(self) -> Answer:
        state = self.state
        if state.chosen:
            args = {"appointment": state.target, "slot": state.chosen, "confirmed": False}
            return self.call("reschedule_appointment", args)
        if state.offers and not state.changed:
            if state.choice.refused:
                return self.say("another_when")
            return self.say("which", items=numbered(state.offers)) if state.shown else self.offer()
        if state.when is None or not state.when.has_day:
            if "when" in state.asked and state.when is None:
                return self.say("unclear")
            return self.say("ask_when_move")
        moved = self.target()
        service, person = moved.get("service"), moved.get("professional")
        # The patient keeps the professional they know, unless they say otherwise.
        return self.check(
            state.when.phrase,
            service=service if isinstance(service, str) else None,
            professional=state.professional or (person if isinstance(person, str) else None),
        )

    def target(self) -> Item:
        items = self.state.appointments
        return next((item for item in items if item.get("ref") == self.state.target), {})

    def target_in_words(self) -> str | None:
        """Return the appointment that the patient's own words single out, if they do."""
        state = self.state
        wanted = state.when.phrase if state.when else ""
        text = state.text.replace(wanted, " ") if wanted else state.text
        chosen = choose(text, state.appointments).item or self._on_near_day(text)
        return reference_of(chosen) if chosen else None

    def _on_near_day(self, text: str) -> Item | None:
        """Return the only appointment of the day called "hoy" or "mañana"."""
        folded, now = fold(text), self.state.now
        days = 0 if "hoy" in folded else 1 if "manana" in folded else None
        if days is None or now is None:
            return None
        date = (now + timedelta(days=days)).date().isoformat()
        fits = [item for item in self.state.appointments if item.get("date") == date]
        return fits[0] if len(fits) == 1 else None

    def ask_confirmation(self, pending: Call) -> Answer:
        text = pending.result.get("text")
        if not isinstance(text, str):
            text = ""
        key = "ask_cancel" if pending.name == "cancel_appointment" else "ask_move"
        return self.tell(self.words(key, text=text).strip())

    def not_understood(self) -> Answer:
        state = self.state
        if state.had_emergency:
            return self.say("emergency", greet=False)
        if "unknown" in state.asked:
            return self.say("unknown_again")
        return self.say("unknown" if state.spoken or len(state.folded.split()) > 1 else "how_help")


def _clock(moment: str) -> str:
    """Return the time of day of "14:20" or of an ISO moment."""
    return moment[11:16] if "T" in moment[:11] else moment[:16]
