"""One turn at a time, nothing stale sent, nothing lost when a worker dies."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from agent.context import TurnContext, TurnResult
from agent.models import Step, StepKind, Turn
from clinics.models import Event
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock
from dentalogic.core.errors import RetryLater
from dentalogic.core.tenancy import clinic_scope, no_scope
from tests.whatsapp.conftest import owed
from whatsapp import threads, turns
from whatsapp.burst import Patience, extend, owe_turn
from whatsapp.models import Author, Conversation, DeliveryStatus, Message

NO_WAIT = Patience(timedelta(0), timedelta(0))


def say(conversation: Conversation, text: str, *, minutes: int = 0) -> Message:
    """Put a patient's message into the conversation, and owe the answer, as ingestion does."""
    with transaction.atomic():
        locked = Conversation.objects.for_update().get(pk=conversation.pk)
        message = Message.objects.create(
            conversation=locked,
            position=threads.next_position(locked),
            author=Author.PATIENT,
            text=text,
            provider_id=f"wamid.{uuid.uuid4().hex}",
            sent_at=clock.real_now() + timedelta(minutes=minutes),
        )
        locked.last_inbound_at = clock.real_now()
        extend(locked, NO_WAIT)
        owe_turn(locked)
        locked.save()
    return message


def start(clinic: Clinic) -> Conversation:
    from clinics.services.intake import identify_sender

    phone = f"54911{uuid.uuid4().int % 10**8:08}"
    with transaction.atomic():
        identity = identify_sender(raw_id=phone, phone=phone, send_to=phone)
        line = Line.objects.get(clinic=clinic)
        return threads.open_conversation(identity, line.pk)


@pytest.fixture
def conversation(throwaway: Clinic) -> Iterator[Conversation]:
    with clinic_scope(throwaway):
        yield start(throwaway)


Answering = Callable[[TurnContext], str | None]


class Agent:
    """A turn of the agent with the answers of a test: rows in its journal, words at the end."""

    def __init__(self) -> None:
        self.seen: list[TurnContext] = []
        self.answer: Answering = lambda context: (
            "Hola, " + " / ".join(said.text for said in context.new)
        )
        self.handoff: str | None = None
        self.works = False

    def __call__(self, context: TurnContext) -> TurnResult:
        assert not connection.in_atomic_block
        self.seen.append(context)
        turn, _ = Turn.objects.get_or_create(
            conversation_id=context.conversation_id,
            turn_no=context.turn_no,
            defaults={"prompt_version": "1", "model": "test"},
        )
        if self.works and not turn.steps.exists():
            Step.objects.create(turn=turn, position=1, kind=StepKind.TOOL, content={})
        reply = self.answer(context)
        outcome = "handed_off" if self.handoff else "answered" if reply is not None else "stale"
        return TurnResult(turn.pk, reply or "", self.handoff, outcome)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    agent = Agent()
    monkeypatch.setattr(turns, "run_turn", agent)
    return agent


def outgoing(conversation: Conversation) -> list[str]:
    rows = Message.objects.filter(conversation=conversation).exclude(author=Author.PATIENT)
    return list(rows.order_by("position").values_list("text", flat=True))


def answer(conversation: Conversation) -> None:
    turns.answer(str(conversation.pk))


def test_a_burst_is_one_turn_in_the_provider_s_order(
    throwaway: Clinic, conversation: Conversation, agent: Agent
) -> None:
    second = say(conversation, "dos", minutes=1)
    first = say(conversation, "uno")
    answer(conversation)
    [context] = agent.seen
    assert [said.message_id for said in context.new] == [first.pk, second.pk]
    assert context.history == ()
    assert outgoing(conversation) == ["Hola, uno / dos"]
    turn = Turn.objects.get()
    assert set(Message.objects.values_list("turn_id", flat=True)) == {turn.pk}
    assert Message.objects.get(author=Author.AGENT).status == DeliveryStatus.QUEUED
    assert owed(throwaway, "message.queued") == 1
    conversation.refresh_from_db()
    assert conversation.answer_due_at is None
    assert conversation.turn_leased_until is None
    assert conversation.open_turn_no is None
    answer(conversation)
    assert len(agent.seen) == 1


