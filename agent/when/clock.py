"""The hours in somebody's words: clock times, spans of them, parts of the day.

An hour below 13 without a part of the day, am or pm is read as a clinic means it: 1 to 7 are of the
afternoon, 8 to 12 of the morning. A leading zero ("07:30") says that the clock has 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DAY_MINUTES = 24 * 60
PARTS = {
    "manana": (6 * 60, 13 * 60),
    "mediodia": (12 * 60, 14 * 60),
    "siesta": (13 * 60, 16 * 60),
    "tarde": (13 * 60, 20 * 60),
    "tardecita": (17 * 60, 20 * 60),
    "noche": (19 * 60, 23 * 60),
    "madrugada": (0, 6 * 60),
    "temprano": (6 * 60, 11 * 60),
}
WHOLE_DAY = (6 * 60, 20 * 60)
FIRST_HOURS, LAST_HOURS = 4 * 60, 3 * 60
MIDDLE_MARGIN = 2 * 60
ABOUT_BEFORE, ABOUT_AFTER = 60, 90
MORNING_FROM = 8
NOON, MIDNIGHT = 12, 24
LAST_MINUTE = 59

Span = tuple[int, int]


class Unreadable(Exception):
    """The words contradict themselves, or name what no clock or calendar has."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of a day as spans `[start, end)`; `exact` when they are starts that were named."""

    spans: tuple[Span, ...]
    exact: bool = False


