"""How often one may try. Counted in Redis; while Redis is away nobody is locked out."""

from __future__ import annotations

import hashlib
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

    def address(self, request: Request) -> str:
        return self.get_ident(request) or "unknown"


class LoginThrottle(_Counted):
    """Per address and e-mail: guessing one person's password."""

    scope = "login"

    def get_cache_key(self, request: Request, view: Any) -> str:
        given = request.data.get("email") if isinstance(request.data, dict) else ""
        subject = f"{self.address(request)} {str(given).strip().lower()}"
        # Hashed: the key must not carry an e-mail into Redis.
        digest = hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": digest}


class AddressThrottle(_Counted):
    """Per address: trying one password on many people, or registering many."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str:
        name = f"{self.scope}-{type(view).__name__}"
        return self.cache_format % {"scope": name, "ident": self.address(request)}
