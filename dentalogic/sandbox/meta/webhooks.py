"""Deliver signed webhooks to the product, with Meta's patience in small."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from dentalogic.sandbox.clock import Clock
from dentalogic.sandbox.config import Config
from dentalogic.sandbox.meta import payloads
from dentalogic.sandbox.meta.chats import Line


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a webhook ended: the last HTTP status (0 when nobody answered) and the tries."""

    status: int
    attempts: int
    body: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the product took it."""
        return self.status == HTTPStatus.OK


class Webhooks:
    """The sender of all webhooks; also of Google's notifications."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.log: deque[dict[str, Any]] = deque(maxlen=300)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(32)
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        """Return the one HTTP client, made on first use inside the loop."""
        if self._client is None:
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(15, connect=2), limits=limits, trust_env=False
            )
        return self._client

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work in the background, holding on to its task."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop what still waits."""
        for task in list(self._tasks):
            task.cancel()
        if self._client is not None:
            await self._client.aclose()

    async def send(self, line: Line, payload: dict[str, Any]) -> Delivery:
        """Sign and post a payload, again with growing pauses until the answer is 200."""
        raw = orjson.dumps(payload)
        headers = self.headers(line, raw)
        target = line.webhook_url or self.config.webhook_url
        pause, delivery = self.config.retry_seconds, Delivery(0, 0)
        for attempt in range(1, self.config.retry_limit + 1):
            delivery = await self.post(target, raw, headers, attempt=attempt)
            if delivery.ok:
                break
            if attempt < self.config.retry_limit:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30)
        return delivery

    def headers(self, line: Line, raw: bytes) -> dict[str, str]:
        """Return the headers Meta sends along."""
        secret = line.app_secret or self.config.app_secret
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": payloads.signature(secret, raw),
        }

    async def post(
        self, target: str, raw: bytes, headers: dict[str, str], *, attempt: int = 1
    ) -> Delivery:
        """Post once."""
        async with self._room:
            try:
                answer = await self.client.post(target, content=raw, headers=headers)
                delivery = Delivery(answer.status_code, attempt, answer.text[:2000])
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                delivery = Delivery(0, attempt, type(error).__name__)
        self.log.append(
            {
                "at": self.clock.stamp(),
                "url": target,
                "bytes": len(raw),
                "status": delivery.status,
                "attempt": attempt,
            }
        )
        return delivery
