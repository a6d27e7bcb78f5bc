"""The two-minute memory of what was stored, and the bell: Redis, asked only in passing.

Read before the database and written after its commit. A Redis that is away costs one short
timeout a second and changes no outcome: the unique key of the inbox decides.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from typing import cast

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from dentalogic.core import bell
from dentalogic.core.redis_address import RedisAddress

logger = structlog.get_logger(__name__)

REMEMBER_SECONDS = 120
TIMEOUT_SECONDS = 0.25
# One command however many keys: packing one for each cost more than storing the batch.
_REMEMBER = """
for place = 1, #KEYS - 1 do redis.call('SET', KEYS[place], 1, 'EX', ARGV[1]) end
redis.call('LPUSH', KEYS[#KEYS], 1)
redis.call('LTRIM', KEYS[#KEYS], 0, 0)
"""


class Seen:
    """Which items were stored within the last two minutes."""

    def __init__(self) -> None:
        self._client = RedisAddress.parse(settings.REDIS_URL).async_client(
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=None,
        )
        self._prefix = f"{settings.REDIS_PREFIX}:seen:"
        self._bell = bell.name()
        self._quiet_until = 0.0

    async def known(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that were stored already, as far as Redis remembers."""
        if time.monotonic() < self._quiet_until:
            return set()
        try:
            answers = await self._client.mget([self._prefix + key for key in keys])
        except (TimeoutError, RedisError, OSError) as error:
            self._lost(error)
            return set()
        return {key for key, answer in zip(keys, answers, strict=True) if answer is not None}

    async def remember(self, keys: Sequence[str]) -> None:
        """Note what a commit has just made true, and wake the dispatcher."""
        if time.monotonic() < self._quiet_until:
            return
        try:
            named = [*[self._prefix + key for key in keys], self._bell]
            # redis-py types it for both of its clients; the asyncio one always gives an awaitable.
            await cast(
                Awaitable[None], self._client.eval(_REMEMBER, len(named), *named, REMEMBER_SECONDS)
            )
        except (TimeoutError, RedisError, OSError) as error:
            self._lost(error)

    async def close(self) -> None:
        await self._client.aclose()

    def _lost(self, error: Exception) -> None:
        self._quiet_until = time.monotonic() + bell.PAUSE_AFTER_FAILURE
        logger.warning("seen_lost", error=type(error).__name__)
