"""Webhooks as Meta sends them, to the real handler; and what they left in the database."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db import connection

from clinics.tenancy.models import Clinic, Line, QuarantinedItem
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import clinic_scope, no_scope
from whatsapp.ingress import close_ingress, meta_webhook
from whatsapp.models import InboxItem

PATH = "/webhooks/whatsapp/meta/"
SECRET = "first-secret-of-the-deployment"
OLD_SECRET = "the-secret-before-the-rotation"
_numbers = itertools.count(5491160000001)


def sign(raw: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def text_message(
    text: str = "Hola", *, sender: str = "5491161112222", **more: Any
) -> dict[str, Any]:
    return {
        "from": sender,
        "id": f"wamid.{uuid.uuid4().hex}",
        "timestamp": "1795500000",
        "type": "text",
        "text": {"body": text},
    } | more


def change(number: str, *messages: Any, statuses: Any = None, name: str = "Ana") -> dict[str, Any]:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5491150000000", "phone_number_id": number},
    }
    if messages:
        value["messages"] = list(messages)
        sender = messages[0].get("from") if isinstance(messages[0], dict) else None
        value["contacts"] = [{"profile": {"name": name}, "wa_id": sender}]
    if statuses is not None:
        value["statuses"] = statuses
    return {"value": value, "field": "messages"}


def webhook(*changes: Any) -> bytes:
    entry = [{"id": "1", "changes": list(changes)}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


Talk = Callable[[httpx.AsyncClient], Awaitable[Any]]


def serve(talk: Talk) -> Any:
    """Run a conversation with the handler in an event loop of its own."""

    async def run() -> Any:
        transport = httpx.ASGITransport(app=meta_webhook)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                return await talk(client)
        finally:
            await close_ingress()

    SCOPE.set(None)
    return asyncio.run(run())


def headers(raw: bytes, secret: str | None = SECRET) -> dict[str, str]:
    return {} if secret is None else {"X-Hub-Signature-256": sign(raw, secret)}


def post(raw: bytes, *, secret: str | None = SECRET, times: int = 1) -> list[httpx.Response]:
    """Post a body, `times` in parallel."""

    async def talk(client: httpx.AsyncClient) -> list[httpx.Response]:
        calls = [client.post(PATH, content=raw, headers=headers(raw, secret)) for _ in range(times)]
        return list(await asyncio.gather(*calls))

    found: list[httpx.Response] = serve(talk)
    return found


def post_one(raw: bytes, *, secret: str | None = SECRET) -> httpx.Response:
    return post(raw, secret=secret)[0]


def items(clinic: Clinic) -> list[InboxItem]:
    with clinic_scope(clinic):
        return list(InboxItem.objects.order_by("received_at", "id"))


def owed(clinic: Clinic, topic: str) -> int:
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM outbox WHERE clinic_id = %s AND topic = %s"
            " AND done_at IS NULL AND dead_at IS NULL",
            [clinic.pk, topic],
        )
        return int(cursor.fetchone()[0])


def number_of(clinic: Clinic) -> str:
    with no_scope():
        return Line.objects.get(clinic=clinic).external_id


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    settings.WHATSAPP_APP_SECRETS = [SECRET, OLD_SECRET]
    settings.WHATSAPP_VERIFY_TOKEN = "verify-me"
    settings.WHATSAPP_QUIET_SECONDS = 0
    settings.WHATSAPP_MAX_WAIT_SECONDS = 0
    settings.WHATSAPP_ACCESS_TOKEN = "a-token"


@pytest.fixture
def no_quarantine(committing: None) -> Iterator[None]:
    """Leave the quarantine as it was: it is nobody's clinic's."""
    before = set(QuarantinedItem.objects.values_list("pk", flat=True))
    yield
    with no_scope():
        QuarantinedItem.objects.exclude(pk__in=before).delete()


def quarantined() -> list[QuarantinedItem]:
    with no_scope():
        return list(QuarantinedItem.objects.order_by("received_at"))


@pytest.fixture
def sender() -> str:
    """A phone that nobody used before."""
    return str(next(_numbers))
