"""A web process that is killed: what was committed is kept, and what is repeated is kept once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import redis
from django.conf import settings

from agent.evals.delivering import Delivering
from agent.evals.road import WEB
from agent.evals.stage import Stage
from dentalogic.sandbox.client import SandboxError, SandboxProcess
from tests.faults.conftest import OpenRoad
from tests.faults.stories import ANA, messages, received, story, wait_for
from whatsapp.models import Author

pytestmark = pytest.mark.processes
WORDS = "hola, una limpieza el jueves a la mañana"


def forget_cache(prefix: str) -> None:
    """Drop what the web remembers, as if it had died between the commit and the cache."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}:*"):
            client.delete(key)


@pytest.fixture
def sending() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Run a request beside the test, which may lose its answer."""
    threads: list[threading.Thread] = []

    def start(request: Callable[[], object]) -> None:
        def run() -> None:
            with suppress(SandboxError):
                request()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for one in threads:
        one.join()


def test_a_web_killed_after_the_commit_keeps_one_message(
    road: OpenRoad,
    stages: Callable[..., Stage],
    vendors: SandboxProcess,
    sending: Callable[[Callable[[], object]], None],
) -> None:
    way = road()
    way.start(WEB)
    stage = stages(story(), web=way.url)
    wamid = f"wamid.{uuid.uuid4().hex}"

    def say() -> dict[str, object]:
        return vendors.say(ANA, WORDS, to=stage.line_id, id=wamid, timestamp=1795500000)

    sending(say)
    wait_for(lambda: received(stage), "the commit")
    way.kill(WEB)
    way.start(WEB)
    forget_cache(way.environment["REDIS_PREFIX"])
    # The provider had no answer, or lost it: it repeats, and again when the cache knows it.
    for _ in range(2):
        assert say()["webhook"]["status"] == 200  # type: ignore[index]
    assert received(stage) == 1
    with Delivering():
        replies = wait_for(lambda: vendors.outbox(ANA, line=stage.line_id), "a reply")
        assert len(replies) == 1
    assert [one.text for one in messages(stage, Author.PATIENT)] == [WORDS]
