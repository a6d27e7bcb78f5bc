"""Clients that don't let go: a provider that posts webhooks, and a secretary who books."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from tests.whatsapp.conftest import PATH, change, headers, text_message, webhook

PACE = 0.03


class Sender:
    """Repeat one kind of request until the block ends; each is repeated until it is accepted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.accepted: list[str] = []
        # Answers that nobody should get, whatever is stopped meanwhile.
        self.refused: list[str] = []
        self.unanswered = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)

    def requests(self) -> Iterator[tuple[str, Callable[[httpx.Client], httpx.Response]]]:
        raise NotImplementedError

    def _run(self) -> None:
        with httpx.Client(base_url=self.url, trust_env=False, timeout=20) as client:
            for name, post in self.requests():
                while not self._ending.is_set() and not self._accepted(name, post, client):
                    self._ending.wait(PACE)
                if self._ending.wait(PACE):
                    return

    def _accepted(
        self, name: str, post: Callable[[httpx.Client], httpx.Response], client: httpx.Client
    ) -> bool:
        try:
            answer = post(client)
        except httpx.TransportError:
            self.unanswered += 1
            return False
        if answer.status_code in {HTTPStatus.OK, HTTPStatus.CREATED}:
            self.accepted.append(name)
            return True
        self.refused.append(f"{answer.status_code} {answer.text[:200]}")
        return False

    def go_on(self, seconds: float = 20) -> None:
        """Wait until some more have been accepted."""
        wanted = len(self.accepted) + 3
        until = time.monotonic() + seconds
        while len(self.accepted) < wanted:
            assert time.monotonic() < until, f"nothing is accepted any more: {self.refused[-3:]}"
            time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()


class Provider(Sender):
    """Posts one new message after the other; the same one again until it has its 200."""

    def __init__(self, url: str, number: str, phone: str) -> None:
        super().__init__(url)
        self._number, self._phone = number, phone

    def requests(self) -> Iterator[tuple[str, Callable[[httpx.Client], httpx.Response]]]:
        for place in itertools.count():
            message = text_message(f"mensaje {place}", sender=self._phone)
            raw = webhook(change(self._number, message))

            def post(client: httpx.Client, raw: bytes = raw) -> httpx.Response:
                return client.post(PATH, content=raw, headers=headers(raw))

            yield message["id"], post


class Secretary(Sender):
    """Books one slot after the other, each under a key of its own."""

    def __init__(self, url: str, token: str, slots: list[dict[str, Any]]) -> None:
        super().__init__(url)
        self._token, self._slots = token, slots

    def requests(self) -> Iterator[tuple[str, Callable[[httpx.Client], httpx.Response]]]:
        for slot in self._slots:
            key = uuid.uuid4().hex

            def post(
                client: httpx.Client, slot: dict[str, Any] = slot, key: str = key
            ) -> httpx.Response:
                return client.post(
                    "/api/v1/appointments/",
                    json=slot,
                    headers={"Authorization": f"Bearer {self._token}", "Idempotency-Key": key},
                )

            yield f"{slot['professional']} {slot['starts_at']}", post
