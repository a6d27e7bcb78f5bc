"""`GET, POST /webhooks/whatsapp/meta/`: verified over the raw body, stored, then acknowledged.

A plain ASGI application beside Django: a webhook costs a signature, a parse and its share of a
commit. Everything else happens later, from the inbox.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import orjson
import psycopg
from django.conf import settings
from psycopg_pool import PoolTimeout

from whatsapp.counters import count
from whatsapp.envelope import Envelope, Item, Unreadable, open_envelope
from whatsapp.keeping import Keeper, NotKept, logger, open_pool
from whatsapp.linebook import LineBook, LineEntry
from whatsapp.seen import Seen

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

META = "meta"
SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})\Z")
LONGEST_CHALLENGE = 1000


class _Refused(Exception):
    """An answer other than 200. `code` names the problem."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Intake:
    """The connections and lanes that serve one event loop."""

    def __init__(self) -> None:
        self.pool = open_pool()
        self.seen = Seen()
        self.lines = LineBook(self.pool, META)
        self.keeper = Keeper(META, self.pool, self.seen)
        self._opening: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Start the pool once. Needs no database yet."""
        if self._opening is None:
            self._opening = asyncio.create_task(self.pool.open())
        await asyncio.shield(self._opening)

    async def close(self) -> None:
        await self.pool.close()
        await self.seen.close()


_intakes: dict[asyncio.AbstractEventLoop, Intake] = {}


def _intake() -> Intake:
    loop = asyncio.get_running_loop()
    found = _intakes.get(loop)
    if found is None:
        found = _intakes[loop] = Intake()
    return found


async def open_ingress() -> None:
    """Make the server ready for its first webhook: for the start of its lifespan."""
    await _intake().ready()
    # What is loaded by now stays for good. Left to the collector, each full pass over it stops
    # the loop for some 60 ms, and that pause was the slowest percent of all webhooks.
    gc.collect()
    gc.freeze()


async def close_ingress() -> None:
    """Give back this loop's connections: for the end of the server's lifespan."""
    found = _intakes.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


async def meta_webhook(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request of Meta."""
    try:
        match scope["method"]:
            case "POST":
                await _take(scope, receive)
                await _answer(send, 200, b"")
            case "GET" | "HEAD":
                await _answer(send, 200, _challenge(scope), kind=b"text/plain; charset=utf-8")
            case _:
                raise _Refused(405, "method-not-allowed")
    except _Refused as refused:
        count(refused.code.replace("-", "_"))
        await _refuse(send, refused)
    except _HungUp:
        return


class _HungUp(Exception):
    """The client went away before the end of its body."""


async def _take(scope: Scope, receive: Receive) -> None:
    length, signature = _headers(scope["headers"])
    if length > settings.WHATSAPP_MAX_BODY:
        raise _Refused(413, "body-too-large")
    if signature is None:
        raise _Refused(401, "bad-signature")
    raw = await _body(receive)
    intake = _intake()
    if intake.pool.closed:
        await intake.ready()
    try:
        await _sort(intake, raw, signature)
    except (NotKept, psycopg.Error, PoolTimeout, OSError):
        raise _Refused(503, "dependency-away") from None


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[int, bytes | None]:
    """Return the announced length and the signature's hexadecimal digits."""
    length, signature = 0, None
    for name, value in headers:
        if name == b"x-hub-signature-256":
            found = SIGNATURE.match(value.strip().lower())
            signature = found and found[1]
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return length, signature


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        part = message.get("body", b"")
        size += len(part)
        if size > settings.WHATSAPP_MAX_BODY:
            raise _Refused(413, "body-too-large")
        if not message.get("more_body", False):
            return b"".join([*parts, part]) if parts else part
        parts.append(part)


def _verifies(secret: bytes, raw: bytes, signature: bytes) -> bool:
    digest = hmac.digest(secret, raw, "sha256").hex().encode()
    return hmac.compare_digest(digest, signature)


