"""A really started sandbox, and a stand-in for the product that receives its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dentalogic.sandbox.client import SandboxProcess

SECRET = "the-first-secret"


@dataclass
class Received:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def value(self) -> Any:
        return self.json["entry"][0]["changes"][0]["value"]

    @property
    def signed(self) -> bool:
        digest = hmac.new(SECRET.encode(), self.raw, hashlib.sha256).hexdigest()
        return self.headers.get("X-Hub-Signature-256") == "sha256=" + digest


@dataclass
class Receiver:
    """A web server that keeps what it gets, and answers what a test plans (else 200)."""

    url: str = ""
    inbox: queue.Queue[Received] = field(default_factory=queue.Queue)
    planned: list[int] = field(default_factory=list)

    def next(self, wanted: Callable[[Received], bool] = lambda _one: True) -> Received:
        """Return the next request that fits, dropping others."""
        while True:
            one = self.inbox.get(timeout=10)
            if wanted(one):
                return one

    def status(self, message_id: str, name: str) -> Any:
        """Return the status report of a message."""
        found = self.next(
            lambda one: any(
                status["id"] == message_id and status["status"] == name
                for status in one.value.get("statuses", [])
            )
        )
        return found.value["statuses"][0]


@pytest.fixture(scope="session")
def receiver_server() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.inbox.put(Received(self.path, dict(self.headers), raw))
            self.send_response(receiver.planned.pop(0) if receiver.planned else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/whatsapp/meta/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def receiver(receiver_server: Receiver) -> Receiver:
    """The receiver, emptied."""
    while not receiver_server.inbox.empty():
        receiver_server.inbox.get_nowait()
    receiver_server.planned.clear()
    return receiver_server


@pytest.fixture(scope="session")
def sandbox_process(receiver_server: Receiver) -> Iterator[SandboxProcess]:
    with SandboxProcess(
        webhook_url=receiver_server.url,
        app_secret=f"{SECRET},the-old-secret",
        SANDBOX_RETRY_SECONDS="0.02",
        SANDBOX_STATUS_SECONDS="0.01",
    ) as process:
        assert isinstance(process, SandboxProcess)
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """The running sandbox; what a test switched on is switched off after it."""
    yield sandbox_process
    sandbox_process.clear_faults()
    sandbox_process.clear_script()
    sandbox_process.release()
    sandbox_process.clock(0)
    sandbox_process.statuses("sent", "delivered", "read")


_numbers = itertools.count(5491160000001)


@pytest.fixture
def patient() -> str:
    """A phone number nobody used before."""
    return str(next(_numbers))
