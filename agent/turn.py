"""One turn of the agent: words in, words out, tools in between. Knows nothing of WhatsApp.

The model proposes, tools decide. Bounded in steps and time; nothing is open in the database while a
model is asked; every call of the model and of a tool is a step that is kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from agent import claims, history, llm, prompt, wording
from agent.claims import Truth
from agent.context import TurnContext, TurnResult
from agent.journal import Journal
from agent.llm import ModelAway, ModelGarbage, Reply
from agent.models import TurnOutcome
from agent.tools import registry
from agent.tools.calling import Desk
from agent.tools.effects import effect_of, recall
from agent.tools.references import own_appointments
from clinics.models import AppointmentStatus
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import current_scope

log = structlog.get_logger(__name__)

Json = dict[str, Any]
# One garbled answer is asked for again; a second one ends the turn.
MOST_GARBAGE = 1
SILENT: Json = {
    "ok": False,
    "error": "handed_off",
    "message": "La conversación ya pasó a una persona: despedite en una frase.",
}


class OpenTransaction(RuntimeError):
    """A turn was run inside a transaction: it would stay open while a model thinks."""


def run_turn(context: TurnContext) -> TurnResult:
    """Answer what was said, calling tools as needed, and return what to say.

    Run it inside the clinic's scope and outside any transaction. A second run of the same turn
    number returns the answer that is stored, or takes up an unfinished turn where its steps end.
    Raises `ModelAway` when no model can be reached and nothing was done yet: the caller tries
    again later.
    """
    if connection.in_atomic_block:
        raise OpenTransaction
    journal = Journal.open(
        conversation_id=context.conversation_id,
        turn_no=context.turn_no,
        prompt_version=prompt.instructions().version,
        model=settings.OPENAI_MODEL,
    )
    if journal.is_finished:
        return _stored(journal)
    return _Turn(context, journal).run()


def _stored(journal: Journal) -> TurnResult:
    turn = journal.turn
    return TurnResult(turn.pk, turn.reply, recall(journal.steps).handoff, turn.outcome)


class _Turn:
    """A turn while it runs."""

    def __init__(self, context: TurnContext, journal: Journal) -> None:
        clinic = Clinic.objects.get(pk=current_scope().tenant_id)
        past = history.Past(context)
        self.context = context
        self.journal = journal
        self.desk = Desk(context, clinic, past.calls())
        self.done = recall(journal.steps)
        owed = (effect_of(call.name, call.result) for call in self.desk.past if call.owed)
        self.owed = [effect for effect in owed if effect is not None]
        self.deadline = time.monotonic() + settings.AGENT_TURN_SECONDS
        facts = prompt.read_facts(context)
        self.messages: list[Json] = [
            {"role": "system", "content": prompt.system_prompt(clinic, context, facts)},
            *past.messages(),
            *history.new_messages(context),
            *history.exchange(journal.steps),
        ]

    def run(self) -> TurnResult:
        garbage = 0
        for _step in range(settings.AGENT_MAX_STEPS):
            if not self.context.is_current():
                return self._finish(TurnOutcome.STALE)
            seconds = self.deadline - time.monotonic()
            if seconds <= 0:
                return self._give_up("too_slow")
            try:
                reply = self._ask(seconds)
            except ModelGarbage as error:
                garbage += 1
                if garbage > MOST_GARBAGE:
                    return self._give_up(f"garbage_{error.code}")
                continue
            except ModelAway as error:
                return self._without_model(error)
            if not reply.calls:
                return self._answer(reply)
            self._work(reply)
        return self._give_up("too_many_steps")

    def _ask(self, seconds: float) -> Reply:
        if connection.in_atomic_block:
            raise OpenTransaction
        began = time.perf_counter()
        try:
            reply = llm.complete(self.messages, self._tools(), seconds=seconds)
        except ModelGarbage as error:
            log.warning("model_garbage", code=error.code, **self._names())
            self.journal.add_garbage(error.code, _since(began))
            raise
        self.journal.add_reply(reply, _since(began))
        self.messages.append(reply.message)
        return reply

    def _tools(self) -> list[Json]:
        # After the handoff there is one thing left to do: to say so.
        return registry.specs() if self.done.handoff is None else []

    def _work(self, reply: Reply) -> None:
        """Run the calls of one message, in order; each gets its result."""
        for call, asked in zip(reply.calls, reply.message["tool_calls"], strict=True):
            began = time.perf_counter()
            result = (
                registry.call(self.desk, call.name, call.arguments)
                if self.done.handoff is None
                else SILENT
            )
            self.done.note(call.name, call.arguments, result)
            self.journal.add_result(asked, result, _since(began))
            self.messages.append(history.tool_message(call.id, result))

    def _answer(self, reply: Reply) -> TurnResult:
        text = claims.last_whole_sentence(reply.text) if reply.truncated else reply.text
        if claims.false_claims(text, self._truth(hours=())):
            # Only now is it worth a look at the agenda.
            hours = [
                wording.clock_words(one.starts_at)
                for one in own_appointments(self.desk)
                if one.status != AppointmentStatus.PENDING_CONFIRMATION
            ]
            text, lies = claims.checked(text, self._truth(hours))
            if lies:
                log.warning("false_claim", kinds=lies, **self._names())
        # What an earlier turn did while its words were dropped is said now, by us.
        news = [effect for effect in self.owed if effect not in self.done.effects]
        text = f"{claims.what_happened(news)} {text}".strip() if text else text
        text = claims.bounded(
            text, claims.LONGEST_REPLY if self.done.handoff is None else claims.LONGEST_FAREWELL
        )
        if not text:
            return self._give_up("empty")
        return self._finish(self._good_outcome(), text)

    def _truth(self, hours: Iterable[str]) -> Truth:
        told = (effect_of(call.name, call.result) for call in self.desk.past)
        # What was booked earlier may be gone by now: that is asked of the agenda.
        earlier = {effect.kind for effect in told if effect} - {"booked", "requested"}
        effects = [*self.done.effects, *self.owed]
        return Truth(effects, frozenset(earlier), frozenset(hours))

    def _without_model(self, error: ModelAway) -> TurnResult:
        """Let the caller try again; what this turn already did is told instead, without a model."""
        log.warning("model_away", code=error.code, **self._names())
        told = claims.what_happened([*self.owed, *self.done.effects])
        if told:
            return self._finish(self._good_outcome(), claims.bounded(told), error=error.code)
        self.journal.finish(TurnOutcome.FAILED, error=f"away_{error.code}")
        raise error

    def _give_up(self, code: str) -> TurnResult:
        log.warning("turn_failed", code=code, **self._names())
        told = claims.what_happened([*self.owed, *self.done.effects])
        if told:
            return self._finish(self._good_outcome(), claims.bounded(told), error=code)
        sorry = _(
            "Disculpá, en este momento no pude resolverlo. ¿Probamos de nuevo, o preferís que te"
            " escriba una persona del equipo?"
        )
        return self._finish(TurnOutcome.FAILED, sorry, error=code)

    def _good_outcome(self) -> TurnOutcome:
        return TurnOutcome.ANSWERED if self.done.handoff is None else TurnOutcome.HANDED_OFF

    def _finish(self, outcome: TurnOutcome, reply: str = "", *, error: str = "") -> TurnResult:
        self.journal.finish(outcome, reply=reply, error=error)
        return TurnResult(self.journal.turn.pk, reply, self.done.handoff, str(outcome))

    def _names(self) -> dict[str, str]:
        return {
            "turn": str(self.journal.turn.pk),
            "conversation": str(self.context.conversation_id),
        }


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
