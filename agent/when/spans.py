"""Dates and spans of dates (both ends included) by the calendar."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from agent.when.clock import Unreadable
from agent.when.words import MONTHS

DateSpan = tuple[date, date]
RECENTLY = timedelta(days=90)
MONTH_WORDS = {name: number for number, name in enumerate(MONTHS, start=1)}
MONTH_WORDS |= {name[:3]: number for name, number in MONTH_WORDS.items() if name != "mayo"}


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def a_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Unreadable from error


def next_date(today: date, day: int, month: int | None) -> date:
    """Return the date of that day and month nearest ahead, or lately gone by."""
    if month is None:
        for offset in range(13):
            months = today.year * 12 + today.month - 1 + offset
            year, this = divmod(months, 12)
            if 1 <= day <= calendar.monthrange(year, this + 1)[1]:
                found = date(year, this + 1, day)
                if found >= today:
                    return found
        raise Unreadable
    if month not in MONTH_WORDS.values() or not 1 <= day <= calendar.monthrange(2000, month)[1]:
        raise Unreadable
    for year in range(today.year - 1, today.year + 9):
        if day <= calendar.monthrange(year, month)[1]:
            found = date(year, month, day)
            if found >= today - RECENTLY:
                return found
    raise Unreadable


def week_of(day: date) -> DateSpan:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_month(day: date) -> DateSpan:
    last = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=1), day.replace(day=last)


def month_of(month: int, year: str | None, today: date) -> DateSpan:
    if year:
        return whole_month(a_date(int(year), month, 1))
    return whole_month(date(today.year + (month < today.month), month, 1))


def part_of_month(part: str, which: str | None, name: str | None, today: date) -> DateSpan:
    first, last = month_of(MONTH_WORDS[name], None, today) if name else whole_month(today)
    early = part.startswith(("principio", "comienzo"))
    middle = part in {"mediados", "mitad"}
    over = today.day > (10 if early else 20 if middle else 31)
    if not name and ("viene" in (which or "") or "proxima" in (which or "") or over):
        first, last = whole_month(months_on(first, 1))
    if early:
        return first, first.replace(day=10)
    if middle:
        return first.replace(day=11), first.replace(day=20)
    return last - timedelta(days=6), last


def named_span(name: str, today: date) -> DateSpan:
    monday, sunday = week_of(today)
    week = timedelta(weeks=1)
    saturday = sunday - timedelta(days=1)
    return {
        "this_week": (today, sunday),
        "next_week": (monday + week, sunday + week),
        "weekend": (max(saturday, today), sunday),
        "next_weekend": (
            (saturday + week, sunday + week) if today >= saturday else (saturday, sunday)
        ),
        "this_month": (today, whole_month(today)[1]),
        "next_month": whole_month(months_on(today, 1)),
    }[name]