async def _sort(intake: Intake, raw: bytes, signature: bytes) -> None:
    """Give each item to the clinic of its number; return once all of them are committed."""
    ours = any(
        _verifies(secret.encode(), raw, signature) for secret in settings.WHATSAPP_APP_SECRETS
    )
    envelope = open_envelope(raw)
    if not envelope.items and not ours:
        raise _Refused(401, "bad-signature")
    lines = await intake.lines.find({item.external_id for item in envelope.items})
    trusted = {
        line.external_id
        for line in lines.values()
        if (ours if line.secret is None else _verifies(line.secret, raw, signature))
    }
    if not ours and not trusted:
        raise _Refused(401, "bad-signature")
    by_clinic, strays, refused = _deal(envelope, lines, trusted, ours=ours)
    if refused:
        count("refused_item", refused)
        logger.warning("items_refused", items=refused)
        if not by_clinic and not strays:
            raise _Refused(401, "bad-signature")
    stored = [
        intake.keeper.keep(lines[items[0].external_id], items) for items in by_clinic.values()
    ]
    if strays:
        stored.append(asyncio.ensure_future(intake.keeper.quarantine(strays)))
    if len(stored) == 1:
        await stored[0]
        return
    # All of them end before the answer; one clinic's failure doesn't undo another's commit.
    for outcome in await asyncio.gather(*stored, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def _deal(
    envelope: Envelope, lines: dict[str, LineEntry], trusted: set[str], *, ours: bool
) -> tuple[dict[object, list[Item]], list[Unreadable], int]:
    """Split an envelope into items by clinic, strays for the quarantine, and how many are refused.

    What no line vouches for is kept only on the word of the deployment's own secret.
    """
    by_clinic: dict[object, list[Item]] = {}
    strays = list(envelope.unreadable) if ours else []
    refused = 0 if ours else len(envelope.unreadable)
    for item in envelope.items:
        line = lines.get(item.external_id)
        if line is None and ours:
            body = b'{"kind":%b,"item_id":%b,"body":%b}' % (
                orjson.dumps(item.kind),
                orjson.dumps(item.item_id),
                item.body,
            )
            strays.append(Unreadable("unknown_number", body, item.external_id))
        elif line is None or item.external_id not in trusted:
            refused += 1
        else:
            by_clinic.setdefault(line.clinic_id, []).append(item)
    return by_clinic, strays, refused


def _challenge(scope: Scope) -> bytes:
    """Return Meta's challenge to who knows the verify token."""
    query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
    token = query.get("hub.verify_token", [""])[0]
    challenge: str = query.get("hub.challenge", [""])[0]
    known: str = settings.WHATSAPP_VERIFY_TOKEN
    good = hmac.compare_digest(
        hashlib.sha256(token.encode()).digest(), hashlib.sha256(known.encode()).digest()
    )
    asked = query.get("hub.mode") == ["subscribe"] and 0 < len(challenge) <= LONGEST_CHALLENGE
    if not (known and good and asked):
        raise _Refused(403, "not-allowed")
    return challenge.encode()


_TITLES = {
    401: "La firma no es válida.",
    403: "No tenés permiso para hacer esto.",
    405: "Ese método no se acepta acá.",
    413: "El cuerpo es demasiado grande.",
    503: "Un servicio no responde. Probá de nuevo en unos segundos.",
}


async def _refuse(send: Send, refused: _Refused) -> None:
    title = _TITLES[refused.status]
    problem = {
        "type": f"urn:dentalogic:problem:{refused.code}",
        "title": title,
        "status": refused.status,
        "detail": title,
    }
    more = {405: [(b"allow", b"GET, POST")], 503: [(b"retry-after", b"2")]}
    await _answer(
        send,
        refused.status,
        orjson.dumps(problem),
        kind=b"application/problem+json",
        more=more.get(refused.status, []),
    )


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    kind: bytes = b"text/plain",
    more: list[tuple[bytes, bytes]] | None = None,
) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *(more or ()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
