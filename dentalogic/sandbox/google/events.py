"""HTTP of the resource ``events``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.google import times, writing
from dentalogic.sandbox.google.errors import GoogleError
from dentalogic.sandbox.google.listing import list_events, present
from dentalogic.sandbox.google.recurrence import instances
from dentalogic.sandbox.google.store import Calendar, CalendarStore
from dentalogic.sandbox.google.token import authorize, read_body
from dentalogic.sandbox.wire import JSON

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox


def _asked(request: Request, *, write: bool = False) -> tuple[CalendarStore, Calendar]:
    authorize(request)
    sandbox: Sandbox = request.app.state.sandbox
    store = sandbox.google
    return store, store.calendar(request.path_params["calendar"], write=write)


async def collection(request: Request) -> Response:
    """Serve list and insert."""
    if request.method == "POST":
        store, calendar = _asked(request, write=True)
        return JSON(writing.insert(store, calendar, await read_body(request)))
    store, calendar = _asked(request)
    properties = request.query_params.getlist("privateExtendedProperty")
    return JSON(list_events(store, calendar, request.query_params, properties))


async def single(request: Request) -> Response:
    """Serve get, patch, update and delete."""
    event_id = request.path_params["event"]
    if request.method == "GET":
        store, calendar = _asked(request)
        target = times.zone(request.query_params.get("timeZone") or calendar.time_zone)
        return JSON(present(writing.find(calendar, event_id), target))
    store, calendar = _asked(request, write=True)
    if_match = request.headers.get("if-match", "")
    if request.method == "DELETE":
        writing.delete(store, calendar, event_id, if_match=if_match)
        return Response(status_code=204)
    replace = request.method == "PUT"
    body = await read_body(request)
    changed = writing.change(store, calendar, event_id, body, if_match=if_match, replace=replace)
    return JSON(changed)


async def instances_of(request: Request) -> Response:
    """Serve ``events.instances``."""
    store, calendar = _asked(request)
    event = writing.find(calendar, request.path_params["event"])
    if not event.get("recurrence"):
        raise GoogleError(400, "invalid", "Not a recurring event.")
    query = request.query_params
    usual = times.year_around(store.clock.now())
    lower = query.get("timeMin")
    upper = query.get("timeMax")
    window = (
        times.parameter_moment(lower, "timeMin") if lower else usual[0],
        times.parameter_moment(upper, "timeMax") if upper else usual[1],
    )
    found = [one for one in instances(calendar, event, window) if one["status"] != "cancelled"]
    return JSON({"kind": "calendar#events", "timeZone": calendar.time_zone, "items": found})
