"""HTTP of ``calendarList`` and ``calendars``, and the sandbox's own levers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.google import times
from dentalogic.sandbox.google.errors import required
from dentalogic.sandbox.google.store import CalendarStore
from dentalogic.sandbox.google.token import authorize, read_body
from dentalogic.sandbox.wire import JSON, BadInput, read_object, text_of

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

ROLES = ("none", "freeBusyReader", "reader", "writer", "owner")


def _store(request: Request) -> CalendarStore:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox.google


async def calendar_list(request: Request) -> Response:
    """Serve ``calendarList.list``."""
    authorize(request)
    visible = [one for one in _store(request).calendars.values() if one.access_role != "none"]
    items = [one.entry() for one in visible]
    return JSON({"kind": "calendar#calendarList", "etag": '"0"', "items": items})


async def calendar_list_entry(request: Request) -> Response:
    """Serve ``calendarList.get``."""
    authorize(request)
    return JSON(_store(request).calendar(request.path_params["calendar"]).entry())


async def calendar_resource(request: Request) -> Response:
    """Serve ``calendars.get``."""
    authorize(request)
    return JSON(_store(request).calendar(request.path_params["calendar"]).resource())


async def insert_calendar(request: Request) -> Response:
    """Serve ``calendars.insert``."""
    authorize(request)
    body = await read_body(request)
    summary = body.get("summary")
    if not isinstance(summary, str) or not summary:
        raise required("summary", "Missing title.")
    name = f"c_{secrets.token_hex(16)}@group.calendar.google.com"
    zone = times.zone(str(body.get("timeZone") or "UTC")).key
    return JSON(_store(request).add(name, summary, time_zone=zone).resource())


async def add_calendar(request: Request) -> Response:
    """Make or change a calendar of a chosen id: ``{id, summary?, timeZone?, accessRole?}``."""
    body = await read_object(request)
    role = text_of(body, "accessRole", needed=False, default="owner")
    if role not in ROLES:
        raise BadInput(f"accessRole must be one of {', '.join(ROLES)}")
    calendar_id = text_of(body, "id")
    calendar = _store(request).add(
        calendar_id,
        text_of(body, "summary", needed=False, default=calendar_id),
        time_zone=times.zone(
            text_of(body, "timeZone", needed=False, default="America/Argentina/Buenos_Aires")
        ).key,
        access_role=role,
    )
    return JSON(calendar.entry(), status_code=201)


async def expire_sync_tokens(request: Request) -> Response:
    """Make all sync tokens of a calendar (or of all) too old: ``{calendar?}``."""
    body = await read_object(request)
    store = _store(request)
    wanted = text_of(body, "calendar", needed=False)
    chosen = [store.calendar(wanted)] if wanted else list(store.calendars.values())
    for calendar in chosen:
        calendar.version += 1
        calendar.oldest_sync = calendar.version
    return JSON({"expired": [one.id for one in chosen]})
