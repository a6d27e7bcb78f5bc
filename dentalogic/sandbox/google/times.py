"""Google's two kinds of moments: ``dateTime`` with a zone, and ``date`` for whole days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dentalogic.sandbox.google.errors import invalid


def zone(name: str) -> ZoneInfo:
    """Return the zone or refuse its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("timeZone") from None


def parameter_moment(text: str, name: str) -> datetime:
    """Read an RFC 3339 parameter, which must have an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name) from None
    if moment.tzinfo is None or "T" not in text.upper():
        raise invalid(name)
    return moment


def is_all_day(edge: dict[str, Any]) -> bool:
    """Say whether the edge of an event is a date."""
    return bool(edge.get("date"))


def edge_moment(edge: object, time_zone: str, name: str) -> datetime:
    """Return the moment of ``start`` or ``end``; a date is midnight in the calendar's zone."""
    if not isinstance(edge, dict):
        raise invalid(name)
    try:
        if edge.get("date"):
            day = date.fromisoformat(str(edge["date"]))
            return datetime.combine(day, time(), zone(time_zone))
        moment = datetime.fromisoformat(str(edge["dateTime"]))
    except (ValueError, KeyError):
        raise invalid(name) from None
    if moment.tzinfo is None:
        if not edge.get("timeZone"):
            raise invalid(name, "Missing time zone definition for " + name + " time.")
        moment = moment.replace(tzinfo=zone(str(edge["timeZone"])))
    return moment


def span(event: dict[str, Any], time_zone: str) -> tuple[datetime, datetime]:
    """Return start and end of an event."""
    start = edge_moment(event.get("start"), time_zone, "start")
    return start, edge_moment(event.get("end"), time_zone, "end")


def shown_edge(edge: dict[str, Any], target: ZoneInfo) -> dict[str, Any]:
    """Return the edge in the zone that the caller asked for."""
    if is_all_day(edge) or "dateTime" not in edge:
        return edge
    moment = edge_moment(edge, target.key, "start").astimezone(target)
    return edge | {"dateTime": moment.isoformat()}


def shifted_edge(edge: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """Return a copy of an edge at another moment, keeping its kind and its zone."""
    if is_all_day(edge):
        return edge | {"date": moment.date().isoformat()}
    return edge | {"dateTime": moment.isoformat()}


def instance_suffix(edge: dict[str, Any], moment: datetime) -> str:
    """Return what Google appends to the id of a recurring event for one instance."""
    if is_all_day(edge):
        return moment.strftime("%Y%m%d")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def year_around(now: datetime) -> tuple[datetime, datetime]:
    """Return the window in which endless series are expanded when nobody asked for one."""
    return now - timedelta(days=366), now + timedelta(days=366)
