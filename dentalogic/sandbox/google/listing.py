"""``events.list``: windows, series, pages and sync tokens."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from dentalogic.sandbox.google import times
from dentalogic.sandbox.google.errors import GoogleError, invalid
from dentalogic.sandbox.google.recurrence import instances
from dentalogic.sandbox.google.store import Calendar, CalendarStore

# What Google refuses beside a syncToken.
NOT_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
FAR_PAST = datetime(1970, 1, 2, tzinfo=UTC)
FAR_FUTURE = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list request asks for."""

    single: bool
    deleted: bool
    order: str
    lower: datetime | None
    upper: datetime | None
    updated: datetime | None
    words: str
    uid: str
    properties: tuple[tuple[str, str], ...]


def list_events(
    store: CalendarStore, calendar: Calendar, query: Mapping[str, str], properties: list[str]
) -> dict[str, Any]:
    """Answer ``events.list``."""
    size = _size(query.get("maxResults", "250"))
    page = query.get("pageToken")
    if page:
        items, rest = _kept_page(store, page)
    elif query.get("syncToken"):
        items, rest = _changes(store, calendar, query)
    else:
        items, rest = _all(store, calendar, query, properties)
    shown, later = items[:size], items[size:]
    target = times.zone(query.get("timeZone") or calendar.time_zone)
    answer: dict[str, Any] = {
        "kind": "calendar#events",
        "etag": f'"p{calendar.version}"',
        "summary": calendar.summary,
        "updated": store.clock.stamp(),
        "timeZone": target.key,
        "accessRole": calendar.access_role,
        "defaultReminders": [],
        "items": [present(event, target) for event in shown],
    }
    if later:
        answer["nextPageToken"] = store.keep_page(later, rest)
    elif rest:
        answer["nextSyncToken"] = _pack(rest)
    return answer


def present(event: dict[str, Any], target: Any) -> dict[str, Any]:
    """Return an event with its moments in the asked zone."""
    shown = dict(event)
    for name in ("start", "end", "originalStartTime"):
        if isinstance(shown.get(name), dict):
            shown[name] = times.shown_edge(shown[name], target)
    return shown


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise invalid("maxResults")
    return min(int(text), 2500)


