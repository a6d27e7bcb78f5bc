"""The dates written with figures: 24/11, "24 de noviembre", "martes 24", "del 24 al 28"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from agent.when.spans import MONTH_WORDS, DateSpan, a_date, next_date
from agent.when.words import MONTHS, WEEKDAYS

CENTURY, YEARS_SHORT = 2000, 100


@dataclass(slots=True)
class Found:
    """What was taken out of a text so far, each mention leaving a `#` in its place."""

    dates: list[date] = field(default_factory=list)
    spans: list[DateSpan] = field(default_factory=list)
    weekdays: list[tuple[int, str]] = field(default_factory=list)
    together: bool = False


WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
_MONTH = rf"(?:{'|'.join(sorted(MONTH_WORDS, key=len, reverse=True))})"
FULL_MONTH = rf"(?:{'|'.join(MONTHS)})"
NO_CLOCK = (
    r"(?![\d:./]|\.\d| (?:hs|hrs|hr|horas?|h|am|pm)\b| y (?:media|cuarto)\b| de la | en punto)"
)

_ISO = re.compile(r"(?<![\d/\-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d/\-])")
_SLASHED = re.compile(r"(?<![\d/\-.])(\d{1,2})([/\-.])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/\-])")
_DAY_SPAN = re.compile(
    rf"\b(?:(?:del|desde el|de|el) )?(\d{{1,2}}) (?:al|hasta el) (\d{{1,2}})"
    rf"(?: de ({_MONTH}))?\b{NO_CLOCK}"
    rf"|\bentre el (\d{{1,2}}) y (?:el )?(\d{{1,2}})(?: de ({_MONTH}))?\b{NO_CLOCK}"
)
_LISTED = re.compile(
    rf"\b(\d{{1,2}})(?=(?: ,| y)(?: el)? (?:\d{{1,2}}(?: ,| y)(?: el)? ){{0,6}}\d{{1,2}}"
    rf"(?: de)? ({_MONTH})\b)"
)
_WRITTEN = re.compile(
    rf"\b(\d{{1,2}})(?: de)? ({_MONTH})\b(?:(?: del?)?(?: ano)? (\d{{4}})\b)?"
    rf"|\b({FULL_MONTH}) (\d{{1,2}})\b{NO_CLOCK}(?:(?: ,)? (\d{{4}})\b)?"
)
_DAY_OF_MONTH = re.compile(rf"\b(?P<lead>el|del|al|dia) (?:dia )?(\d{{1,2}})\b{NO_CLOCK}")
_ONE_MORE = re.compile(rf"(?P<lead># (?:,|y)) (?:el )?(\d{{1,2}})\b{NO_CLOCK}")
_WEEKDAY_NUMBER = re.compile(rf"\b(?P<lead>{WEEKDAY}) ?,? (?:el )?(?:dia )?(\d{{1,2}})\b{NO_CLOCK}")


def read_dates(text: str, today: date) -> tuple[Found, str]:
    """Take the dates written with figures out of the text; each leaves a `#`."""
    found = Found()

    def keep(day: date) -> str:
        found.dates.append(day)
        return " # "

    def day_span(match: re.Match[str]) -> str:
        low, high, name = match.groups()[:3] if match[1] else match.groups()[3:]
        month = MONTH_WORDS.get(name or "")
        first = next_date(today, int(low), month)
        found.spans.append((first, next_date(first, int(high), None)))
        return " # "

    def written(match: re.Match[str]) -> str:
        day, month, year = match.groups()[:3] if match[1] else (match[5], match[4], match[6])
        if year:
            return keep(a_date(int(year), MONTH_WORDS[month], int(day)))
        return keep(next_date(today, int(day), MONTH_WORDS[month]))

    def slashed(match: re.Match[str]) -> str:
        day, month, year = int(match[1]), int(match[3]), match[4]
        if match[2] == "." and not year:
            return match[0]
        if year:
            return keep(a_date(int(year) + (CENTURY if int(year) < YEARS_SHORT else 0), month, day))
        return keep(next_date(today, day, month))

    def numbered(match: re.Match[str]) -> str:
        return match["lead"] + keep(next_date(today, int(match[2]), None))

    text = _ISO.sub(lambda match: keep(a_date(*(int(part) for part in match.groups()))), text)
    text = _SLASHED.sub(slashed, text)
    text = _DAY_SPAN.sub(day_span, text)
    text = _LISTED.sub(
        lambda match: keep(next_date(today, int(match[1]), MONTH_WORDS[match[2]])), text
    )
    text = _WRITTEN.sub(written, text)
    text = _WEEKDAY_NUMBER.sub(numbered, text)
    text = _DAY_OF_MONTH.sub(numbered, text)
    text = _ONE_MORE.sub(numbered, " ".join(text.split()))
    return found, " ".join(text.split())
