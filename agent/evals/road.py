"""The product's own processes for plays: web, worker and dispatcher, as `make run` starts them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from dentalogic.embedded.child import Child
from dentalogic.embedded.programs import programs
from dentalogic.sandbox.client import free_port

START_SECONDS = 60.0
STOP_SECONDS = 15.0
WEB, WORKER, DISPATCHER = "web", "worker", "dispatcher"


class NotStarted(Exception):
    """A process of the product did not come up; the message has its last words."""


class Road:
    """Processes in one environment, with logs in `folder`; all of them end with the block."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **environment,
            "PORT": port,
            "PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }
        # The sandbox is no part of the product, and is shared by all roads.
        chosen = programs({**self.environment, "SANDBOX": "0", "SANDBOX_PORT": "0"})
        self._children = {
            program.name: Child(program, logs=folder, env=self.environment) for program in chosen
        }

    def start(self, *names: str) -> None:
        """Start these processes; the web answers when this returns."""
        for name in names:
            self._children[name].start()
        if WEB in names:
            self._wait_for_web()

    def kill(self, name: str) -> None:
        """Take a process down at once, as the kernel does when memory is short."""
        self._children[name].end(0)

    def stop(self, name: str) -> int:
        """Ask a process to end, as an engine does, and return the code with which it ended."""
        self.ask_to_end(name)
        child = self._children[name]
        child.end(STOP_SECONDS)
        assert child.code is not None
        return child.code

    def ask_to_end(self, name: str) -> None:
        """Ask, and don't wait."""
        self._children[name].ask_to_end()

    def kill_worker(self) -> None:
        """Kill the worker in the middle of whatever it does, and start another one."""
        self.kill(WORKER)
        self.start(WORKER)

    def last_words(self) -> str:
        return "\n".join(child.last_words() for child in self._children.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children.values():
            child.ask_to_end()
        for child in self._children.values():
            child.end(STOP_SECONDS)

    def _wait_for_web(self) -> None:
        web = self._children[WEB]
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and web.code is None:
            try:
                answer = httpx.get(f"{self.url}/healthz", trust_env=False, timeout=5)
                if answer.status_code == HTTPStatus.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise NotStarted(web.last_words())
