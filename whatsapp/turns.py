"""Answering a conversation: the `agent` sink.

One turn at a time, by a lease in the conversation's row. `turn_no` is its fencing number: a worker
that was thought dead and comes back finds a higher one, and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Literal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from agent.context import Line, Said, TurnContext, TurnResult
from agent.models import Step, StepKind, Turn, TurnOutcome
from agent.turn import run_turn
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import RetryLater
from dentalogic.core.tenancy import acting_as, current_scope
from whatsapp import threads
from whatsapp.burst import is_with_a_person, owe_turn
from whatsapp.models import Author, Conversation, DeliveryStatus, Message
from whatsapp.wording import parts

logger = structlog.get_logger(__name__)

MOST_FAILURES = 3
MOST_LINES = 80
HANDED_OVER_BY_FAILURE = "El asistente no pudo responder."


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to answer a conversation. `journal_no` is the number of the agent's turn: an
    unfinished one keeps its number, so that its steps are taken up and not done again."""

    conversation_id: UUID
    turn_no: int
    journal_no: int
    upto: int


_AUTHORS: dict[str, Literal["patient", "agent", "staff"]] = {
    Author.PATIENT: "patient",
    Author.AGENT: "agent",
    Author.STAFF: "staff",
}


class LeaseLost(Exception):
    """Somebody else holds the conversation by now: nothing may be written."""


def answer(conversation_id: str) -> None:
    """Answer what the patient said, if its time has come. A second run finds nothing owed."""
    lease = take_turn(UUID(conversation_id))
    if lease is None:
        return
    with _ReturnedOnFailure(lease):
        context = _context(lease)
        if not context.new:
            _close_empty(lease)
            return
        with acting_as("agent"):
            finish_turn(lease, context, run_turn(context))


def take_turn(conversation_id: UUID) -> Lease | None:
    """Take the lease by one conditional UPDATE; None when no answer is owed.

    Raises `RetryLater` when the deadline lies ahead or somebody else is answering.
    """
    now = clock.real_now()
    until = now + timedelta(seconds=settings.WHATSAPP_TURN_LEASE_SECONDS)
    with transaction.atomic():
        row = _claim(conversation_id, now, until)
        if row is not None:
            turn_no, journal_no, upto, failures = row
            if failures < MOST_FAILURES:
                return Lease(conversation_id, turn_no, journal_no, upto)
            _give_up(Conversation.objects.get(pk=conversation_id))
            return None
    _explain(conversation_id, now)
    return None


def _claim(
    conversation_id: UUID, now: datetime, until: datetime
) -> tuple[int, int, int, int] | None:
    # A lease that ran out was a worker's death: counted like any other failure.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE conversations c
            SET turn_no = c.turn_no + 1,
                failures = c.failures + (c.turn_leased_until IS NOT NULL)::int,
                turn_leased_until = %s,
                open_turn_no = coalesce(c.open_turn_no, c.turn_no + 1),
                open_turn_upto = coalesce(c.open_turn_upto, (
                    SELECT coalesce(max(m.position), 0) FROM messages m
                    WHERE m.tenant_id = %s AND m.conversation_id = c.id))
            WHERE c.tenant_id = %s AND c.id = %s AND c.answer_due_at <= %s
              AND (c.turn_leased_until IS NULL OR c.turn_leased_until <= %s)
              AND (c.human_until IS NULL OR c.human_until <= %s)
            RETURNING c.turn_no, c.open_turn_no, c.open_turn_upto, c.failures
            """,
            [
                until,
                current_scope().tenant_id,
                current_scope().tenant_id,
                conversation_id,
                now,
                now,
                clock.now(),
            ],
        )
        row: tuple[int, int, int, int] | None = cursor.fetchone()
        return row


def _explain(conversation_id: UUID, now: datetime) -> None:
    """Say when to come back to a conversation that could not be taken, if ever."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None or conversation.answer_due_at is None:
        return
    if is_with_a_person(conversation):
        return
    leased_until = conversation.turn_leased_until
    if leased_until is not None and leased_until > now:
        raise RetryLater(leased_until - now)
    raise RetryLater(max(conversation.answer_due_at - now, timedelta(0)))


def _context(lease: Lease) -> TurnContext:
    conversation = Conversation.objects.select_related("identity__patient").get(
        pk=lease.conversation_id
    )
    new = _unanswered(conversation, upto=lease.upto)
    mine = {message.pk for message in new}
    recent = (
        Message.objects.filter(conversation=conversation, position__lte=lease.upto)
        .exclude(status__in=[DeliveryStatus.FAILED, DeliveryStatus.DROPPED])
        .order_by("-position")[: MOST_LINES + len(new)]
    )
    return TurnContext(
        conversation_id=conversation.pk,
        turn_no=lease.journal_no,
        person=conversation.identity.patient,
        new=tuple(Said(message.pk, message.text, message.sent_at) for message in new),
        history=tuple(
            Line(
                _AUTHORS[message.author],
                message.text,
                message.sent_at,
                message.turn_id,
                message.pk,
            )
            for message in reversed(recent)
            if message.pk not in mine
        ),
        profile_name=conversation.identity.profile_name,
        is_current=lambda: _is_current(lease),
    )


def _unanswered(conversation: Conversation, *, upto: int) -> list[Message]:
    """Return what the patient said and nobody answered, by the provider's time.

    What stands before the team's last message was for the team, and is history.
    """
    staff = Message.objects.filter(conversation=conversation, author=Author.STAFF)
    answered = staff.aggregate(last=Max("position"))["last"] or 0
    return list(
        Message.objects.filter(
            conversation=conversation,
            author=Author.PATIENT,
            turn_id=None,
            position__gt=answered,
            position__lte=upto,
        ).order_by("sent_at", "position")
    )


