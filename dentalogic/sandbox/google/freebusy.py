"""``freebusy.query``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.google import times
from dentalogic.sandbox.google.errors import GoogleError, required
from dentalogic.sandbox.google.listing import list_events
from dentalogic.sandbox.google.store import CalendarStore
from dentalogic.sandbox.google.token import authorize, read_body
from dentalogic.sandbox.wire import JSON

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox


async def query(request: Request) -> Response:
    """Return the busy spans of each asked calendar, merged."""
    authorize(request)
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_body(request)
    for name in ("timeMin", "timeMax"):
        if not isinstance(body.get(name), str):
            raise required(name, f"Missing {name} parameter.")
    items = body.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise required("items", "Missing items parameter.")
    found = {
        str(item.get("id")): _busy(sandbox.google, str(item.get("id")), body) for item in items
    }
    return JSON(
        {
            "kind": "calendar#freeBusy",
            "timeMin": body["timeMin"],
            "timeMax": body["timeMax"],
            "calendars": found,
        }
    )


def _busy(store: CalendarStore, calendar_id: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        calendar = store.calendar(calendar_id)
    except GoogleError as error:
        if error.reason != "notFound":
            raise
        return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    window = {"timeMin": body["timeMin"], "timeMax": body["timeMax"], "maxResults": "2500"}
    wanted = window | {"singleEvents": "true", "orderBy": "startTime"}
    lower = times.parameter_moment(body["timeMin"], "timeMin")
    upper = times.parameter_moment(body["timeMax"], "timeMax")
    merged: list[list[datetime]] = []
    for event in list_events(store, calendar, wanted, [])["items"]:
        if event.get("transparency") == "transparent":
            continue
        begins, ends = times.span(event, calendar.time_zone)
        begins, ends = max(begins, lower), min(ends, upper)
        if merged and begins <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], ends)
        elif begins < ends:
            merged.append([begins, ends])
    return {"busy": [{"start": _utc(begins), "end": _utc(ends)} for begins, ends in merged]}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
