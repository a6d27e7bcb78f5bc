"""The patients' side: what a phone sends, and what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dentalogic.sandbox.meta import payloads
from dentalogic.sandbox.meta.chats import Chat, ChatMessage, Line, new_wamid, user_key
from dentalogic.sandbox.meta.media import VOICE, decode_file, silent_voice_note
from dentalogic.sandbox.meta.webhooks import Delivery
from dentalogic.sandbox.wire import JSON, BadInput, number_of, read_object, text_of, whole_of

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

FILES = ("audio", "image", "document", "video", "sticker")
OTHERS = ("location", "contacts", "reaction", "interactive", "button", "unsupported", "errors")
HEARTBEAT_SECONDS = 15.0
DEFAULT_TYPES = {"image": "image/jpeg", "document": "application/pdf", "video": "video/mp4"}


def chosen_line(sandbox: Sandbox, wanted: str) -> Line:
    """Return the line by its id or number; without a wish, the first."""
    lines = sandbox.chats.lines
    if not wanted:
        return next(iter(lines.values()))
    if wanted in lines:
        return lines[wanted]
    for line in lines.values():
        if user_key(line.display_phone_number) == user_key(wanted):
            return line
    raise BadInput(f"no line {wanted}")


async def send(request: Request) -> Response:
    """Send a patient's message to the clinic.

    ``{from, name, to?, text | audio | image | … | message, id?, context?, bsuid?, hide_phone?,
    transcript?, wait?}``; with ``wait`` the answer comes after the product's.
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_object(request)
    line = chosen_line(sandbox, text_of(body, "to", needed=False))
    user = user_key(text_of(body, "from"))
    if not user:
        raise BadInput("from must be a phone number or a business-scoped id")
    chat = sandbox.chats.open(line.phone_number_id, user)
    chat.name = text_of(body, "name", needed=False) or chat.name or "Paciente"
    bsuid = text_of(body, "bsuid", needed=False)
    if bsuid:
        sandbox.chats.name_alias(chat, bsuid)
    content = _content(sandbox, body)
    message: dict[str, Any] = {
        "id": text_of(body, "id", needed=False) or new_wamid(chat.user),
        "timestamp": str(int(number_of(body, "timestamp", sandbox.clock.now().timestamp()))),
    } | content
    if isinstance(body.get("context"), dict):
        message["context"] = body["context"]
    kept = ChatMessage(
        id=message["id"],
        direction="in",
        type=message["type"],
        text=_words(body, message),
        at=sandbox.clock.stamp(),
        status="sent",
        payload=content,
    )
    sandbox.chats.keep(chat, kept)
    payload = payloads.inbound(line, chat, message, hide_phone=bool(body.get("hide_phone")))
    if not body.get("wait"):
        sandbox.webhooks.later(_hand_over(sandbox, line, chat, kept, payload))
        return JSON({"id": kept.id, "message": asdict(kept)}, status_code=202)
    delivery = await _deliver(sandbox, line, chat, kept, payload)
    return JSON({"id": kept.id, "message": asdict(kept), "webhook": asdict(delivery)})


async def _hand_over(
    sandbox: Sandbox, line: Line, chat: Chat, message: ChatMessage, payload: dict[str, Any]
) -> None:
    await _deliver(sandbox, line, chat, message, payload)


async def _deliver(
    sandbox: Sandbox, line: Line, chat: Chat, message: ChatMessage, payload: dict[str, Any]
) -> Delivery:
    delivery = await sandbox.webhooks.send(line, payload)
    if delivery.ok:
        sandbox.chats.set_status(chat, message, "delivered")
    else:
        sandbox.chats.set_status(chat, message, "failed", delivery.status)
    return delivery