def _newer_words(conversation_id: UUID, upto: int) -> bool:
    return Message.objects.filter(
        conversation_id=conversation_id, author=Author.PATIENT, turn_id=None, position__gt=upto
    ).exists()


def _is_current(lease: Lease) -> bool:
    """Whether an answer would still be sent: mine to give, nothing newer said, nobody took over."""
    conversation = Conversation.objects.filter(
        pk=lease.conversation_id, turn_no=lease.turn_no
    ).first()
    return (
        conversation is not None
        and not is_with_a_person(conversation)
        and not _newer_words(lease.conversation_id, lease.upto)
    )


def _locked(lease: Lease) -> Conversation:
    """Lock the conversation, or raise `LeaseLost` when another worker took it meanwhile."""
    conversation = (
        Conversation.objects.for_update()
        .filter(pk=lease.conversation_id, turn_no=lease.turn_no)
        .first()
    )
    if conversation is None:
        raise LeaseLost
    return conversation


def finish_turn(lease: Lease, context: TurnContext, result: TurnResult) -> None:
    """Write the answer and give the lease back, in one transaction.

    What the patient said meanwhile makes the reply stale: nothing is sent, the next burst stays
    owed. A turn that has called tools keeps its messages then; one that did nothing leaves them to
    the next. A handoff is never stale: the silence that follows has to be announced.
    """
    with transaction.atomic():
        conversation = _locked(lease)
        newer = _newer_words(conversation.pk, lease.upto)
        taken_over = is_with_a_person(conversation)
        stale = result.outcome == TurnOutcome.STALE or (newer and result.handoff is None)
        if not (stale or taken_over) or _did_something(result.turn_id):
            _mark_answered([said.message_id for said in context.new], result.turn_id)
        if stale or taken_over:
            _note_stale(result.turn_id)
        else:
            for text in parts(result.reply):
                threads.add_outgoing(
                    conversation, text, author=Author.AGENT, turn_id=result.turn_id
                )
        if result.handoff is not None and not taken_over:
            threads.hand_over(conversation, result.handoff, _silent_until())
        _give_back(conversation, keep_burst=stale and not taken_over)


def _did_something(turn_id: UUID) -> bool:
    return Step.objects.filter(turn_id=turn_id, kind=StepKind.TOOL).exists()


def _mark_answered(message_ids: list[UUID], turn_id: UUID) -> None:
    Message.objects.filter(pk__in=message_ids, turn_id=None).update(turn_id=turn_id)


def _note_stale(turn_id: UUID) -> None:
    Turn.objects.filter(pk=turn_id).update(outcome=TurnOutcome.STALE)


def _silent_until() -> datetime:
    clinic = Clinic.objects.get(pk=current_scope().tenant_id)
    return clock.now() + timedelta(hours=clinic.preferences.silence_hours)


def _close_empty(lease: Lease) -> None:
    """Give back a turn that has nothing to answer: somebody else did."""
    with transaction.atomic():
        conversation = _locked(lease)
        _give_back(conversation, keep_burst=_newer_words(conversation.pk, lease.upto))


def _give_back(conversation: Conversation, *, keep_burst: bool) -> None:
    conversation.turn_leased_until = None
    conversation.open_turn_no = conversation.open_turn_upto = None
    conversation.failures = 0
    if keep_burst and conversation.answer_due_at is not None:
        owe_turn(conversation)
    else:
        conversation.burst_began_at = conversation.answer_due_at = None
    conversation.save()


class _ReturnedOnFailure:
    """Give the lease back when a turn fails, so that the next try needn't wait for it to run out.

    The open turn stays: the next worker takes it up. After three failures nobody tries again.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if kind is None:
            return False
        if issubclass(kind, LeaseLost):
            logger.warning("turn_lease_lost", conversation=str(self._lease.conversation_id))
            return True
        # A worker that is told to stop has not failed; what it began is taken up elsewhere.
        _return_failed(self._lease, failed=issubclass(kind, Exception))
        return False


def _return_failed(lease: Lease, *, failed: bool) -> None:
    with transaction.atomic():
        conversation = (
            Conversation.objects.for_update()
            .filter(pk=lease.conversation_id, turn_no=lease.turn_no)
            .first()
        )
        if conversation is None:
            return
        conversation.turn_leased_until = None
        conversation.failures += failed
        if conversation.failures >= MOST_FAILURES:
            _give_up(conversation)
        else:
            conversation.save(update_fields=["turn_leased_until", "failures"])


def _give_up(conversation: Conversation) -> None:
    """Say honestly that it did not work, and let a person answer."""
    logger.error("conversation_given_up", conversation=str(conversation.pk))
    begun = Turn.objects.filter(conversation_id=conversation.pk)
    turn = begun.filter(turn_no=conversation.open_turn_no or 0).first()
    if turn is not None:
        upto = conversation.open_turn_upto or 0
        waiting = [message.pk for message in _unanswered(conversation, upto=upto)]
        _mark_answered(waiting, turn.pk)
    text = _("Disculpá, tuve un problema y no pude responderte. Ya avisé a una persona del equipo.")
    threads.add_outgoing(
        conversation, text, author=Author.AGENT, turn_id=turn.pk if turn is not None else None
    )
    threads.hand_over(conversation, HANDED_OVER_BY_FAILURE, _silent_until())
    _give_back(conversation, keep_burst=False)
