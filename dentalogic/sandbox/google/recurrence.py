"""Expand recurring events: RRULE, RDATE, EXDATE, and the exceptions stored beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from dentalogic.sandbox.google import times
from dentalogic.sandbox.google.errors import invalid
from dentalogic.sandbox.google.store import Calendar

INSTANCES_LIMIT = 2500


def check_recurrence(event: dict[str, Any]) -> None:
    """Refuse lines that can't be read."""
    lines = event.get("recurrence")
    if lines is None:
        return
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise invalid("recurrence")
    _rule(lines, datetime(2026, 1, 1), None)  # noqa: DTZ001 - a wall clock


def instances(
    calendar: Calendar, event: dict[str, Any], window: tuple[datetime, datetime]
) -> Iterator[dict[str, Any]]:
    """Yield the instances that touch the window, each with the exception stored for it."""
    start, end = times.span(event, calendar.time_zone)
    zone_name = str(event["start"].get("timeZone") or calendar.time_zone)
    local = times.zone(zone_name)
    first = start.astimezone(local).replace(tzinfo=None)
    length = end - start
    rule = _rule(event["recurrence"], first, local)
    # A day wider on both sides: summer time may move an instance by an hour.
    lower = window[0].astimezone(local).replace(tzinfo=None) - length - timedelta(days=1)
    upper = window[1].astimezone(local).replace(tzinfo=None) + timedelta(days=1)
    for count, moment in enumerate(rule.xafter(lower, inc=True)):
        if moment > upper or count >= INSTANCES_LIMIT:
            return
        at = moment.replace(tzinfo=local)
        one = instance(calendar, event, at, length)
        begins, ends = times.span(one, calendar.time_zone)
        if begins < window[1] and ends > window[0]:
            yield one


def instance(
    calendar: Calendar, event: dict[str, Any], at: datetime, length: timedelta
) -> dict[str, Any]:
    """Return one instance of a series, or the exception that replaces it."""
    instance_id = f"{event['id']}_{times.instance_suffix(event['start'], at)}"
    stored = calendar.events.get(instance_id)
    if stored is not None:
        return stored
    single = {name: value for name, value in event.items() if name != "recurrence"}
    single["id"] = instance_id
    single["recurringEventId"] = event["id"]
    single["start"] = times.shifted_edge(event["start"], at)
    single["end"] = times.shifted_edge(event["end"], at + length)
    single["originalStartTime"] = single["start"]
    return single


def find_instance(calendar: Calendar, instance_id: str) -> dict[str, Any] | None:
    """Return an instance by its id when its series really has it."""
    parent_id, _, suffix = instance_id.rpartition("_")
    parent = calendar.events.get(parent_id)
    if parent is None or not parent.get("recurrence"):
        return None
    form = "%Y%m%dT%H%M%SZ" if "T" in suffix else "%Y%m%d"
    try:
        at = datetime.strptime(suffix, form).replace(tzinfo=UTC)
    except ValueError:
        return None
    window = (at - timedelta(days=2), at + timedelta(days=2))
    for one in instances(calendar, parent, window):
        if one["id"] == instance_id:
            return one
    return None


def _rule(lines: list[str], first: datetime, local: Any) -> Any:
    def naive(match: re.Match[str]) -> str:
        moment = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        target = moment.astimezone(local) if local else moment
        return target.strftime("%Y%m%dT%H%M%S")

    # The series is expanded on the wall clock of its zone, so moments in UTC are turned first;
    # TZID and VALUE only repeat that zone.
    plain = [
        re.sub(r"(\d{8}T\d{6}Z)", naive, re.sub(r"^(EXDATE|RDATE)[^:]*:", r"\1:", line))
        for line in lines
    ]
    try:
        return rrulestr("\n".join(plain), dtstart=first, forceset=True)
    except (ValueError, TypeError, AttributeError):
        raise invalid("recurrence", "Invalid recurrence rule.") from None
