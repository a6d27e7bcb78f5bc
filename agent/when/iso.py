"""Dates as machines write them: a date, a date-time, or an interval of either."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo

from agent.when.clock import Unreadable
from agent.when.result import Window

MINUTE = timedelta(minutes=1)
_MOMENT = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_TEXT = re.compile(rf"({_MOMENT})(?:\s*(?:/|--)\s*({_MOMENT}))?", re.ASCII | re.IGNORECASE)
_DATE_LENGTH = len("2026-11-24")


def read_iso(text: str, zone: tzinfo | None) -> tuple[Window, bool] | None:
    """Return the window and whether a start was named, or None when the text is no ISO 8601.

    A moment without an offset is the clinic's wall time. A date is that whole day, at
    the end of an interval too.
    """
    match = _TEXT.fullmatch(text.strip(" \t\r\n.,;"))
    if match is None:
        return None
    start, end = match[1], match[2]
    first = _moment(start, zone)
    if end is None:
        if len(start) > _DATE_LENGTH:
            return (first, first + MINUTE), True
        return (first, first + timedelta(days=1)), False
    last = _moment(end, zone)
    if len(end) == _DATE_LENGTH:
        last += timedelta(days=1)
    if last <= first:
        raise Unreadable
    return (first, last), False


def _moment(text: str, zone: tzinfo | None) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable from error
    if len(text) == _DATE_LENGTH:
        found = datetime.combine(found.date(), time())
    return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
