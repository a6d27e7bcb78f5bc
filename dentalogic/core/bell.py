"""The bell: a hint in Redis that work is due sooner than the dispatcher thinks.

Losing it costs at most one sweep. A Redis that is away costs the caller one short timeout a
second, never an error.
"""

from __future__ import annotations

import time
from functools import cache

import redis
import structlog
from django.conf import settings

from dentalogic.core.redis_address import RedisAddress

logger = structlog.get_logger(__name__)

BELL = "bell"
PAUSE_AFTER_FAILURE = 1.0
_quiet_until = 0.0


@cache
def client() -> redis.Redis:
    """Return the process's Redis client for short, optional calls."""
    return RedisAddress.parse(settings.REDIS_URL).client(
        socket_timeout=0.25, socket_connect_timeout=0.25, retry=None
    )


def name() -> str:
    return f"{settings.REDIS_PREFIX}:{BELL}"


def ring() -> None:
    """Wake the dispatcher. The list holds one ring: ten rings before it looks are one."""
    global _quiet_until  # noqa: PLW0603  # one process, one view of whether Redis answers
    if time.monotonic() < _quiet_until:
        return
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.lpush(name(), 1)
            pipe.ltrim(name(), 0, 0)
            pipe.execute()
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + PAUSE_AFTER_FAILURE
        logger.warning("bell_lost", error=type(error).__name__)


def wait(seconds: float) -> bool:
    """Sleep until a ring or for `seconds`; whether it rang. A Redis that is away is a sleep."""
    if seconds <= 0:
        return False
    try:
        # A client of its own: this one call is meant to block for long.
        waiting = RedisAddress.parse(settings.REDIS_URL).client(
            socket_timeout=seconds + 2, socket_connect_timeout=1
        )
        with waiting:
            return waiting.blpop([name()], timeout=seconds) is not None
    except redis.RedisError as error:
        logger.warning("bell_deaf", error=type(error).__name__)
        time.sleep(min(seconds, PAUSE_AFTER_FAILURE))
        return False
