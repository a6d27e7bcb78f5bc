"""Push channels: ``events.watch``, ``channels.stop`` and the notifications without a body."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.google.errors import GoogleError, not_found, required
from dentalogic.sandbox.google.store import Calendar
from dentalogic.sandbox.google.token import authorize, read_body
from dentalogic.sandbox.guard import LOOPBACK
from dentalogic.sandbox.meta.webhooks import Webhooks
from dentalogic.sandbox.wire import JSON

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

DEFAULT_SECONDS = 7 * 86_400


@dataclass(slots=True)
class Channel:
    """One subscription to the changes of one calendar."""

    id: str
    calendar_id: str
    address: str
    token: str
    expires: datetime
    number: int = 0

    @property
    def resource_id(self) -> str:
        """Return the id of what is watched."""
        return hashlib.sha256(self.calendar_id.encode()).hexdigest()[:27]


class Channels:
    """The living channels."""

    def __init__(self, webhooks: Webhooks) -> None:
        self.webhooks = webhooks
        self.living: dict[str, Channel] = {}
        self.muted = False

    def changed(self, calendar: Calendar) -> None:
        """Notify everybody who watches the calendar."""
        now = self.webhooks.clock.now()
        for channel in list(self.living.values()):
            if channel.expires <= now:
                del self.living[channel.id]
            elif channel.calendar_id == calendar.id and not self.muted:
                self.notify(channel, "exists")

    def notify(self, channel: Channel, state: str) -> None:
        """Post a notification in the background."""
        channel.number += 1
        uri = f"https://www.googleapis.com/calendar/v3/calendars/{channel.calendar_id}/events"
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Expiration": format_datetime(channel.expires, usegmt=True),
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-URI": uri + "?alt=json",
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(channel.number),
            "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        self.webhooks.later(self._post(channel.address, headers))

    async def _post(self, address: str, headers: dict[str, str]) -> None:
        delivery = await self.webhooks.post(address, b"", headers)
        # Google tries again only after these.
        if delivery.status in {0, 500, 502, 503, 504}:
            await self.webhooks.post(address, b"", headers, attempt=2)


async def watch(request: Request) -> Response:
    """Serve ``events.watch``."""
    authorize(request)
    sandbox: Sandbox = request.app.state.sandbox
    calendar = sandbox.google.calendar(request.path_params["calendar"])
    body = await read_body(request)
    for name in ("id", "type", "address"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise required(name, f"Missing channel {name}.")
    if body["type"] not in {"web_hook", "webhook"}:
        raise GoogleError(400, "channelUnknownType", "Unknown channel type")
    if not _allowed(body["address"]):
        message = "WebHook callback must be HTTPS: " + body["address"]
        raise GoogleError(400, "push.webhookUrlNotHttps", message)
    if body["id"] in sandbox.channels.living:
        message = f"Channel id {body['id']} not unique"
        raise GoogleError(400, "channelIdNotUnique", message)
    channel = Channel(
        id=body["id"],
        calendar_id=calendar.id,
        address=body["address"],
        token=str(body.get("token") or ""),
        expires=_expiry(body, sandbox.clock.now()),
    )
    sandbox.channels.living[channel.id] = channel
    sandbox.channels.notify(channel, "sync")
    answer: dict[str, Any] = {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": f"https://www.googleapis.com/calendar/v3/calendars/{calendar.id}/events",
        "expiration": str(int(channel.expires.timestamp() * 1000)),
    }
    if channel.token:
        answer["token"] = channel.token
    return JSON(answer)


def _allowed(address: str) -> bool:
    """Allow what Google would, and loopback without TLS."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _expiry(body: dict[str, Any], now: datetime) -> datetime:
    parameters = body.get("params")
    ttl = parameters.get("ttl") if isinstance(parameters, dict) else None
    try:
        if body.get("expiration"):
            wanted = int(body["expiration"]) / 1000 - now.timestamp()
        else:
            wanted = float(int(ttl)) if ttl else DEFAULT_SECONDS
    except (ValueError, TypeError):
        raise GoogleError(400, "invalid", "Invalid expiration") from None
    seconds = max(1.0, min(wanted, 30 * 86_400))
    return datetime.fromtimestamp(now.timestamp() + seconds, UTC)


async def stop(request: Request) -> Response:
    """Serve ``channels.stop``."""
    authorize(request)
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_body(request)
    channel = sandbox.channels.living.get(str(body.get("id")))
    if channel is None or channel.resource_id != body.get("resourceId"):
        raise not_found()
    del sandbox.channels.living[channel.id]
    return Response(status_code=204)


async def mute(request: Request) -> Response:
    """Lose all notifications from now on, or stop losing them: ``{"muted": true}``."""
    sandbox: Sandbox = request.app.state.sandbox
    sandbox.channels.muted = bool((await read_body(request)).get("muted"))
    return JSON({"muted": sandbox.channels.muted})


async def list_channels(request: Request) -> Response:
    """List the living channels."""
    sandbox: Sandbox = request.app.state.sandbox
    found = [
        {"id": one.id, "calendar": one.calendar_id, "address": one.address, "sent": one.number}
        for one in sandbox.channels.living.values()
    ]
    return JSON({"channels": found})