def test_the_next_turn_sees_the_one_before(conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    answer(conversation)
    say(conversation, "dos")
    answer(conversation)
    last = agent.seen[-1]
    assert [said.text for said in last.new] == ["dos"]
    assert [(line.author, line.text) for line in last.history] == [
        ("patient", "uno"),
        ("agent", "Hola, uno"),
    ]
    assert last.turn_no > agent.seen[0].turn_no


def test_before_the_deadline_nobody_answers(conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    Conversation.objects.update(answer_due_at=clock.real_now() + timedelta(seconds=30))
    with pytest.raises(RetryLater) as later:
        answer(conversation)
    assert timedelta(seconds=25) < later.value.after <= timedelta(seconds=30)
    assert agent.seen == []


def test_nothing_owed_and_unknown_ids_are_fine(conversation: Conversation, agent: Agent) -> None:
    answer(conversation)
    turns.answer(str(uuid.uuid4()))
    assert agent.seen == []


def test_one_turn_at_a_time(throwaway: Clinic, conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    barrier = threading.Barrier(6, timeout=20)

    def race() -> str:
        with clinic_scope(throwaway):
            barrier.wait()
            try:
                answer(conversation)
            except RetryLater:
                return "later"
            finally:
                connection.close()
            return "done"

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: race(), range(6)))
    assert len(agent.seen) == 1
    assert len(outgoing(conversation)) == 1


def test_a_stale_reply_is_dropped_and_the_next_turn_answers_all(
    throwaway: Clinic, conversation: Conversation, agent: Agent
) -> None:
    say(conversation, "uno")

    def interrupted(context: TurnContext) -> str:
        assert context.is_current()
        say(conversation, "dos")
        assert not context.is_current()
        return "a destiempo"

    usual, agent.answer = agent.answer, interrupted
    answer(conversation)
    assert outgoing(conversation) == []
    assert owed(throwaway, "conversation.turn_due") == 1
    assert Turn.objects.get().outcome == "stale"
    agent.answer = usual
    answer(conversation)
    assert outgoing(conversation) == ["Hola, uno / dos"]


def test_a_stale_turn_that_did_something_keeps_its_messages(
    conversation: Conversation, agent: Agent
) -> None:
    agent.works = True
    first = say(conversation, "reservá")

    def interrupted(_: TurnContext) -> str:
        say(conversation, "gracias")
        return "a destiempo"

    usual, agent.answer = agent.answer, interrupted
    answer(conversation)
    stale = Turn.objects.get()
    first.refresh_from_db()
    assert first.turn_id == stale.pk
    agent.answer = usual
    answer(conversation)
    assert outgoing(conversation) == ["Hola, gracias"]
    assert [line.text for line in agent.seen[-1].history] == ["reservá"]


def test_an_old_fencing_number_writes_nothing(conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    late = turns.take_turn(conversation.pk)
    assert late is not None
    context = turns._context(late)
    Conversation.objects.update(turn_leased_until=clock.real_now() - timedelta(seconds=1))
    answer(conversation)
    before = list(Message.objects.order_by("position").values_list("pk", "turn_id"))
    with pytest.raises(turns.LeaseLost):
        turns.finish_turn(late, context, agent(context))
    assert list(Message.objects.order_by("position").values_list("pk", "turn_id")) == before
    assert len(outgoing(conversation)) == 1


def test_a_dead_worker_s_turn_is_finished_by_the_next(
    conversation: Conversation, agent: Agent
) -> None:
    say(conversation, "uno")
    dead = turns.take_turn(conversation.pk)
    assert dead is not None
    say(conversation, "dos")
    with pytest.raises(RetryLater):
        answer(conversation)
    Conversation.objects.update(turn_leased_until=clock.real_now() - timedelta(seconds=1))
    answer(conversation)
    # The same turn of the journal, with the same words: its steps are taken up, not done again.
    assert agent.seen[0].turn_no == dead.journal_no
    assert [said.text for said in agent.seen[0].new] == ["uno"]
    answer(conversation)
    assert outgoing(conversation) == ["Hola, uno / dos"]


def test_a_failing_turn_gives_the_lease_back_and_in_the_end_a_person_answers(
    throwaway: Clinic, conversation: Conversation, agent: Agent
) -> None:
    say(conversation, "uno")

    def broken(_: TurnContext) -> str:
        raise ConnectionError

    agent.answer = broken
    for failures in (1, 2):
        with pytest.raises(ConnectionError):
            answer(conversation)
        conversation.refresh_from_db()
        assert conversation.failures == failures
        assert conversation.turn_leased_until is None
        assert outgoing(conversation) == []
    with pytest.raises(ConnectionError):
        answer(conversation)
    conversation.refresh_from_db()
    [apology] = outgoing(conversation)
    assert "una persona del equipo" in apology
    assert conversation.human_until is not None
    assert conversation.human_until > clock.now() + timedelta(hours=23)
    assert {context.turn_no for context in agent.seen} == {agent.seen[0].turn_no}
    assert Event.objects.filter(type="HUMAN_HANDOFF").count() == 1
    answer(conversation)
    assert len(agent.seen) == 3


def test_workers_that_keep_dying_end_in_a_handoff(conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    for _ in range(3):
        assert turns.take_turn(conversation.pk) is not None
        Conversation.objects.update(turn_leased_until=clock.real_now() - timedelta(seconds=1))
    answer(conversation)
    assert agent.seen == []
    assert len(outgoing(conversation)) == 1


def test_a_handoff_is_said_and_silences_the_agent(conversation: Conversation, agent: Agent) -> None:
    agent.handoff = "lo pidió"
    say(conversation, "quiero hablar con alguien")

    def interrupted(_: TurnContext) -> str:
        say(conversation, "¿hola?")
        return "Te paso con una persona"

    agent.answer = interrupted
    answer(conversation)
    conversation.refresh_from_db()
    assert outgoing(conversation) == ["Te paso con una persona"]
    assert conversation.handoff_reason == "lo pidió"
    assert conversation.answer_due_at is None
    [event] = Event.objects.filter(type="HUMAN_HANDOFF")
    assert set(event.data) == {"conversation_id", "until"}
    answer(conversation)
    assert len(agent.seen) == 1


def test_a_person_who_took_over_is_not_talked_over(
    conversation: Conversation, agent: Agent
) -> None:
    say(conversation, "uno")

    def taken_over(_: TurnContext) -> str:
        Conversation.objects.update(human_until=clock.now() + timedelta(hours=1))
        return "tarde"

    agent.answer = taken_over
    answer(conversation)
    assert outgoing(conversation) == []
    conversation.refresh_from_db()
    assert conversation.turn_leased_until is None


def test_a_long_answer_is_sent_in_parts(conversation: Conversation, agent: Agent) -> None:
    say(conversation, "uno")
    agent.answer = lambda _: "Una frase. " * 500
    answer(conversation)
    found = outgoing(conversation)
    assert len(found) == 2
    assert all(len(text) <= 4096 and text.endswith(".") for text in found)


def test_another_clinic_can_t_take_it(
    conversation: Conversation, agent: Agent, new_clinic: Callable[..., Clinic]
) -> None:
    say(conversation, "uno")
    with no_scope():
        other = new_clinic()
    with clinic_scope(other):
        answer(conversation)
    assert agent.seen == []
    fresh: Any = Conversation.objects.get(pk=conversation.pk)
    assert fresh.turn_no == 0
