"""Taking a webhook of Meta apart: which items it brings, for which business numbers.

Nothing is understood here beyond what is needed to store an item: pure, and never surprised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

OBJECT = "whatsapp_business_account"
LONGEST_ID = 200
MESSAGE, STATUS, UNKNOWN = "message", "status", "unknown"


@dataclass(frozen=True, slots=True)
class Item:
    """A message or a status, ready to be stored. `body` is JSON text that PostgreSQL accepts."""

    external_id: str
    item_id: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a webhook that can't be given to any clinic."""

    reason: str
    body: bytes
    external_id: str = ""


@dataclass(slots=True)
class Envelope:
    """What one webhook holds."""

    items: list[Item] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def open_envelope(raw: bytes) -> Envelope:
    """Split a body into items. Another shape ends in `unreadable`, its neighbours don't."""
    found = Envelope()
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found.unreadable.append(Unreadable("not_json", raw))
        return found
    if b"\\u0000" in raw:
        document = _without_nul(document)
    if not isinstance(document, dict):
        found.unreadable.append(Unreadable("not_an_object", raw))
        return found
    entries = document.get("entry")
    if document.get("object") != OBJECT or not isinstance(entries, list) or not entries:
        found.unreadable.append(Unreadable("unknown_shape", raw))
        return found
    for entry in entries:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list) or not changes:
            found.unreadable.append(Unreadable("unknown_shape", _json(entry, raw)))
            continue
        for change in changes:
            _open_change(change, raw, found)
    return found


def _open_change(change: Any, raw: bytes, found: Envelope) -> None:
    value = change.get("value") if isinstance(change, dict) else None
    metadata = value.get("metadata") if isinstance(value, dict) else None
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    if not isinstance(value, dict) or not isinstance(number, str) or not number:
        found.unreadable.append(Unreadable("unknown_shape", _json(change, raw)))
        return
    messages = value.get("messages") or []
    statuses = value.get("statuses") or []
    readable = isinstance(messages, list) and isinstance(statuses, list)
    if not readable or not (messages or statuses):
        found.unreadable.append(Unreadable("unknown_shape", _json(change, raw), number[:80]))
        return
    for message in messages:
        content = {"message": message, "contact": _contact(value.get("contacts"), message)}
        identifier = message.get("id") if isinstance(message, dict) else None
        _add(found, number, identifier, MESSAGE, content, raw)
    for status in statuses:
        identifier = None
        if isinstance(status, dict) and isinstance(status.get("id"), str):
            # Each state of a message is news of its own.
            identifier = f"{status['id']}:{status.get('status')}"
        _add(found, number, identifier, STATUS, {"status": status}, raw)


def _add(
    found: Envelope, number: str, identifier: Any, kind: str, content: dict[str, Any], raw: bytes
) -> None:
    try:
        body = orjson.dumps(content)
    except orjson.JSONEncodeError:  # nested beyond what can be written again
        found.unreadable.append(Unreadable("too_deep", raw, number[:80]))
        return
    if not isinstance(identifier, str) or not identifier:
        identifier, kind = "sha256:" + hashlib.sha256(body).hexdigest(), UNKNOWN
    elif len(identifier) > LONGEST_ID:
        identifier = "sha256:" + hashlib.sha256(identifier.encode()).hexdigest()
    found.items.append(Item(number, identifier, kind, body))


def _contact(contacts: Any, message: Any) -> dict[str, Any]:
    """Return the contact that a message of the same change belongs to."""
    if not isinstance(contacts, list) or not isinstance(message, dict):
        return {}
    known = [one for one in contacts if isinstance(one, dict)]
    if len(known) > 1:
        sender, user = message.get("from"), message.get("from_user_id")
        for one in known:
            if (sender and one.get("wa_id") == sender) or (user and one.get("user_id") == user):
                return one
        return {}
    return known[0] if known else {}


def _json(part: Any, raw: bytes) -> bytes:
    try:
        return orjson.dumps(part)
    except orjson.JSONEncodeError:
        return raw


def _without_nul(value: Any) -> Any:
    """Drop U+0000, which JSON may carry and PostgreSQL can't store."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {key.replace("\0", ""): _without_nul(one) for key, one in value.items()}
    return value
