"""Faults on demand: make a vendor slow, wrong, silent or absurd for the next requests."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dentalogic.sandbox.wire import JSON, BadInput, number_of, read_object, text_of

PREFIXES = {
    "google": ("/calendar/v3/", "/token"),
    "openai": ("/v1/",),
    "whatsapp": ("/graph/",),
}
STATUSES = range(400, 600)
LONGEST_SECONDS = 120
SERVER_ERRORS = 500
GARBAGE = b"<html><body>\xff\xfeBad gateway?"


@dataclass(slots=True)
class Fault:
    """One fault. ``after`` lets the vendor do its work and loses only the answer."""

    id: int
    vendor: str
    status: int = 0
    delay: float = 0.0
    drop: bool = False
    garbage: bool = False
    after: bool = False
    times: int = 1
    path: str = ""
    method: str = ""
    retry_after: int | None = None
    hits: int = 0


class Faults:
    """The faults that wait for a request, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, body: dict[str, Any]) -> Fault:
        """Register a fault from its JSON; raise `BadInput` for what makes no sense."""
        unknown = set(body) - (set(Fault.__dataclass_fields__) - {"id", "hits"})
        if unknown:
            raise BadInput(f"unknown fields: {', '.join(sorted(unknown))}")
        vendor = text_of(body, "vendor")
        if vendor not in PREFIXES:
            raise BadInput(f"vendor must be one of {', '.join(sorted(PREFIXES))}")
        fault = Fault(
            id=next(self._numbers),
            vendor=vendor,
            status=int(number_of(body, "status", 0)),
            delay=number_of(body, "delay", 0),
            drop=bool(body.get("drop")),
            garbage=bool(body.get("garbage")),
            after=bool(body.get("after")),
            times=int(number_of(body, "times", 1)),
            path=text_of(body, "path", needed=False),
            method=text_of(body, "method", needed=False).upper(),
            retry_after=int(number_of(body, "retry_after", 0)) or None,
        )
        if fault.status and fault.status not in STATUSES:
            raise BadInput("status must be from 400 to 599")
        if not 0 <= fault.delay <= LONGEST_SECONDS:
            raise BadInput("delay must be from 0 to 120 seconds")
        if fault.times < 1:
            raise BadInput("times must be 1 or more")
        if not (fault.status or fault.delay or fault.drop or fault.garbage):
            raise BadInput("say what goes wrong: status, delay, drop or garbage")
        self.waiting.append(fault)
        return fault

    def take(self, path: str, method: str) -> Fault | None:
        """Use up one occurrence of the first fault that fits the request."""
        for fault in self.waiting:
            if not path.startswith(PREFIXES[fault.vendor]) or fault.path not in path:
                continue
            if fault.method and fault.method != method:
                continue
            fault.hits += 1
            if fault.hits >= fault.times:
                self.waiting.remove(fault)
            return fault
        return None


def vendor_error(vendor: str, status: int) -> dict[str, Any]:
    """Return the vendor's own JSON for a refused request."""
    if vendor == "google":
        reason = {401: "authError", 403: "rateLimitExceeded", 404: "notFound"}
        reason |= {429: "rateLimitExceeded", 410: "fullSyncRequired"}
        name = reason.get(status, "backendError" if status >= SERVER_ERRORS else "badRequest")
        detail = {"domain": "global", "reason": name, "message": "Injected fault"}
        return {"error": {"code": status, "message": "Injected fault", "errors": [detail]}}
    if vendor == "openai":
        kind = {401: "invalid_request_error", 429: "rate_limit_exceeded"}.get(status)
        kind = kind or ("server_error" if status >= SERVER_ERRORS else "invalid_request_error")
        return {"error": {"message": "Injected fault", "type": kind, "param": None, "code": kind}}
    code = {401: 190, 429: 130429, 403: 10, 503: 131016}.get(status)
    code = code or (131000 if status >= SERVER_ERRORS else 100)
    return {
        "error": {
            "message": f"(#{code}) Injected fault",
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": "Injected fault"},
            "fbtrace_id": "sandbox",
        }
    }


class FaultMiddleware:
    """Apply the waiting faults to the vendors' paths; the rest passes untouched."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self.faults.waiting:
            await self.app(scope, receive, send)
            return
        fault = self.faults.take(scope["path"], scope["method"])
        if fault is None:
            await self.app(scope, receive, send)
            return
        if fault.after:
            await self._work_in_silence(scope, receive)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop:
            await _hang_up(scope)
        elif fault.garbage:
            await Response(GARBAGE, media_type="application/json")(scope, receive, send)
        elif fault.status:
            headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else None
            body = orjson.dumps(vendor_error(fault.vendor, fault.status))
            answer = Response(body, fault.status, headers, "application/json")
            await answer(scope, receive, send)
        elif not fault.after:
            await self.app(scope, receive, send)
        else:
            await _hang_up(scope)

    async def _work_in_silence(self, scope: Scope, receive: Receive) -> None:
        async def swallow(_message: Message) -> None:
            return

        await self.app(scope, receive, swallow)


async def _hang_up(scope: Scope) -> None:
    """Close the connection without a single byte of an answer."""
    scope["sandbox.transport"].abort()
    await asyncio.sleep(0.01)  # the server hears of it in the loop's next turns


async def add_fault(request: Request) -> Response:
    """Register a fault."""
    faults: Faults = request.app.state.sandbox.faults
    return JSON(asdict(faults.add(await read_object(request))), status_code=201)


async def list_faults(request: Request) -> Response:
    """List the faults that still wait."""
    faults: Faults = request.app.state.sandbox.faults
    return JSON({"faults": [asdict(fault) for fault in faults.waiting]})


async def clear_faults(request: Request) -> Response:
    """Forget all faults, or the one of ``?id=``."""
    faults: Faults = request.app.state.sandbox.faults
    wanted = request.query_params.get("id")
    kept = [fault for fault in faults.waiting if wanted and str(fault.id) != wanted]
    faults.waiting[:] = kept
    return Response(status_code=204)
