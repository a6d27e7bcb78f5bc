"""A worker that is killed in the middle of a turn: one booking, one answer, whoever finishes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.evals.playing import Player
from agent.evals.road import DISPATCHER, WEB, WORKER
from agent.evals.stage import Stage
from agent.models import Turn, TurnOutcome
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.faults.conftest import OpenRoad
from tests.faults.stories import ANA, bookings, messages, story
from whatsapp.models import Author

pytestmark = pytest.mark.processes


def test_a_worker_killed_while_the_model_thinks(
    road: OpenRoad, stages: Callable[..., Stage], vendors: SandboxProcess
) -> None:
    """Killed twice: before the turn did anything, and after it booked and before it said so."""
    way = road()
    way.start(WEB, WORKER, DISPATCHER)
    scenario = story(world=[{"at_turn": 2, "kill_worker": True}])
    stage = stages(scenario, web=way.url)
    booked = '"status":"scheduled"'
    vendors.barrier(booked)

    def kill_twice() -> None:
        way.kill_worker()
        # The next one has booked, and asks the model what to say.
        vendors.release("la primera")
        assert vendors.wait_at_barrier(booked, wait=40)
        assert len(bookings(stage)) == 1
        way.kill_worker()
        vendors.release(booked)

    played = Player(scenario, stage, vendors, kill_worker=kill_twice).play()

    [visit] = bookings(stage)
    assert visit.status == "scheduled"
    offered, confirmed = played.texts
    assert "reservado" in confirmed
    sent = messages(stage, Author.AGENT)
    assert [one.text for one in sent] == [offered, confirmed]
    assert len(vendors.outbox(ANA, line=stage.line_id)) == 2
    with clinic_scope(stage.clinic):
        assert list(Turn.objects.order_by("turn_no").values_list("outcome", flat=True)) == [
            TurnOutcome.ANSWERED,
            TurnOutcome.ANSWERED,
        ]
    # Each message of the patient is in exactly one turn.
    assert all(one.turn_id for one in messages(stage, Author.PATIENT))
