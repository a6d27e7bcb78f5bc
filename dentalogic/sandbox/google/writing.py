"""Insert, patch, update and delete events."""

from __future__ import annotations

import re
import secrets
from typing import Any

from dentalogic.sandbox.google import times
from dentalogic.sandbox.google.errors import GoogleError, invalid, not_found, required
from dentalogic.sandbox.google.recurrence import check_recurrence, find_instance
from dentalogic.sandbox.google.store import Calendar, CalendarStore

EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")  # base32hex, as Google documents it
READ_ONLY = {"kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "id"}


def find(calendar: Calendar, event_id: str) -> dict[str, Any]:
    """Return a stored event or an instance of a series."""
    found = calendar.events.get(event_id) or find_instance(calendar, event_id)
    if found is None:
        raise not_found()
    return found


def insert(store: CalendarStore, calendar: Calendar, body: dict[str, Any]) -> dict[str, Any]:
    """Make an event; its id may be the client's."""
    event_id = body.get("id")
    if event_id is None:
        event_id = secrets.token_hex(13)
    elif not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        raise invalid("id", "Invalid resource id value.")
    if event_id in calendar.events:
        message = "The requested identifier already exists."
        raise GoogleError(409, "duplicate", message)
    now = store.clock.stamp()
    event = {
        "kind": "calendar#event",
        "id": event_id,
        "status": "confirmed",
        "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
        "created": now,
        "iCalUID": f"{event_id}@google.com",
        "sequence": 0,
        "eventType": "default",
        "creator": {"email": calendar.id},
        "organizer": {"email": calendar.id, "self": True},
        "reminders": {"useDefault": True},
    } | {name: value for name, value in body.items() if name not in READ_ONLY}
    check(event, calendar)
    return store.keep(calendar, event)


def change(
    store: CalendarStore,
    calendar: Calendar,
    event_id: str,
    body: dict[str, Any],
    *,
    if_match: str = "",
    replace: bool = False,
) -> dict[str, Any]:
    """Patch an event (maps are merged, null removes), or replace it whole."""
    old = find(calendar, event_id)
    _match(old, if_match)
    given = {name: value for name, value in body.items() if name not in READ_ONLY}
    if replace:
        stays = READ_ONLY | {"iCalUID", "sequence", "recurringEventId", "originalStartTime"}
        base = {name: old[name] for name in stays if name in old}
        new = base | {"status": "confirmed", "eventType": "default"} | given
    else:
        new = _merged(old, given)
    new["sequence"] = int(old.get("sequence") or 0) + int(_moved(old, new))
    check(new, calendar)
    return store.keep(calendar, new)


def delete(store: CalendarStore, calendar: Calendar, event_id: str, *, if_match: str = "") -> None:
    """Cancel an event; a second time is refused with 410."""
    old = find(calendar, event_id)
    if old["status"] == "cancelled":
        raise GoogleError(410, "deleted", "Resource has been deleted")
    _match(old, if_match)
    store.keep(calendar, old | {"status": "cancelled"})
    for exception in list(calendar.events.values()):
        orphan = exception.get("recurringEventId") == event_id
        if orphan and exception["status"] != "cancelled":
            store.keep(calendar, exception | {"status": "cancelled"})


def check(event: dict[str, Any], calendar: Calendar) -> None:
    """Refuse an event that Google would refuse."""
    for name in ("start", "end"):
        edge = event.get(name)
        if not isinstance(edge, dict) or not (edge.get("date") or edge.get("dateTime")):
            raise required(name, f"Missing {name} time.")
    if times.is_all_day(event["start"]) != times.is_all_day(event["end"]):
        raise invalid("end", "Start and end times must either both be date or both be dateTime.")
    begins, ends = times.span(event, calendar.time_zone)
    if ends < begins or (ends == begins and times.is_all_day(event["start"])):
        message = "The specified time range is empty."
        raise GoogleError(400, "timeRangeEmpty", message, domain="calendar")
    if event.get("status") not in {"confirmed", "tentative", "cancelled"}:
        raise invalid("status")
    if event.get("transparency") not in {None, "opaque", "transparent"}:
        raise invalid("transparency")
    check_recurrence(event)


def _match(event: dict[str, Any], if_match: str) -> None:
    if if_match and if_match != "*" and if_match != event["etag"]:
        where = ("header", "If-Match")
        raise GoogleError(412, "conditionNotMet", "Precondition Failed", location=where)


def _moved(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return old.get("start") != new.get("start") or old.get("end") != new.get("end")


def _merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    new = dict(old)
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        elif isinstance(value, dict) and isinstance(new.get(name), dict):
            new[name] = _merged(new[name], value)
            # A move between whole days and hours leaves no rest of the other kind.
            if name in {"start", "end"} and len({"date", "dateTime"} & set(value)) == 1:
                gone = "dateTime" if "date" in value else "date"
                new[name].pop(gone, None)
        else:
            new[name] = value
    return new
