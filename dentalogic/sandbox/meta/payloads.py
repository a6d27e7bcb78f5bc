"""Webhook payloads in Meta's shape."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from dentalogic.sandbox.meta.chats import Chat, ChatMessage, Line, digits


def envelope(line: Line, value: dict[str, Any]) -> dict[str, Any]:
    """Wrap a value of the field ``messages``."""
    metadata = {
        "display_phone_number": digits(line.display_phone_number),
        "phone_number_id": line.phone_number_id,
    }
    change = {
        "value": {"messaging_product": "whatsapp", "metadata": metadata} | value,
        "field": "messages",
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": line.waba_id, "changes": [change]}],
    }


def inbound(line: Line, chat: Chat, message: dict[str, Any], *, hide_phone: bool) -> dict[str, Any]:
    """Return the webhook of a patient's message.

    A user with a business-scoped id may hide the phone: then ``wa_id`` and ``from`` are missing.
    """
    contact: dict[str, Any] = {"profile": {"name": chat.name}}
    sender: dict[str, Any] = {}
    if not hide_phone:
        contact["wa_id"] = sender["from"] = chat.user
    if chat.bsuid:
        contact["user_id"] = sender["from_user_id"] = chat.bsuid
    return envelope(line, {"contacts": [contact], "messages": [sender | message]})


def status(
    line: Line,
    chat: Chat,
    message: ChatMessage,
    name: str,
    timestamp: int,
    errors: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the webhook of a delivery state."""
    origin = "utility" if message.type == "template" else "service"
    entry: dict[str, Any] = {
        "id": message.id,
        "status": name,
        "timestamp": str(timestamp),
        "recipient_id": chat.user,
    }
    if chat.bsuid:
        entry["recipient_user_id"] = chat.bsuid
    if errors:
        entry["errors"] = errors
    else:
        token = hashlib.sha256(f"{chat.line}{chat.user}".encode()).hexdigest()[:32]
        entry["conversation"] = {"id": token, "origin": {"type": origin}}
        if name == "sent":
            entry["conversation"]["expiration_timestamp"] = str(timestamp + 86_400)
        entry["pricing"] = {
            "billable": origin == "utility",
            "pricing_model": "PMP",
            "category": origin,
            "type": "regular" if origin == "utility" else "free_customer_service",
        }
    if message.callback_data is not None:
        entry["biz_opaque_callback_data"] = message.callback_data
    return envelope(line, {"statuses": [entry]})


def signature(secret: str, raw: bytes) -> str:
    """Return the value of ``X-Hub-Signature-256``."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