def _kept_page(store: CalendarStore, token: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if token not in store.pages:
        raise invalid("pageToken")
    return store.pages[token]


def read_wish(query: Mapping[str, str], properties: list[str]) -> Wish:
    """Read and check the parameters of a full list."""
    single = query.get("singleEvents", "false").lower() == "true"
    order = query.get("orderBy", "")
    if order not in {"", "startTime", "updated"}:
        raise invalid("orderBy")
    if order == "startTime" and not single:
        message = "The requested ordering is not available for the particular query."
        raise invalid("orderBy", message)
    lower = _moment(query, "timeMin")
    upper = _moment(query, "timeMax")
    if lower and upper and lower >= upper:
        message = "The specified time range is empty."
        where = ("parameter", "timeMax")
        raise GoogleError(400, "timeRangeEmpty", message, domain="calendar", location=where)
    pairs = []
    for pair in properties:
        name, equals, value = pair.partition("=")
        if not equals:
            raise invalid("privateExtendedProperty")
        pairs.append((name, value))
    return Wish(
        single=single,
        deleted=query.get("showDeleted", "false").lower() == "true",
        order=order,
        lower=lower,
        upper=upper,
        updated=_moment(query, "updatedMin"),
        words=query.get("q", "").lower(),
        uid=query.get("iCalUID", ""),
        properties=tuple(pairs),
    )


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    return times.parameter_moment(text, name) if text else None


def _all(
    store: CalendarStore, calendar: Calendar, query: Mapping[str, str], properties: list[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    wish = read_wish(query, properties)
    # By id: the expansion of a series yields its exceptions, and so does their own row.
    found = {one["id"]: one for one in _expanded(store, calendar, wish)}
    items = [one for one in found.values() if _fits(one, calendar, wish)]
    if wish.order == "startTime":
        items.sort(key=lambda one: (times.span(one, calendar.time_zone)[0], one["id"]))
    elif wish.order == "updated":
        items.sort(key=lambda one: str(one["updated"]))
    narrowed = wish.order or wish.words or wish.uid or wish.properties or wish.updated
    rest = {
        "c": calendar.id,
        "v": calendar.version,
        "s": wish.single,
        "a": wish.lower.isoformat() if wish.lower else "",
        "b": wish.upper.isoformat() if wish.upper else "",
    }
    return items, ({} if narrowed and wish.order != "updated" else rest)


def _expanded(store: CalendarStore, calendar: Calendar, wish: Wish) -> Iterator[dict[str, Any]]:
    usual = times.year_around(store.clock.now())
    window = (wish.lower or usual[0], wish.upper or usual[1])
    for event in list(calendar.events.values()):
        if not event.get("recurrence") or not wish.single:
            yield event
        elif event["status"] != "cancelled":
            seen = (one for one in instances(calendar, event, window))
            yield from (one for one in seen if one["status"] != "cancelled")


def _fits(event: dict[str, Any], calendar: Calendar, wish: Wish) -> bool:  # noqa: PLR0911 - a list of refusals
    if event["status"] == "cancelled" and not (wish.deleted or wish.updated):
        return False
    if wish.updated and datetime.fromisoformat(str(event["updated"])) < wish.updated:
        return False
    if wish.uid and event.get("iCalUID") != wish.uid:
        return False
    if wish.words and wish.words not in orjson.dumps(event).decode().lower():
        return False
    private = (event.get("extendedProperties") or {}).get("private") or {}
    if any(private.get(name) != value for name, value in wish.properties):
        return False
    if event.get("recurrence") and not wish.single:
        return _series_fits(event, calendar, wish)
    begins, ends = times.span(event, calendar.time_zone)
    if wish.lower and ends <= wish.lower:
        return False
    return not (wish.upper and begins >= wish.upper)


def _series_fits(event: dict[str, Any], calendar: Calendar, wish: Wish) -> bool:
    if wish.lower is None and wish.upper is None:
        return True
    window = (wish.lower or FAR_PAST, wish.upper or FAR_FUTURE)
    return next(instances(calendar, event, window), None) is not None


def _changes(
    store: CalendarStore, calendar: Calendar, query: Mapping[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return what changed since a sync token, deleted events included."""
    for name in NOT_WITH_SYNC:
        if query.get(name):
            raise invalid(name, "Sync token cannot be combined with other query restrictions.")
    if query.get("showDeleted", "").lower() == "false":
        raise invalid("showDeleted", "Sync token requires showDeleted.")
    since = _unpack(query["syncToken"])
    expired = since.get("c") != calendar.id or since["v"] < calendar.oldest_sync
    if expired or since["v"] > calendar.version:
        raise _full_sync_required()
    changed = [
        calendar.events[event_id]
        for event_id, version in sorted(calendar.versions.items(), key=lambda pair: pair[1])
        if version > since["v"]
    ]
    usual = times.year_around(store.clock.now())
    lower = datetime.fromisoformat(since["a"]) if since["a"] else usual[0]
    upper = datetime.fromisoformat(since["b"]) if since["b"] else usual[1]
    items: list[dict[str, Any]] = []
    for event in changed:
        if since["s"] and event.get("recurrence") and event["status"] != "cancelled":
            items += instances(calendar, event, (lower, upper))
        else:
            items.append(_deleted(event) if event["status"] == "cancelled" else event)
    return items, since | {"v": calendar.version}


def _deleted(event: dict[str, Any]) -> dict[str, Any]:
    """Return the little that Google promises about a deleted event."""
    names = ("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
    return {name: event[name] for name in names if name in event}


def _pack(token: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(token)).decode().rstrip("=")


def _unpack(text: str) -> dict[str, Any]:
    try:
        token = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(token["v"], int) and {"c", "s", "a", "b"} <= set(token):
            return dict(token)
    except (ValueError, KeyError, TypeError):
        pass
    raise _full_sync_required()


def _full_sync_required() -> GoogleError:
    message = "Sync token is no longer valid, a full sync is required."
    where = ("parameter", "syncToken")
    return GoogleError(410, "fullSyncRequired", message, domain="calendar", location=where)
