"""Lines, chats and their messages: what the fake network remembers."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from dentalogic.sandbox.clock import Clock, rfc3339

CHATS_KEPT = 4000
MESSAGES_KEPT = 400
INDEX_KEPT = 50_000
CHATS_SAVED = 60
MESSAGES_SAVED = 120


def digits(number: str) -> str:
    """Return the digits of a number, as ``wa_id`` has them."""
    return re.sub(r"\D", "", number)


def user_key(address: str) -> str:
    """Return the key of a user: the digits of a phone, or a business-scoped id as it is."""
    address = address.strip()
    return address if re.match(r"[A-Za-z]{2}\.", address) else digits(address)


def new_wamid(user: str) -> str:
    """Return a message id in Meta's form."""
    inner = f"HBg{len(user)}{user}".encode() + secrets.token_bytes(18)
    return "wamid." + base64.b64encode(inner).decode()


@dataclass(slots=True)
class Line:
    """A business number of a clinic."""

    phone_number_id: str
    display_phone_number: str
    name: str = "Clínica"
    webhook_url: str = ""
    app_secret: str = ""
    access_token: str = ""
    waba_id: str = "200000000000001"
    messages_per_second: float = 0.0
    sent_at: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def public(self) -> dict[str, Any]:
        """Return the line without its secrets."""
        return {
            "phone_number_id": self.phone_number_id,
            "display_phone_number": self.display_phone_number,
            "name": self.name,
            "webhook_url": self.webhook_url,
        }


@dataclass(slots=True)
class ChatMessage:
    """One bubble. ``direction``: ``in`` from the patient to the clinic, ``out`` back."""

    id: str
    direction: str
    type: str
    text: str
    at: str
    status: str
    payload: dict[str, Any]
    number: int = 0
    failed: int = 0
    callback_data: str | None = None


@dataclass(slots=True)
class Chat:
    """What one patient and one line said to each other."""

    line: str
    user: str
    name: str = ""
    bsuid: str = ""
    last_inbound: datetime | None = None
    reachable: bool = True
    grown: int = 0
    messages: deque[ChatMessage] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))
    listeners: set[asyncio.Queue[dict[str, Any]]] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, message: ChatMessage) -> None:
        """Append a message and tell everybody who listens."""
        self.grown += 1
        message.number = self.grown
        self.messages.append(message)
        self.tell({"event": "message", "message": asdict(message)})

    def tell(self, happening: dict[str, Any]) -> None:
        """Hand a happening to the open pages and wake those who wait."""
        for listener in self.listeners:
            if listener.full():
                listener.get_nowait()
            listener.put_nowait(happening)
        # A waiter takes the old event; the next one starts afresh.
        self.news.set()
        self.news = asyncio.Event()


class Chats:
    """All lines and chats, bounded: the oldest untouched chat goes first."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lines: dict[str, Line] = {}
        self.chats: OrderedDict[tuple[str, str], Chat] = OrderedDict()
        self.by_message: OrderedDict[str, tuple[Chat, ChatMessage]] = OrderedDict()
        self.aliases: dict[tuple[str, str], str] = {}
        self.failing: deque[dict[str, Any]] = deque(maxlen=1000)
        self.changes = 0

    def find(self, line: str, address: str) -> Chat | None:
        """Return the chat with that phone or business-scoped id."""
        key = user_key(address)
        return self.chats.get((line, self.aliases.get((line, key), key)))

    def open(self, line: str, address: str) -> Chat:
        """Return the chat, making it when it is new."""
        chat = self.find(line, address)
        if chat is None:
            chat = Chat(line=line, user=user_key(address))
            self.chats[line, chat.user] = chat
            while len(self.chats) > CHATS_KEPT:
                self.chats.popitem(last=False)
        self.chats.move_to_end((chat.line, chat.user))
        return chat

    def name_alias(self, chat: Chat, bsuid: str) -> None:
        """Let the chat be found by a business-scoped id as well."""
        chat.bsuid = bsuid
        self.aliases[chat.line, bsuid] = chat.user

    def keep(self, chat: Chat, message: ChatMessage) -> None:
        """Put a message into its chat."""
        self.by_message[message.id] = (chat, message)
        while len(self.by_message) > INDEX_KEPT:
            self.by_message.popitem(last=False)
        if message.direction == "in":
            chat.last_inbound = self.clock.now()
        self.changes += 1
        chat.add(message)

    def set_status(self, chat: Chat, message: ChatMessage, status: str, failed: int = 0) -> None:
        """Move the ticks of a message, forward only."""
        order = ("pending", "sent", "delivered", "read", "played", "failed")
        if order.index(status) <= order.index(message.status):
            return
        message.status, message.failed = status, failed
        self.changes += 1
        chat.tell({"event": "status", "id": message.id, "status": status, "failed": failed})

    def end_streams(self) -> None:
        """Let the open pages go: the process ends."""
        for chat in self.chats.values():
            chat.tell({"event": "end"})

    def save(self) -> dict[str, Any]:
        """Return the newest chats as JSON."""
        newest = list(self.chats.values())[-CHATS_SAVED:]
        return {
            "lines": [asdict(line) | {"sent_at": []} for line in self.lines.values()],
            "chats": [
                {
                    "line": chat.line,
                    "user": chat.user,
                    "name": chat.name,
                    "bsuid": chat.bsuid,
                    "reachable": chat.reachable,
                    "last_inbound": rfc3339(chat.last_inbound) if chat.last_inbound else None,
                    "messages": [asdict(one) for one in list(chat.messages)[-MESSAGES_SAVED:]],
                }
                for chat in newest
            ],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Take back what `save` returned; lines of the configuration win."""
        for row in saved.get("lines", []):
            row.pop("sent_at", None)
            self.lines.setdefault(row["phone_number_id"], Line(**row))
        for row in saved.get("chats", []):
            chat = self.open(row["line"], row["user"])
            chat.name, chat.reachable = row["name"], row["reachable"]
            if row["bsuid"]:
                self.name_alias(chat, row["bsuid"])
            for one in row["messages"]:
                self.keep(chat, ChatMessage(**one))
            at = row["last_inbound"]
            chat.last_inbound = datetime.fromisoformat(at) if at else None