@dataclass(slots=True)
class _Found:
    spans: list[tuple[str, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    at: list[str] = field(default_factory=list)
    limits: list[Span] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


_PART = r"(?:manana|mediodia|siesta|tardecita|tarde|noche|madrugada)"
_UNIT = r"(?:hs|hrs|hr|horas|hora|h|am|pm)"
_TIME = (
    r"\d{1,2}(?:[:.]\d{2}| h \d{2})?(?: y (?:media|cuarto|\d{1,2})\b| menos (?:cuarto|\d{1,2})\b)?"
    rf"(?: {_UNIT}\b)?(?: en punto)?(?: (?:de|por|a|en) la {_PART}\b| (?:del|al) mediodia\b)?"
    r"(?![\d/:])"
)
_PAIR = r"\d{1,2} [0-5][05]\b(?! de\b)(?![\d/:])"
_LAS = r"las? "

_SPAN = re.compile(
    rf"(?P<lead>\b(?:entre|desde|de) (?:{_LAS})?|\b(?:a )?{_LAS}|)"
    rf"(?<![\d/:])(?P<first>{_TIME}) ?(?P<to>y|a|hasta|-) ?(?P<las>{_LAS})?(?P<second>{_TIME})"
)
_AFTER = re.compile(
    r"\b(?:mas tarde|despues|luego|a partir|pasad[ao]s?|desde|nunca antes)(?: de| que)?"
    rf" (?:{_LAS})?({_PAIR}|{_TIME})|\b(?:(?:de|desde) )?(?:{_LAS})?({_TIME}) en adelante\b"
)
_BEFORE = re.compile(
    r"\b(?:antes|hasta|nunca mas tarde|mas temprano)(?: de| que)?"
    rf" (?:{_LAS})?({_PAIR}|{_TIME})"
)
_ABOUT = re.compile(
    r"\b(?:tipo|alrededor de|cerca de|a eso de|como a|como|sobre|mas o menos a|aprox)"
    rf" (?:{_LAS})?({_TIME})"
)
_AT = re.compile(rf"\b(?:a )?{_LAS}({_PAIR}|{_TIME})")
_SAYS_CLOCK = rf"[:.]| h | y (?:media|cuarto)| menos | {_UNIT}\b|en punto| la | (?:del|al) mediodia"
_CLOCK = re.compile(_SAYS_CLOCK)
_BARE = re.compile(rf"(?<![\d/:\-])\b({_TIME})")
_EDGE = re.compile(r"\b(?:a )?(primera|ultima) hora(?: (?:de|por|a) la (manana|tarde|noche))?\b")
_MIDDLE = re.compile(r"\b(?:a )?media (manana|tarde)\b")
_PART_OF_DAY = re.compile(
    r"\b(?:(?:(?:a|por|de|en|durante|toda) )?las? (manana|siesta|tardecita|tarde|noche|madrugada)s?"
    r"|(mediodia)|(?<=manana )de (manana)|(?<!mas )(?<!muy )(tardecita|tarde|noche|temprano))\b"
)
_ANSWER = re.compile(
    r"(?P<hour>\d{1,2})(?:(?:[:.]| h )(?P<minute>\d{2})| (?P<spoken>[0-5][05]))?"
    r"(?: y (?P<plus>media|cuarto|\d{1,2})| menos (?P<less>cuarto|\d{1,2}))?"
    rf"(?: (?P<unit>{_UNIT}))?(?: en punto)?(?: (?:(?:de|por|a|en) la|del|al) (?P<part>{_PART}))?"
)
_FRACTIONS = {"media": 30, "cuarto": 15}


def read_hours(text: str) -> tuple[Hours | None, str]:
    """Return the hours that the text names, if any, and the text without them."""
    found, rest = _take_all(text)
    parts = list(dict.fromkeys(found.parts))
    if found.spans or found.about or found.at:
        if found.after or found.before or len(parts) > 1:
            raise Unreadable
        return _named(found, parts[0] if parts else None), rest
    if len(parts) > 1:
        if found.after or found.before or found.limits:
            raise Unreadable
        return Hours(tuple(sorted(PARTS[name] for name in parts))), rest
    limits = found.limits + [PARTS[name] for name in parts]
    if not (found.after or found.before or limits):
        return None, rest
    part = parts[0] if parts else None
    limits += [(_minutes(time, part), DAY_MINUTES) for time in found.after]
    limits += [(0, _minutes(time, part)) for time in found.before]
    return Hours((_both(limits),)), rest


def _both(limits: list[Span]) -> Span:
    start, end = max(low for low, _high in limits), min(high for _low, high in limits)
    if start >= end:
        raise Unreadable
    return start, end


def _take_all(text: str) -> tuple[_Found, str]:
    """Take every mention of hours out of the text, the longer forms first."""
    found = _Found()

    def take(pattern: re.Pattern[str], into: list[str], text: str) -> str:
        def keep(match: re.Match[str]) -> str:
            into.append(next(group for group in match.groups() if group is not None))
            return " ; "

        return pattern.sub(keep, text)

    def keep_span(match: re.Match[str]) -> str:
        first, second = match["first"], match["second"]
        # "24 a las 16" is a day and an hour; "15 a 17 hs" is a span.
        a_day = match["las"] or not _CLOCK.search(second)
        if not match["lead"] and not _CLOCK.search(first) and a_day:
            return match[0]
        if match["to"] == "y" and not match["lead"].startswith("entre"):
            return match[0]
        found.spans.append((first, second))
        return " ; "

    def keep_edge(match: re.Match[str]) -> str:
        low, high = PARTS[match[2]] if match[2] else WHOLE_DAY
        first = match[1] == "primera"
        found.limits.append((low, low + FIRST_HOURS) if first else (high - LAST_HOURS, high))
        return " ; "

    def keep_middle(match: re.Match[str]) -> str:
        low, high = PARTS[match[1]]
        found.limits.append((low + MIDDLE_MARGIN, high - MIDDLE_MARGIN))
        return " ; "

    def keep_bare(match: re.Match[str]) -> str:
        if not _CLOCK.search(match[1]):
            return match[0]
        found.at.append(match[1])
        return " ; "

    text = _EDGE.sub(keep_edge, text)
    text = _MIDDLE.sub(keep_middle, text)
    text = _SPAN.sub(keep_span, text)
    text = take(_AFTER, found.after, text)
    text = take(_BEFORE, found.before, text)
    text = take(_ABOUT, found.about, text)
    text = take(_AT, found.at, text)
    text = _BARE.sub(keep_bare, text)
    return found, take(_PART_OF_DAY, found.parts, text)


def _named(found: _Found, part: str | None) -> Hours:
    """Return the spans, or else the starts, that were named by the clock."""
    spans = [_span(first, second, part) for first, second in found.spans]
    for time in found.about:
        about = _minutes(time, part)
        spans.append((max(0, about - ABOUT_BEFORE), min(DAY_MINUTES, about + ABOUT_AFTER)))
    if found.limits or (spans and found.at):
        raise Unreadable
    if spans:
        return Hours(tuple(sorted(spans)))
    starts = sorted({_minutes(time, part) for time in found.at})
    if starts[-1] >= DAY_MINUTES:
        raise Unreadable
    return Hours(tuple((start, start + 1) for start in starts), exact=True)


def _span(first: str, second: str, part: str | None) -> Span:
    end = _minutes(second, part)
    start = _minutes(first, part)
    part_of_end = _answer(second)["part"]
    if part_of_end and not part and not _answer(first)["part"]:
        # "de 3 a 5 de la tarde": its first hour is of that part too, unless it comes out later.
        same = _minutes(first, part_of_end)
        start = same if same < end else start
    if end <= start and end + DAY_MINUTES // 2 <= DAY_MINUTES:
        end += DAY_MINUTES // 2
    if start >= end:
        raise Unreadable
    return start, end


def _answer(time: str) -> re.Match[str]:
    match = _ANSWER.fullmatch(time.strip())
    if match is None:
        raise Unreadable
    return match


def _minutes(time: str, part: str | None) -> int:
    """Return the minute of the day that a clock time means within a part of the day."""
    match = _answer(time)
    hour, minute = int(match["hour"]), int(match["minute"] or match["spoken"] or 0)
    plus, less = match["plus"], match["less"]
    shift = (_FRACTIONS.get(plus) or int(plus)) if plus else 0
    shift -= (_FRACTIONS.get(less) or int(less)) if less else 0
    total = _hour_of_day(hour, match, match["part"] or part) * 60 + minute + shift
    if minute > LAST_MINUTE or abs(shift) > LAST_MINUTE or not 0 <= total <= DAY_MINUTES:
        raise Unreadable
    return total


def _hour_of_day(hour: int, match: re.Match[str], part: str | None) -> int:
    if match["unit"] in {"am", "pm"} and 1 <= hour <= NOON:
        return hour % NOON + (NOON if match["unit"] == "pm" else 0)
    if hour > NOON or match["hour"].startswith("0"):
        before_noon = match["unit"] == "am" or part in {"manana", "madrugada"}
        if hour > MIDNIGHT or (before_noon and hour > NOON):
            raise Unreadable
        return hour
    noon_is = {"noche": MIDNIGHT, "madrugada": 0}.get(part or "", NOON)
    if hour == NOON:
        return noon_is
    if part in {"tarde", "tardecita", "siesta", "noche"} or (
        part == "mediodia" and hour < MORNING_FROM
    ):
        return hour + NOON
    in_the_morning = part is not None or hour >= MORNING_FROM
    return hour if in_the_morning else hour + NOON
