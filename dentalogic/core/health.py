"""Signs of life of the processes, kept in Redis with an expiry: what `readyz` reads."""

from __future__ import annotations

from pathlib import Path

import redis
import structlog
from django.conf import settings

from dentalogic.core import bell

logger = structlog.get_logger(__name__)

LIFE_SECONDS = 45


def touch() -> None:
    """Leave a sign of life where the health check of this machine looks, if anybody does."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()


def queues() -> list[str]:
    """Return the queues that some worker has to hear: one for each sink of the outbox."""
    return sorted({sink for sinks in settings.OUTBOX_ROUTES.values() for sink in sinks})


def expected() -> list[str]:
    """Return who has to be alive: the dispatcher, and somebody at each queue."""
    return ["dispatcher", *queues()]


def beat(process: str) -> None:
    """Say that `process` is alive. Without Redis nothing is said, and nothing fails."""
    try:
        bell.client().set(f"{settings.REDIS_PREFIX}:alive:{process}", 1, ex=LIFE_SECONDS)
    except redis.RedisError as error:
        logger.warning("beat_lost", process=process, error=type(error).__name__)


def alive(process: str) -> bool:
    """Whether `process` spoke within the last 45 seconds. Raises `redis.RedisError`."""
    return bool(bell.client().exists(f"{settings.REDIS_PREFIX}:alive:{process}"))
