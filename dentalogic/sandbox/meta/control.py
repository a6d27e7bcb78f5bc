"""Levers for tests and demos: lines, planned failures, raw webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.meta.chats import ChatMessage, Line
from dentalogic.sandbox.meta.phone import chosen_line
from dentalogic.sandbox.wire import JSON, BadInput, number_of, read_object, text_of, whole_of

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

STATUSES = ("sent", "delivered", "read")


async def add_line(request: Request) -> Response:
    """Register or change a line: ``{phone_number_id, display_phone_number, webhook_url?, name?}``.

    ``app_secret`` and ``access_token`` give it secrets of its own; ``messages_per_second`` a rate.
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_object(request)
    line = line_from(body)
    sandbox.chats.lines[line.phone_number_id] = line
    sandbox.chats.changes += 1
    return JSON(line.public(), status_code=201)


def line_from(body: dict[str, Any]) -> Line:
    """Read a line from JSON."""
    return Line(
        phone_number_id=text_of(body, "phone_number_id"),
        display_phone_number=text_of(body, "display_phone_number"),
        name=text_of(body, "name", needed=False, default="Clínica"),
        webhook_url=text_of(body, "webhook_url", needed=False),
        app_secret=text_of(body, "app_secret", needed=False),
        access_token=text_of(body, "access_token", needed=False),
        messages_per_second=number_of(body, "messages_per_second", 0),
    )


async def list_lines(request: Request) -> Response:
    """List the lines."""
    sandbox: Sandbox = request.app.state.sandbox
    return JSON({"lines": [line.public() for line in sandbox.chats.lines.values()]})


async def plan_failure(request: Request) -> Response:
    """Let accepted messages fail afterwards: ``{code, to?, times?, details?}``."""
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_object(request)
    plan = {
        "code": int(number_of(body, "code", 131026)),
        "to": text_of(body, "to", needed=False),
        "times": int(number_of(body, "times", 1)),
        "details": text_of(body, "details", needed=False),
    }
    sandbox.chats.failing.append(plan)
    return JSON(plan, status_code=201)


async def set_statuses(request: Request) -> Response:
    """Choose which delivery states are reported: ``{"statuses": ["sent"]}``."""
    sandbox: Sandbox = request.app.state.sandbox
    wanted = (await read_object(request)).get("statuses")
    if not isinstance(wanted, list) or not all(name in STATUSES for name in wanted):
        raise BadInput(f"statuses must be a list out of {', '.join(STATUSES)}")
    sandbox.statuses = tuple(wanted)
    return JSON({"statuses": wanted})


async def inject(request: Request) -> Response:
    """Post a raw body to the product as it is, signed.

    ``?signature=good|bad|none``, ``?line=``, ``?url=``, ``?times=`` (one after the other) and
    ``?parallel=1`` (all at once). The answer lists what the product said.
    """
    sandbox: Sandbox = request.app.state.sandbox
    query = request.query_params
    line = chosen_line(sandbox, query.get("line", ""))
    raw = await request.body()
    headers = sandbox.webhooks.headers(line, raw)
    wish = query.get("signature", "good")
    if wish == "none":
        del headers["X-Hub-Signature-256"]
    elif wish == "bad":
        headers["X-Hub-Signature-256"] = "sha256=" + "0" * 64
    elif wish != "good":
        raise BadInput("signature must be good, bad or none")
    target = query.get("url") or line.webhook_url or sandbox.config.webhook_url
    times = min(whole_of(query.get("times"), "times", 1, least=1), 200)
    _remember(sandbox, raw)
    posts = (sandbox.webhooks.post(target, raw, headers) for _ in range(times))
    if query.get("parallel"):
        answers = await asyncio.gather(*posts)
    else:
        answers = [await post for post in posts]
    first = answers[0]
    return JSON({"status": first.status, "body": first.body, "all": [asdict(a) for a in answers]})


def _remember(sandbox: Sandbox, raw: bytes) -> None:
    """Open the 24-hour window of whoever an injected payload says has written."""
    try:
        for entry in orjson.loads(raw)["entry"]:
            for change in entry["changes"]:
                value = change["value"]
                line = str(value["metadata"]["phone_number_id"])
                for message in value.get("messages", []):
                    _remember_message(sandbox, line, message)
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # poisoned on purpose: nothing to remember


def _remember_message(sandbox: Sandbox, line: str, message: dict[str, Any]) -> None:
    sender = str(message.get("from") or message.get("from_user_id") or "")
    message_id = str(message["id"])
    if not sender or line not in sandbox.chats.lines or message_id in sandbox.chats.by_message:
        return
    chat = sandbox.chats.open(line, sender)
    kind = str(message.get("type", "unsupported"))
    content = message.get(kind)
    words = str(content.get("body", "")) if isinstance(content, dict) else ""
    stamp = sandbox.clock.stamp()
    kept = ChatMessage(message_id, "in", kind, words, stamp, "delivered", message)
    sandbox.chats.keep(chat, kept)


async def deliveries(request: Request) -> Response:
    """List the latest webhook posts, without their bodies."""
    sandbox: Sandbox = request.app.state.sandbox
    return JSON({"deliveries": list(sandbox.webhooks.log)})
