"""The business side: ``/graph/v23.0/{phone_number_id}/messages`` and the media."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.meta import payloads
from dentalogic.sandbox.meta.chats import Chat, ChatMessage, Line, digits, new_wamid, user_key
from dentalogic.sandbox.meta.errors import GraphError, failure
from dentalogic.sandbox.meta.rendering import TYPES, check_content, readable
from dentalogic.sandbox.wire import JSON, bearer

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

CALLBACK_LIMIT = 512
WINDOW = timedelta(hours=24)
REFUSED_TOKENS = {"invalid", "expired"}


def authorized_line(request: Request, phone_number_id: str) -> Line:
    """Return the line of a request whose token may use it."""
    token = bearer(request)
    if not token or token in REFUSED_TOKENS:
        raise GraphError(190, status=401)
    sandbox: Sandbox = request.app.state.sandbox
    line = sandbox.chats.lines.get(phone_number_id)
    if line is None:
        raise GraphError(100, f"Object with ID '{phone_number_id}' does not exist", subcode=33)
    if line.access_token and line.access_token != token:
        raise GraphError(190, status=401)
    return line


async def post_message(request: Request) -> Response:
    """Send a message, or mark one as read."""
    line = authorized_line(request, request.path_params["phone_number_id"])
    try:
        body = orjson.loads(await request.body())
    except ValueError:
        raise GraphError(100, "The body is not JSON") from None
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    sandbox: Sandbox = request.app.state.sandbox
    if body.get("status") == "read":
        return _mark_read(sandbox, body)
    return _send(sandbox, line, body)


def _mark_read(sandbox: Sandbox, body: dict[str, Any]) -> Response:
    message_id = body.get("message_id")
    if not isinstance(message_id, str) or not message_id.startswith("wamid."):
        raise GraphError(131009, "Invalid message_id")
    chat, message = sandbox.chats.by_message.get(message_id, (None, None))
    if chat is not None and message is not None:
        # WhatsApp marks everything up to that message.
        for one in chat.messages:
            if one.direction == "in":
                sandbox.chats.set_status(chat, one, "read")
            if one.id == message_id:
                break
        if body.get("typing_indicator"):
            chat.tell({"event": "typing", "seconds": 25})
    return JSON({"success": True})


def _send(sandbox: Sandbox, line: Line, body: dict[str, Any]) -> Response:
    address = body.get("to") or body.get("recipient")
    if not isinstance(address, str) or not address.strip():
        raise GraphError(100, "The parameter to is required.")
    kind = body.get("type", "text")
    if kind not in TYPES:
        raise GraphError(100, f"Param type must be one of {sorted(TYPES)}")
    check_content(kind, body.get(kind), sandbox.media)
    callback = body.get("biz_opaque_callback_data")
    if callback is not None and (not isinstance(callback, str) or len(callback) > CALLBACK_LIMIT):
        raise GraphError(100, "biz_opaque_callback_data must be a string of at most 512 characters")
    _keep_to_rate(line)
    chat = _recipient(sandbox, line, address, kind)
    message = ChatMessage(
        id=new_wamid(chat.user),
        direction="out",
        type=kind,
        text=readable(kind, body[kind]),
        at=sandbox.clock.stamp(),
        status="pending",
        payload=body,
        callback_data=callback,
    )
    if kind == "reaction":
        chat.tell({"event": "reaction", **body[kind]})
    sandbox.chats.keep(chat, message)
    sandbox.webhooks.later(_report(sandbox, line, chat, message))
    contact = {"input": address, "wa_id": chat.user}
    if chat.bsuid:
        contact["user_id"] = chat.bsuid
    return JSON(
        {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": message.id}]
            if kind != "template"
            else [{"id": message.id, "message_status": "accepted"}],
        }
    )


def _keep_to_rate(line: Line) -> None:
    now = time.monotonic()
    if line.messages_per_second:
        recent = sum(1 for at in line.sent_at if now - at < 1)
        if recent >= line.messages_per_second:
            raise GraphError(130429, "Message failed to send because of too many messages")
    line.sent_at.append(now)


def _recipient(sandbox: Sandbox, line: Line, address: str, kind: str) -> Chat:
    """Return the chat; refuse the unknown, and free text outside of the 24-hour window."""
    known = sandbox.chats.find(line.phone_number_id, address)
    phone = digits(address)
    if known is None and not (re.fullmatch(r"[1-9]\d{9,14}", phone) and phone == user_key(address)):
        raise GraphError(131030, "The recipient phone number is not in the allowed list")
    if known is not None and not known.reachable:
        raise GraphError(131030, "The recipient phone number is not in the allowed list")
    if kind != "template":
        last = known.last_inbound if known else None
        if last is None or sandbox.clock.now() - last > WINDOW:
            raise GraphError(
                131047,
                "Message failed to send because more than 24 hours have passed since the customer "
                "last replied to this number",
            )
    return known or sandbox.chats.open(line.phone_number_id, address)


async def _report(sandbox: Sandbox, line: Line, chat: Chat, message: ChatMessage) -> None:
    """Tell the product what became of a message: sent, delivered, read, or failed."""
    pause = sandbox.config.status_seconds
    # The answer to the request goes out before the first report.
    await asyncio.sleep(min(pause, 0.02))
    planned = _planned_failure(sandbox, chat)
    if planned is not None:
        code = int(planned["code"])
        sandbox.chats.set_status(chat, message, "failed", code)
        errors = [failure(code, str(planned.get("details", "")))]
        stamp = int(sandbox.clock.now().timestamp())
        reported = payloads.status(line, chat, message, "failed", stamp, errors)
        await sandbox.webhooks.send(line, reported)
        return
    for name in sandbox.statuses:
        sandbox.chats.set_status(chat, message, name)
        stamp = int(sandbox.clock.now().timestamp())
        await sandbox.webhooks.send(line, payloads.status(line, chat, message, name, stamp))
        await asyncio.sleep(pause)


def _planned_failure(sandbox: Sandbox, chat: Chat) -> dict[str, Any] | None:
    for plan in sandbox.chats.failing:
        if not plan.get("to") or user_key(str(plan["to"])) in {chat.user, chat.bsuid}:
            plan["times"] -= 1
            if plan["times"] <= 0:
                sandbox.chats.failing.remove(plan)
            return plan
    return None


async def show_object(request: Request) -> Response:
    """Serve ``GET /{id}``: a medium's metadata or a line's data."""
    if not bearer(request) or bearer(request) in REFUSED_TOKENS:
        raise GraphError(190, status=401)
    sandbox: Sandbox = request.app.state.sandbox
    object_id = request.path_params["object_id"]
    line = sandbox.chats.lines.get(object_id)
    if line is not None:
        return JSON(
            {
                "id": line.phone_number_id,
                "display_phone_number": line.display_phone_number,
                "verified_name": line.name,
                "quality_rating": "GREEN",
                "platform_type": "CLOUD_API",
            }
        )
    medium = sandbox.media.get(object_id)
    return JSON(sandbox.media.describe(medium, str(request.base_url)))


async def delete_object(request: Request) -> Response:
    """Delete a medium."""
    if not bearer(request) or bearer(request) in REFUSED_TOKENS:
        raise GraphError(190, status=401)
    sandbox: Sandbox = request.app.state.sandbox
    sandbox.media.get(request.path_params["object_id"])
    del sandbox.media.items[request.path_params["object_id"]]
    return JSON({"success": True})
