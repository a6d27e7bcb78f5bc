"""What Meta's items mean. The only place that knows their shapes; anything else is refused here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

LONGEST_TEXT = 20_000

# What stands in the conversation for what can't be read as words yet.
_PLACEHOLDERS = {
    "image": "[imagen]",
    "video": "[video]",
    "audio": "[audio]",
    "voice": "[audio]",
    "document": "[documento]",
    "sticker": "[sticker]",
    "location": "[ubicación]",
    "contacts": "[contacto]",
    "order": "[pedido]",
    "unsupported": "[mensaje que WhatsApp no muestra]",
}
_OTHER = "[mensaje de otro tipo]"
# News about the chat, not words of the patient: kept, and no answer is owed.
_NO_ANSWER = frozenset({"system"})

Moment = Annotated[int, Field(ge=0, le=253_402_300_799)]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Contact(_Payload):
    """Who WhatsApp says is writing. Only the name is read, and its absence spoils nothing."""

    profile: Any = None

    @property
    def name(self) -> str:
        match self.profile:
            case {"name": str(name)}:
                return name.strip()[:120]
        return ""


class IncomingMessage(_Payload):
    """A patient's message of any type."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    type: Annotated[str, Field(min_length=1, max_length=40)]
    timestamp: Moment
    sender: Annotated[str, Field(alias="from", max_length=40)] = ""
    sender_user_id: Annotated[str, Field(alias="from_user_id", max_length=160)] = ""
    text: str
    owes_answer: bool

    @model_validator(mode="before")
    @classmethod
    def _read(cls, raw: Any) -> Any:
        """Find the words, whatever type carries them."""
        if not isinstance(raw, dict):
            raise ValueError("a message is an object")
        kind = raw.get("type")
        content = raw.get(kind) if isinstance(kind, str) else None
        return {
            name: raw[name]
            for name in ("id", "type", "timestamp", "from", "from_user_id")
            if name in raw
        } | {"text": _words(kind, content), "owes_answer": _owes_answer(kind, content)}

    @model_validator(mode="after")
    def _has_sender(self) -> IncomingMessage:
        if not (self.sender or self.sender_user_id):
            raise ValueError("a message has a sender")
        if self.sender and not (self.sender.isascii() and self.sender.isdigit()):
            raise ValueError("a phone is digits")
        return self

    @property
    def sent_at(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp, UTC)


class StatusError(_Payload):
    code: int = 0


class DeliveryReport(_Payload):
    """What became of a message of ours."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    status: Annotated[str, Field(min_length=1, max_length=40)]
    biz_opaque_callback_data: str = ""
    errors: list[StatusError] = []


class MessageBody(_Payload):
    message: IncomingMessage
    contact: Contact = Contact()


class StatusBody(_Payload):
    status: DeliveryReport


def _words(kind: Any, content: Any) -> str:
    found = ""
    match kind, content:
        case "text", {"body": str(body)}:
            found = body
        case "button", {"text": str(text)}:
            found = text
        case "interactive", {"button_reply": {"title": str(title)}}:
            found = title
        case "interactive", {"list_reply": {"title": str(title)}}:
            found = title
        case "reaction", {"emoji": str(emoji)} if emoji:
            found = f"[reacción: {emoji}]"
        case str(), {"caption": str(caption)} if caption.strip():
            found = f"{_PLACEHOLDERS.get(kind, _OTHER)} {caption}"
    if not found.strip():
        found = _PLACEHOLDERS.get(kind, _OTHER) if isinstance(kind, str) else _OTHER
    return found.strip()[:LONGEST_TEXT]


def _owes_answer(kind: Any, content: Any) -> bool:
    if kind == "reaction":
        # One that was taken back leaves nothing to answer.
        return isinstance(content, dict) and bool(content.get("emoji"))
    return kind not in _NO_ANSWER
