"""What an event of Google means for an agenda: busy from when to when, or not at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# These tell where or how somebody works, not that they are away.
# https://developers.google.com/workspace/calendar/api/v3/reference/events (eventType), 2026-11.
NOT_BUSY_KINDS = frozenset({"workingLocation", "birthday"})


@dataclass(frozen=True, slots=True)
class Busy:
    """An event that takes time. `instance` is the original start of a recurring one's instance."""

    event_id: str
    instance: str
    starts_at: int
    ends_at: int
    etag: str


def busy_of(event: dict[str, Any], zone: ZoneInfo) -> Busy | None:
    """Return the time that the event takes, or None for one that blocks nothing.

    `zone` is the calendar's: it gives floating and all-day times their meaning. Raises `ValueError`
    for an event that can't be read, which must not be taken for a free hour.
    """
    if event.get("status") == "cancelled" or event.get("transparency") == "transparent":
        return None
    if event.get("eventType") in NOT_BUSY_KINDS or _declined(event):
        return None
    try:
        start, end = _moment(event["start"], zone), _moment(event["end"], zone)
        event_id = str(event["id"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("an event without readable times") from error
    if end <= start:
        return None
    original = event.get("originalStartTime") or {}
    return Busy(
        event_id=event_id,
        instance=str(original.get("dateTime") or original.get("date") or "")[:40],
        starts_at=int(start.timestamp()),
        ends_at=int(end.timestamp()),
        etag=str(event.get("etag", ""))[:80],
    )


def _declined(event: dict[str, Any]) -> bool:
    return any(
        attendee.get("self") and attendee.get("responseStatus") == "declined"
        for attendee in event.get("attendees") or []
    )


def _moment(value: dict[str, Any], zone: ZoneInfo) -> datetime:
    if "date" in value:
        return datetime.combine(date.fromisoformat(value["date"]), time.min, zone)
    moment = datetime.fromisoformat(value["dateTime"])
    if moment.tzinfo is not None:
        return moment
    try:
        named = ZoneInfo(value["timeZone"]) if "timeZone" in value else zone
    except (ZoneInfoNotFoundError, ValueError):
        named = zone
    return moment.replace(tzinfo=named)
