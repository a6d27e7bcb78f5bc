"""Drive a running sandbox from tests, demos and evaluations; also start one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

Json = dict[str, Any]


class SandboxClient:
    """Small methods over the sandbox's HTTP; one instance may be used by several threads."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.http = httpx.Client(
            base_url=self.base_url, timeout=httpx.Timeout(70, connect=2), trust_env=False
        )

    # -- addresses for the product's settings

    @property
    def openai_url(self) -> str:
        """Return `OPENAI_BASE_URL`."""
        return self.base_url + "/v1"

    @property
    def graph_url(self) -> str:
        """Return `WHATSAPP_GRAPH_URL`."""
        return self.base_url + "/graph/v23.0"

    @property
    def calendar_url(self) -> str:
        """Return `GOOGLE_CALENDAR_URL`."""
        return self.base_url + "/calendar/v3/"

    @property
    def token_url(self) -> str:
        """Return the ``token_uri`` for a service account."""
        return self.base_url + "/token"

    # -- the patient's phone

    def line(self, phone_number_id: str, display_phone_number: str, **more: Any) -> Json:
        """Register a line; ``more``: webhook_url, name, app_secret, access_token."""
        names = {"phone_number_id": phone_number_id, "display_phone_number": display_phone_number}
        return self._post("/lines/", names | more)

    def say(
        self,
        from_: str,
        text: str | None = None,
        name: str = "Paciente",
        *,
        to: str = "",
        wait: bool = True,
        **more: Any,
    ) -> Json:
        """Send a patient's message; with ``wait`` return after the product answered the webhook.

        ``more`` is any field of ``POST /phone/messages`` (audio, image, message, id, bsuid, …).
        The answer's ``webhook.status`` is what the product said.
        """
        body = {"from": from_, "name": name, "to": to, "wait": wait} | more
        if text is not None:
            body["text"] = text
        return self._post("/phone/messages", body)

    def messages(
        self,
        user: str,
        *,
        line: str = "",
        after: int = 0,
        wait: int = 0,
        count: int = 1,
        direction: str = "",
    ) -> list[Json]:
        """Return the messages of a chat, waiting up to ``wait`` seconds for ``count`` of them."""
        query: Mapping[str, str | int] = {
            "user": user,
            "line": line,
            "after": after,
            "wait": wait,
            "count": count,
            "direction": direction,
        }
        found: list[Json] = self._get("/phone/messages", query)["messages"]
        return found

    def outbox(
        self, user: str, *, line: str = "", after: int = 0, wait: int = 0, count: int = 1
    ) -> list[Json]:
        """Return what the product sent to a user."""
        return self.messages(user, line=line, after=after, wait=wait, count=count, direction="out")

    def ask(self, from_: str, text: str, name: str = "Paciente", *, wait: int = 20) -> str:
        """Say something and return the words of the next reply, or an empty text."""
        before = len(self.messages(from_)) and self.messages(from_)[-1]["number"]
        self.say(from_, text, name)
        replies = self.outbox(from_, after=before, wait=wait)
        return str(replies[0]["text"]) if replies else ""

    def user(self, user: str, *, line: str = "", **more: Any) -> Json:
        """Change a user: ``reachable``, ``window_open``, ``name``."""
        return self._post("/phone/users/", {"user": user, "line": line} | more)

    def inject(self, payload: Json | bytes, **query: Any) -> Json:
        """Post a raw webhook; ``query``: signature, line, url, times, parallel."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self._read(self.http.post("/meta/inject", content=raw, params=query))

    def fail_later(self, code: int, *, to: str = "", times: int = 1) -> None:
        """Let the next accepted messages fail by a status webhook."""
        self._post("/meta/failures", {"code": code, "to": to, "times": times})

    def statuses(self, *names: str) -> None:
        """Choose the delivery states that are reported."""
        self._post("/meta/statuses", {"statuses": list(names)})

    def deliveries(self) -> list[Json]:
        """Return the latest webhook posts."""
        found: list[Json] = self._get("/meta/deliveries", {})["deliveries"]
        return found

    # -- the model

    def script(self, *answers: Json, match: str = "") -> None:
        """Script the model's next answers for the calls that contain ``match``."""
        self._post("/openai/script", {"answers": list(answers), "match": match})

    def clear_script(self, match: str = "") -> None:
        """Forget scripted answers."""
        self.http.delete("/openai/script", params={"match": match} if match else {})

    def barrier(self, match: str = "", *, times: int = 1) -> None:
        """Hold the next matching calls to the model."""
        self._post("/openai/barrier", {"match": match, "times": times})

    def wait_at_barrier(self, match: str = "", *, wait: int = 20) -> int:
        """Wait until a call is held, and return how many are."""
        answer = self._get("/openai/barrier", {"match": match, "wait": wait})
        return int(answer["waiting"])

    def release(self, match: str | None = None) -> int:
        """Let held calls go on."""
        body = {} if match is None else {"match": match}
        return int(self._post("/openai/barrier/release", body)["released"])

    def requests(self, match: str = "") -> list[Json]:
        """Return the latest calls to the model."""
        found: list[Json] = self._get("/openai/requests", {"match": match})["requests"]
        return found

    def transcript(self, text: str, **more: Any) -> None:
        """Register the words of a file (``sha256`` or ``data``), or of the next one."""
        self._post("/openai/transcripts", {"text": text} | more)

    # -- Google

    def calendar(self, calendar_id: str, summary: str = "", **more: Any) -> Json:
        """Make a calendar; ``more``: timeZone, accessRole."""
        names = {"id": calendar_id, "summary": summary or calendar_id}
        return self._post("/google/calendars/", names | more)

    def events(self, calendar_id: str, **query: Any) -> list[Json]:
        """Return a calendar's events, unharmed by faults."""
        answer = self._google("GET", f"/calendars/{quote(calendar_id)}/events", params=query)
        found: list[Json] = answer["items"]
        return found

    def add_event(self, calendar_id: str, summary: str, start: str, end: str, **more: Any) -> Json:
        """Add an event as a person would; dates make it last whole days."""
        kind = "dateTime" if "T" in start else "date"
        body = {"summary": summary, "start": {kind: start}, "end": {kind: end}} | more
        return self._google("POST", f"/calendars/{quote(calendar_id)}/events", json=body)

    def change_event(self, calendar_id: str, event_id: str, **fields: Any) -> Json:
        """Patch an event as a person would."""
        return self._google(
            "PATCH", f"/calendars/{quote(calendar_id)}/events/{event_id}", json=fields
        )

    def delete_event(self, calendar_id: str, event_id: str) -> None:
        """Delete an event as a person would."""
        self._google("DELETE", f"/calendars/{quote(calendar_id)}/events/{event_id}")

    def expire_sync_tokens(self, calendar_id: str = "") -> None:
        """Make the sync tokens too old."""
        self._post("/google/expire-sync-tokens/", {"calendar": calendar_id})

    # -- faults and time

    def fault(self, vendor: str, **what: Any) -> Json:
        """Switch a fault on: status, delay, drop, garbage, after, times, path, method."""
        return self._post("/faults/", {"vendor": vendor} | what)

    def faults(self) -> list[Json]:
        """Return the faults that still wait."""
        found: list[Json] = self._get("/faults/", {})["faults"]
        return found

    def clear_faults(self) -> None:
        """Forget all faults."""
        self.http.delete("/faults/")

    def clock(self, offset_seconds: float) -> None:
        """Move the sandbox's clock."""
        self._post("/clock/", {"offset_seconds": offset_seconds})

    # -- plumbing

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _google(self, method: str, path: str, **more: Any) -> Json:
        headers = {"Authorization": "Bearer ya29.sandbox-client"}
        url = "/google/page" + path
        return self._read(self.http.request(method, url, headers=headers, **more))

    def _post(self, path: str, body: Json) -> Json:
        return self._read(self.http.post(path, json=body))

    def _get(self, path: str, query: Mapping[str, str | int]) -> Json:
        return self._read(self.http.get(path, params=query))

    def _read(self, answer: httpx.Response) -> Json:
        if answer.is_error:
            raise SandboxError(f"{answer.status_code} {answer.text[:500]}")
        found: Json = answer.json() if answer.content else {}
        return found


class SandboxError(Exception):
    """The sandbox refused a request of the client."""


class SandboxProcess(SandboxClient):
    """A sandbox in a process of its own; used as a context manager it stops at the end."""

    def __init__(
        self, *, webhook_url: str, app_secret: str, port: int = 0, **environment: str
    ) -> None:
        self.app_secret = app_secret
        port = port or free_port()
        names = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "TMPDIR")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        settings = {
            "SANDBOX": "1",
            "SANDBOX_WEBHOOK_URL": webhook_url,
            "WHATSAPP_APP_SECRET": app_secret,
            "SANDBOX_STATE": "",
        }
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "dentalogic.sandbox", "--port", str(port)],
            env=inherited | settings | environment,
        )
        super().__init__(f"http://127.0.0.1:{port}")
        try:
            self._wait_until_ready()
        except SandboxError:
            self.close()
            raise

    def _wait_until_ready(self, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SandboxError(f"the sandbox ended with {self.process.returncode}")
            with suppress(httpx.TransportError):
                if self.http.get("/healthz").is_success:
                    return
            time.sleep(0.05)
        raise SandboxError("the sandbox is not ready")

    def close(self) -> None:
        """Stop the process."""
        super().close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
