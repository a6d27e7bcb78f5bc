"""Scripted answers, barriers and the list of requests: what tests hold the model with."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.wire import JSON, BadInput, number_of, read_object, text_of, whole_of

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

REQUESTS_KEPT = 120


@dataclass(slots=True)
class Script:
    """Answers for the calls that contain a text, used up in order."""

    match: str
    answers: deque[dict[str, Any]]


@dataclass(slots=True)
class Barrier:
    """A place where the next matching call waits; ``times`` calls may be held."""

    match: str
    times: int
    arrived: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)


class Director:
    """What the model shall say, and what it was asked."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.barriers: list[Barrier] = []
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)
        self.count = 0

    def answer_for(self, text: str) -> dict[str, Any] | None:
        """Use up the next scripted answer that fits a call."""
        for script in self.scripts:
            if script.match in text and script.answers:
                answer = script.answers.popleft()
                if not script.answers:
                    self.scripts.remove(script)
                return answer
        return None

    async def wait_at_barrier(self, text: str) -> None:
        """Hold a call at the first barrier that fits it and has room."""
        for barrier in self.barriers:
            if barrier.match in text and barrier.arrived < barrier.times:
                barrier.arrived += 1
                barrier.reached.set()
                await barrier.gate.wait()
                return


def text_of_call(body: dict[str, Any]) -> str:
    """Return all words of a call, to match scripts and barriers against."""
    parts: list[str] = [str(body.get("user") or "")]
    for message in body.get("messages", []):
        content = message.get("content")
        if isinstance(content, str):
            parts.append(content)
        elif isinstance(content, list):
            parts += [str(part.get("text", "")) for part in content if isinstance(part, dict)]
    return "\n".join(parts)


def _director(request: Request) -> Director:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox.director


async def add_script(request: Request) -> Response:
    """Script answers: ``{"answers": [...], "match": "text in the prompt or the messages"}``.

    An answer is an assistant message (``{content, tool_calls}``), ``{"status": 500}``,
    ``{"raw": "garbage"}`` or ``{"delay": 2, …}``. A tool call may be short:
    ``{"name": "…", "arguments": {…} or "text"}``.
    """
    body = await read_object(request)
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise BadInput("answers must be a list of objects")
    match = text_of(body, "match", needed=False)
    if answers:
        _director(request).scripts.append(Script(match, deque(answers)))
    return JSON({"answers": len(answers), "match": match}, status_code=201)


async def list_scripts(request: Request) -> Response:
    """List the answers that were not asked for yet."""
    found = [{"match": one.match, "left": len(one.answers)} for one in _director(request).scripts]
    return JSON({"scripts": found})


async def clear_scripts(request: Request) -> Response:
    """Forget the scripts, or those of ``?match=``."""
    director = _director(request)
    match = request.query_params.get("match")
    director.scripts[:] = [one for one in director.scripts if match and one.match != match]
    return Response(status_code=204)


async def add_barrier(request: Request) -> Response:
    """Hold the next matching call: ``{"match": "…", "times"?: 1}``."""
    body = await read_object(request)
    barrier = Barrier(text_of(body, "match", needed=False), int(number_of(body, "times", 1)))
    _director(request).barriers.append(barrier)
    return JSON({"match": barrier.match}, status_code=201)


async def show_barrier(request: Request) -> Response:
    """Say how many calls wait: ``?match=&wait=seconds`` waits for the first to arrive."""
    director = _director(request)
    match = request.query_params.get("match", "")
    wait = min(whole_of(request.query_params.get("wait"), "wait", 0), 60)
    barrier = next((one for one in director.barriers if one.match == match), None)
    if barrier is None:
        return JSON({"error": "no such barrier"}, status_code=404)
    if wait:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(barrier.reached.wait(), wait)
    return JSON({"match": match, "waiting": barrier.arrived})


async def release_barrier(request: Request) -> Response:
    """Let the held calls go on: ``{"match"?: "…"}``, without it all of them."""
    body = await read_object(request)
    director = _director(request)
    wanted = body.get("match")
    released = [one for one in director.barriers if wanted is None or one.match == wanted]
    for barrier in released:
        barrier.gate.set()
        director.barriers.remove(barrier)
    return JSON({"released": sum(one.arrived for one in released)})


async def list_requests(request: Request) -> Response:
    """List the latest calls, newest last: ``?match=&limit=``."""
    director = _director(request)
    match = request.query_params.get("match", "")
    limit = whole_of(request.query_params.get("limit"), "limit", REQUESTS_KEPT, least=1)
    found = [one for one in director.requests if match in text_of_call(one["body"])]
    return JSON({"count": director.count, "requests": found[-limit:]})


async def clear_requests(request: Request) -> Response:
    """Forget the calls so far."""
    _director(request).requests.clear()
    return Response(status_code=204)
