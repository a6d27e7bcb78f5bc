from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from clinics.tenancy.models import Clinic
from dentalogic.core import clock, outbox, relay
from dentalogic.core.errors import PermanentFailure, RetryLater
from dentalogic.core.models import OutboxMessage
from dentalogic.core.tenancy import clinic_scope, current_scope

pytestmark = pytest.mark.django_db

HANDLED: list[tuple[str, dict[str, str]]] = []
BEHAVIOUR: dict[str, Any] = {}


def handle(**ids: str) -> None:
    """The sink of these tests: notes the call, then does what the test asked for."""
    HANDLED.append((current_scope().schema, ids))
    action = BEHAVIOUR.get("then")
    if action is not None:
        action()


@pytest.fixture(autouse=True)
def routes(settings: Any) -> None:
    HANDLED.clear()
    BEHAVIOUR.clear()
    settings.OUTBOX_ROUTES = {
        "one.thing": {"ingest": "tests.core.test_outbox.handle"},
        "two.sinks": {
            "ingest": "tests.core.test_outbox.handle",
            "mail": "tests.core.test_outbox.handle",
        },
    }


def emit(topic: str = "one.thing", **fields: Any) -> None:
    with transaction.atomic():
        outbox.emit(topic, **fields)


def raises(error: Exception) -> Any:
    def action() -> None:
        raise error

    return action


def test_a_delivery_runs_inside_the_clinic_that_owes_it(alfa: Clinic, beta: Clinic) -> None:
    for clinic in (alfa, beta):
        with clinic_scope(clinic):
            emit(row="1")
    assert relay.drain() == 2
    assert HANDLED == [("alfa", {"row": "1"}), ("beta", {"row": "1"})]
    assert OutboxMessage.objects.filter(done_at=None).count() == 0


def test_every_sink_of_a_topic_is_owed_its_own(in_alfa: Clinic) -> None:
    emit("two.sinks")
    assert sorted(OutboxMessage.objects.values_list("sink", flat=True)) == ["ingest", "mail"]


def test_announcement_and_fact_vanish_together(in_alfa: Clinic) -> None:
    def undone() -> None:
        with transaction.atomic():
            outbox.emit("one.thing")
            raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        undone()
    assert not OutboxMessage.objects.exists()


def test_the_same_key_waits_once_and_at_the_newest_time(in_alfa: Clinic) -> None:
    later = clock.real_now() + timedelta(minutes=5)
    emit(key="k", row="1")
    emit(key="k", due_at=later, row="2")
    message = OutboxMessage.objects.get()
    assert (message.due_at, message.payload, message.generation) == (later, {"row": "2"}, 1)
    assert relay.drain() == 0


def test_work_that_arrives_while_it_is_handled_is_done_again(in_alfa: Clinic) -> None:
    def once_more() -> None:
        BEHAVIOUR.clear()
        emit(key="k")

    BEHAVIOUR["then"] = once_more
    emit(key="k")
    assert relay.drain() == 2
    assert OutboxMessage.objects.get().done_at is not None


def test_a_done_key_can_be_owed_again(in_alfa: Clinic) -> None:
    emit(key="k")
    relay.drain()
    emit(key="k")
    assert relay.drain() == 1


def test_a_failure_is_kept_and_tried_later(in_alfa: Clinic) -> None:
    BEHAVIOUR["then"] = raises(ValueError("Ana Pérez"))
    emit()
    relay.drain()
    message = OutboxMessage.objects.get()
    assert message.last_error == "ValueError"
    assert message.done_at is None
    assert message.dead_at is None
    assert message.due_at > clock.real_now()


def test_a_permanent_failure_is_buried_at_once(in_alfa: Clinic) -> None:
    BEHAVIOUR["then"] = raises(PermanentFailure("no such number"))
    emit()
    relay.drain()
    message = OutboxMessage.objects.get()
    assert message.dead_at is not None
    assert len(HANDLED) == 1


def test_the_last_attempt_buries(in_alfa: Clinic) -> None:
    BEHAVIOUR["then"] = raises(ValueError())
    emit()
    for _ in range(relay.MAX_ATTEMPTS):
        OutboxMessage.objects.update(due_at=clock.real_now())
        relay.drain()
    message = OutboxMessage.objects.get()
    assert message.dead_at is not None
    assert len(HANDLED) == relay.MAX_ATTEMPTS


def test_waiting_for_a_worker_is_no_attempt(in_alfa: Clinic) -> None:
    """Claimed again and again while no worker runs; then its first try fails."""
    BEHAVIOUR["then"] = raises(ValueError())
    emit()
    for _ in range(relay.MAX_ATTEMPTS + 3):
        assert len(relay.claim()) == 1
        OutboxMessage.objects.update(leased_until=clock.real_now() - timedelta(seconds=1))
    relay.drain()
    message = OutboxMessage.objects.get()
    assert (message.attempts, message.dead_at) == (1, None)
    assert len(HANDLED) == 1


def test_a_lease_begins_when_its_work_does(in_alfa: Clinic) -> None:
    """What lay in a queue for most of its lease is not given to a second worker at once."""
    seen: list[list[relay.Claimed]] = []
    BEHAVIOUR["then"] = lambda: seen.append(relay.claim())
    emit()
    (message,) = relay.claim()
    OutboxMessage.objects.update(leased_until=clock.real_now() - timedelta(seconds=1))
    relay.deliver(message.id, message.lease_no)
    assert seen == [[]]


def test_retry_later_is_no_failure(in_alfa: Clinic) -> None:
    BEHAVIOUR["then"] = raises(RetryLater(timedelta(minutes=1)))
    emit()
    relay.drain()
    message = OutboxMessage.objects.get()
    assert (message.attempts, message.last_error) == (0, "")
    assert message.due_at > clock.real_now() + timedelta(seconds=50)


def test_an_emit_beats_the_retry_time_of_the_run_it_interrupts(in_alfa: Clinic) -> None:
    def earlier() -> None:
        BEHAVIOUR.clear()
        emit(key="k")
        raise RetryLater(timedelta(hours=1))

    BEHAVIOUR["then"] = earlier
    emit(key="k")
    assert relay.drain() == 2


def test_an_old_lease_can_do_nothing(in_alfa: Clinic) -> None:
    emit()
    (first,) = relay.claim()
    OutboxMessage.objects.update(leased_until=clock.real_now() - timedelta(seconds=1))
    (second,) = relay.claim()
    assert second.lease_no == first.lease_no + 1
    relay.deliver(first.id, first.lease_no)
    assert HANDLED == []
    relay.deliver(second.id, second.lease_no)
    assert len(HANDLED) == 1


def test_a_leased_message_is_not_claimed_twice(in_alfa: Clinic) -> None:
    emit()
    assert len(relay.claim()) == 1
    assert relay.claim() == []


def test_next_due_is_the_earliest_of_what_waits(in_alfa: Clinic) -> None:
    assert relay.next_due() is None
    soon, late = (clock.real_now() + timedelta(minutes=minutes) for minutes in (1, 9))
    emit(key="a", due_at=late)
    emit(key="b", due_at=soon)
    assert relay.next_due() == soon


def test_pruning_forgets_the_delivered_of_last_week_and_nothing_else(in_alfa: Clinic) -> None:
    emit(key="old")
    relay.drain()
    OutboxMessage.objects.update(done_at=clock.real_now() - timedelta(days=8))
    emit(key="new")
    relay.drain()
    emit(key="waiting")
    assert relay.prune() == 1
    assert set(OutboxMessage.objects.values_list("key", flat=True)) == {"new", "waiting"}
