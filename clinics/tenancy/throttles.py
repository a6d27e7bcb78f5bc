"""How often one address may ask. Counted in Redis; while Redis is away nobody is locked out.

Against guessing stand the pauses, which do not need Redis; this one is against floods.
"""

from __future__ import annotations

from typing import Any

import redis
import structlog
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = structlog.get_logger(__name__)


class _Counted(SimpleRateThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return super().allow_request(request, view)
        except (redis.RedisError, OSError) as error:
            logger.warning("throttle_uncounted", error=type(error).__name__)
            return True


def address_of(request: Request) -> str:
    """Return who asks: behind proxies that are trusted, as they say it."""
    return AddressThrottle().get_ident(request) or "unknown"


class AddressThrottle(_Counted):
    """Per address: trying one password on many people, or registering many."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str:
        name = f"{self.scope}-{type(view).__name__}"
        return self.cache_format % {"scope": name, "ident": address_of(request)}
