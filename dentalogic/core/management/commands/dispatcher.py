"""The dispatcher: sleeps until the earliest due message or a ring, and hands work to Celery."""

from __future__ import annotations

import signal
import time
from typing import Any

import redis
import structlog
from celery import Celery
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from dentalogic.core import bell, clock, relay
from dentalogic.core.health import LIFE_SECONDS, beat, queues, touch

logger = structlog.get_logger(__name__)

LONGEST_SLEEP = 15.0
PRUNE_EVERY = 600.0
BEAT_EVERY = 10.0
BATCH = 200


def prune() -> None:
    """Let everybody who keeps rows for a time forget the old ones."""
    for name in settings.PRUNERS:
        import_string(name)()


class Command(BaseCommand):
    help = "Hand due messages of the outbox to the workers until stopped."

    stopping = False
    beaten = -1e9

    def handle(self, *args: Any, **options: Any) -> None:
        from dentalogic.celery import app  # noqa: PLC0415  # Celery is heavy; --help needs none

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pruned = 0.0
        while not self.stopping:
            touch()
            try:
                handed = self.hand_out(app)
                if time.monotonic() - pruned > PRUNE_EVERY:
                    prune()
                    pruned = time.monotonic()
                if not handed:
                    bell.wait(self.seconds_to_sleep())
            except (DatabaseError, OperationalError, redis.RedisError) as error:
                # A dependency restarts: what was claimed comes back when its lease runs out.
                logger.warning("dispatcher_waits", error=type(error).__name__)
                connection.close()
                time.sleep(1)

    def hand_out(self, app: Celery) -> int:
        """Claim a batch and queue it by sink; how many."""
        close_old_connections()
        self.beat(app)
        batch = relay.claim(BATCH)
        if batch:
            with app.producer_pool.acquire(block=True) as producer:
                for message in batch:
                    app.send_task(
                        "core.deliver",
                        (message.id, message.lease_no),
                        queue=message.sink,
                        producer=producer,
                        ignore_result=True,
                    )
        return len(batch)

    def beat(self, app: Celery) -> None:
        """Say that this process lives, and ask a worker at each queue to say the same."""
        if time.monotonic() - self.beaten < BEAT_EVERY:
            return
        beat("dispatcher")
        for queue in queues():
            app.send_task(
                "core.beat", (queue,), queue=queue, ignore_result=True, expires=LIFE_SECONDS
            )
        self.beaten = time.monotonic()

    @staticmethod
    def seconds_to_sleep() -> float:
        due = relay.next_due()
        if due is None:
            return LONGEST_SLEEP
        ahead = (due - clock.real_now()).total_seconds()
        return min(max(ahead, 0.01), LONGEST_SLEEP)

    def stop(self, *_: Any) -> None:
        self.stopping = True
        bell.ring()