def _content(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """Return type and content of the webhook's message."""
    if isinstance(body.get("message"), dict) and isinstance(body["message"].get("type"), str):
        return dict(body["message"])
    if "text" in body:
        return {"type": "text", "text": {"body": text_of(body, "text")}}
    for kind in FILES:
        if isinstance(body.get(kind), dict):
            return {"type": kind, kind: _file(sandbox, kind, body[kind], body)}
    for kind in OTHERS:
        if kind in body:
            return {"type": kind, kind: body[kind]}
    raise BadInput("say what to send: text, audio, image, document, location, message, …")


def _file(
    sandbox: Sandbox, kind: str, given: dict[str, Any], body: dict[str, Any]
) -> dict[str, Any]:
    default = VOICE if kind == "audio" else DEFAULT_TYPES.get(kind, "application/octet-stream")
    mime_type = text_of(given, "mime_type", needed=False, default=default)
    transcript = text_of(body, "transcript", needed=False)
    if kind == "audio" and "data" not in given:
        data = silent_voice_note(max(1.0, len(transcript) / 14))
    else:
        data = decode_file(given.get("data"), what=f"{kind}.data")
    medium = sandbox.media.keep(data, mime_type, text_of(given, "filename", needed=False))
    if transcript:
        sandbox.transcripts.register(medium.sha256, {"text": transcript})
    content = {"id": medium.id, "mime_type": mime_type, "sha256": medium.sha256}
    if kind == "audio":
        content["voice"] = given.get("voice", True)
    for name in ("caption", "filename") if kind == "document" else ("caption",):
        if isinstance(given.get(name), str):
            content[name] = given[name]
    return content


def _words(body: dict[str, Any], message: dict[str, Any]) -> str:
    content = message.get(message["type"])
    if isinstance(body.get("transcript"), str):
        return str(body["transcript"])
    if isinstance(content, str):
        return content
    if not isinstance(content, dict):
        return ""
    reply = content.get("button_reply") or content.get("list_reply") or content
    found = reply.get("body") or reply.get("title") or reply.get("caption") or reply.get("text")
    return str(found or reply.get("emoji") or reply.get("filename") or "")


async def history(request: Request) -> Response:
    """Return a chat: ``?user=&line=&after=&direction=&wait=``.

    With ``wait`` (seconds) it answers as soon as a message newer than ``after`` is there.
    """
    sandbox: Sandbox = request.app.state.sandbox
    query = request.query_params
    chat = _asked_chat(sandbox, request)
    after = whole_of(query.get("after"), "after", 0)
    wait = min(whole_of(query.get("wait"), "wait", 0), 60)
    least = whole_of(query.get("count"), "count", 1, least=1)
    direction = query.get("direction", "")
    until = asyncio.get_running_loop().time() + wait
    while True:
        news = chat.news
        found = [
            asdict(message)
            for message in chat.messages
            if message.number > after and direction in {"", message.direction}
        ]
        left = until - asyncio.get_running_loop().time()
        if len(found) >= least or left <= 0:
            break
        try:
            await asyncio.wait_for(news.wait(), left)
        except TimeoutError:
            continue
    return JSON({"user": chat.user, "name": chat.name, "messages": found, "last": chat.grown})


async def stream(request: Request) -> Response:
    """Show a chat live, as server-sent events; the first one is the whole history."""
    sandbox: Sandbox = request.app.state.sandbox
    chat = _asked_chat(sandbox, request)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(chat), media_type="text/event-stream", headers=headers)


async def _events(chat: Chat) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=500)
    chat.listeners.add(queue)
    try:
        yield b"retry: 1000\n\n"
        known = [asdict(message) for message in chat.messages]
        yield _event({"event": "history", "messages": known, "name": chat.name})
        while True:
            try:
                happening = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if happening["event"] == "end":
                return
            yield _event(happening)
    finally:
        chat.listeners.discard(queue)


def _event(happening: dict[str, Any]) -> bytes:
    name = str(happening["event"]).encode()
    return b"event: " + name + b"\ndata: " + orjson.dumps(happening) + b"\n\n"


def _asked_chat(sandbox: Sandbox, request: Request) -> Chat:
    line = chosen_line(sandbox, request.query_params.get("line", ""))
    user = user_key(request.query_params.get("user", ""))
    if not user:
        raise BadInput("user is missing")
    return sandbox.chats.open(line.phone_number_id, user)


async def list_chats(request: Request) -> Response:
    """List the newest chats."""
    sandbox: Sandbox = request.app.state.sandbox
    newest = list(sandbox.chats.chats.values())[:-51:-1]
    return JSON(
        {
            "chats": [
                {
                    "line": chat.line,
                    "user": chat.user,
                    "name": chat.name,
                    "messages": len(chat.messages),
                    "last": chat.messages[-1].text if chat.messages else "",
                }
                for chat in newest
                if chat.messages
            ]
        }
    )


async def set_user(request: Request) -> Response:
    """Change a user: ``{user, line?, reachable?, name?, last_inbound_hours_ago?}``."""
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_object(request)
    line = chosen_line(sandbox, text_of(body, "line", needed=False))
    chat = sandbox.chats.open(line.phone_number_id, text_of(body, "user"))
    chat.name = text_of(body, "name", needed=False) or chat.name
    chat.reachable = bool(body.get("reachable", chat.reachable))
    if "window_open" in body:
        chat.last_inbound = sandbox.clock.now() if body["window_open"] else None
    return JSON({"user": chat.user, "reachable": chat.reachable, "name": chat.name})


async def phone_media(request: Request) -> Response:
    """Show a stored file to the phone page."""
    sandbox: Sandbox = request.app.state.sandbox
    medium = sandbox.media.items.get(request.path_params["media_id"])
    if medium is None:
        return JSON({"error": "no such file"}, status_code=404)
    shown = medium.mime_type.startswith(("image/", "audio/", "video/"))
    kind = medium.mime_type if shown and "svg" not in medium.mime_type else "application/pdf"
    return Response(medium.data, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})
