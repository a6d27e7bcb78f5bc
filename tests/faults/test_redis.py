"""Redis carries hints: emptied or away, nothing that was accepted is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from agent.evals.delivering import Delivering
from agent.evals.road import DISPATCHER, WEB, WORKER
from agent.evals.stage import Stage
from dentalogic.core.tenancy import no_scope
from dentalogic.embedded import redis_server
from dentalogic.embedded.home import Home
from dentalogic.sandbox.client import SandboxProcess
from tests.faults.conftest import OpenRoad
from tests.faults.stories import ANA, messages, received, story, wait_for
from whatsapp.models import Author

pytestmark = pytest.mark.processes
NOBODY = "redis://127.0.0.1:1/0"
WORDS = "hola, una limpieza el jueves a la mañana"


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """Start a Redis that nobody else uses: it will be emptied."""
    home = Home.open(tmp_path / "redis")
    process, port = redis_server.launch(home, remembered_port=None, bound=True)
    yield redis_server.url(home, port=port)
    process.end(redis_server.SHUTDOWN)


def handed_out(stage: Stage) -> bool:
    """Whether the dispatcher has claimed something of the clinic for a worker."""
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM outbox WHERE clinic_id = %s AND leased_until IS NOT NULL"
            " AND done_at IS NULL",
            [stage.clinic.pk],
        )
        return cursor.fetchone() is not None


def test_an_emptied_redis_delays_an_answer_and_loses_none(
    road: OpenRoad, stages: Callable[..., Stage], vendors: SandboxProcess, own_redis: str
) -> None:
    """Emptied twice: with work in the workers' queue, and while a turn waits for the model."""
    way = road(REDIS_URL=own_redis)
    way.start(WEB, DISPATCHER)
    stage = stages(story(), web=way.url)
    vendors.barrier(WORDS)
    sent = vendors.say(ANA, WORDS, to=stage.line_id)
    assert sent["webhook"]["status"] == 200
    wait_for(lambda: handed_out(stage), "handing out")
    with redis.Redis.from_url(own_redis) as client:
        client.flushall()
        # What lay in the queue is gone; its lease runs out, and it is handed out again.
        way.start(WORKER)
        assert vendors.wait_at_barrier(WORDS, wait=40)
        client.flushall()
    vendors.release(WORDS)
    replies = wait_for(lambda: vendors.outbox(ANA, line=stage.line_id), "a reply")
    assert len(replies) == 1
    assert "jueves 26" in replies[0]["text"]
    assert len(messages(stage, Author.AGENT)) == 1


def test_without_redis_a_webhook_is_stored_and_answered_200(
    road: OpenRoad, stages: Callable[..., Stage], vendors: SandboxProcess
) -> None:
    way = road(REDIS_URL=NOBODY)
    way.start(WEB)
    stage = stages(story(), web=way.url)
    sent = vendors.say(ANA, WORDS, to=stage.line_id)
    assert sent["webhook"]["status"] == 200
    assert sent["webhook"]["attempts"] == 1
    assert received(stage) == 1
    # The database alone is enough for the answer.
    with Delivering():
        [reply] = wait_for(lambda: vendors.outbox(ANA, line=stage.line_id), "a reply")
    assert "jueves 26" in reply["text"]
