"""When somebody means, in their own words, as windows of time. Pure: `now` is passed in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from agent.when.clock import DAY_MINUTES, Hours, Unreadable, read_hours
from agent.when.dates import read_dates
from agent.when.days import SOON_DAYS, Days, Over, named_day, read_days
from agent.when.iso import MINUTE, read_iso
from agent.when.result import Ambiguous, Option, Past, Reading, Unclear, Window, Windows
from agent.when.spans import DateSpan
from agent.when.words import MONTHS, WEEKDAY_NAMES, WEEKDAYS, plain

LONGEST_TEXT = 400
MOST_DAYS = 62
# A number alone may be an hour up to here; beyond, it is a day of the month.
LAST_HOUR_ALONE = 20
LAST_DAY_OF_MONTH = 31

_IN_HOURS = re.compile(
    r"\b(?:en|dentro de) (\d{1,3}|una?|media|un par de) (hora|minuto)s?\b(?: y (media))?"
)
_OR = re.compile(r"\s(?:o|o sea|o si no)\s")
_SAME_HOURS = re.compile(
    r"\b(las? \d{1,2}(?::\d{2})?) o (?=\d{1,2}(?::\d{2})?(?: (?:hs|h|de la)\b|$))"
)
_SAME_UNIT = re.compile(r"\b(\d{1,2}) o (\d{1,2}) ?(hs|horas|h|am|pm)\b")
_UNREAD = re.compile(
    rf"\d|\b(?:no|ni|nunca|menos|excepto|salvo|tampoco|{'|'.join(WEEKDAYS)}|{'|'.join(MONTHS)})\b"
)
_LONE_NUMBER = re.compile(r"(?:(?:para|el|dia|;|,|#) ?)*(\d{1,2})(?: ?(?:;|,|#))*")


# What may stand beside hours that are all a text says; a word unknown there may be a day mistyped.
_AROUND_HOURS = frozenset(
    {
        "a",
        "al",
        "de",
        "del",
        "desde",
        "el",
        "en",
        "es",
        "la",
        "las",
        "lo",
        "para",
        "por",
        "que",
        "y",
    }
    | {"bien", "dale", "favor", "gracias", "hola", "mas", "me", "mejor", "menos", "ok", "porfa"}
    | {"horario", "horarios", "hora", "horas", "turno", "turnos", "un", "una", "algo", "tiene"}
    | {"necesito", "podria", "podes", "prefiero", "puede", "puedo", "quiero", "quisiera", "seria"}
    | {"queda", "ser", "si", "sea", "siempre", "solo", "tenes", "hay", "i", "can", "please", "want"}
    | {"queria", "cita", "consulta", "an", "appointment", "for", "would", "like", "dame", "buscame"}
)


def parse_when(text: str, now: datetime) -> Reading:
    """Read Argentine Spanish, simple English or ISO 8601; never guess, never answer with the past.

    `now` is aware, in the clinic's zone. Hours alone ("a la tarde", "a las 10") mean any of the
    next 14 days; days alone mean the whole day. "A o B" gives the windows of both. Words that
    are not about time are passed over, but a negation, or a number or day that the
    grammar could not place, makes the whole text unclear.
    """
    if len(text) > LONGEST_TEXT or any(char.isdigit() and not char.isascii() for char in text):
        return Unclear()
    try:
        iso = read_iso(text, now.tzinfo)
        if iso is not None:
            return _answer([iso[0]], now, exact=iso[1])
        return _read(plain(text), now)
    except Over:
        return Past()
    except (Unreadable, OverflowError):
        return Unclear()


def _read(text: str, now: datetime) -> Reading:
    if text.isdecimal():
        return _lone_number(int(text), now)
    soon = _IN_HOURS.search(text)
    if soon:
        return _in_hours(soon, text, now)
    text = _SAME_UNIT.sub(r"\1 \3 o \2 \3", _SAME_HOURS.sub(r"\1 o a las ", text))
    parts = [_read_part(part, now.date()) for part in _OR.split(text)]
    if len(parts) == 1:
        return _meaning(*parts[0], now)
    return _any_of(parts, now)


def _read_part(text: str, today: date) -> tuple[Days | None, Hours | None]:
    found, rest = read_dates(text, today)
    hours, rest = read_hours(rest)
    days, rest = read_days(found, rest, today)
    alone = _LONE_NUMBER.fullmatch(rest)
    if days is None and alone:
        return named_day(int(alone[1]), today), hours
    words = set(re.findall(r"[a-z]+", rest))
    if _UNREAD.search(rest) or (hours and days is None and not words <= _AROUND_HOURS):
        raise Unreadable
    return days, hours


def _any_of(parts: list[tuple[Days | None, Hours | None]], now: datetime) -> Reading:
    """Read alternatives; one that lacks its day or hour has that of its neighbour."""
    if all(part == (None, None) for part in parts):
        return Unclear()
    named = [part for part in parts if part != (None, None)]
    windows: list[Window] = []
    exact = True
    for index, (days, hours) in enumerate(named):
        before = [part[0] for part in named[:index] if part[0]]
        later = [part[1] for part in named[index + 1 :] if part[1]]
        meaning = _meaning(
            days or (before[-1] if before else None), hours or (later[0] if later else None), now
        )
        if isinstance(meaning, Ambiguous):
            meaning = meaning.options[0].meaning
        if isinstance(meaning, Windows):
            windows += meaning.windows
            exact = exact and meaning.exact
    return _answer(windows, now, exact=exact)


def _meaning(days: Days | None, hours: Hours | None, now: datetime) -> Reading:
    if days is None and hours is None:
        return Unclear()
    if days is None:
        today = now.date()
        days = Days(((today, today + timedelta(days=SOON_DAYS - 1)),))
    meant = [_windows(spans, hours, now) for spans in (days.spans, days.rival) if spans]
    exact = hours is not None and hours.exact
    readings = [_answer(windows, now, exact=exact) for windows in meant]
    options = [
        Option(_say(reading), reading) for reading in readings if isinstance(reading, Windows)
    ]
    if len(options) > 1:
        if options[0].text == options[1].text:
            options = [Option(f"hasta {_last_day(one.meaning)}", one.meaning) for one in options]
        return Ambiguous(tuple(options))
    return options[0].meaning if options else readings[0]


def _windows(spans: tuple[DateSpan, ...], hours: Hours | None, now: datetime) -> list[Window]:
    if hours is None:
        one = timedelta(days=1)
        return [(_at(first, 0, now), _at(last + one, 0, now)) for first, last in spans]
    found: list[Window] = []
    for first, last in spans:
        start = max(first, now.date()) if last >= now.date() else first
        for offset in range(min((last - start).days + 1, MOST_DAYS)):
            day = start + timedelta(days=offset)
            found += [(_at(day, low, now), _at(day, high, now)) for low, high in hours.spans]
    return found


def _at(day: date, minute: int, now: datetime) -> datetime:
    """Return the moment of a wall time, in the clinic's zone as it is that day."""
    day += timedelta(days=minute // DAY_MINUTES)
    wall = time(minute % DAY_MINUTES // 60, minute % 60)
    moment = datetime.combine(day, wall, now.tzinfo)
    # There and back: a wall time that a clock change leaves out becomes one that exists.
    return moment.astimezone(UTC).astimezone(now.tzinfo)


def _answer(windows: list[Window], now: datetime, *, exact: bool) -> Reading:
    """Return what of the windows is ahead, in order and apart."""
    moment = now.astimezone(UTC)
    ahead: list[Window] = []
    for start, end in sorted(windows, key=lambda window: window[0].astimezone(UTC)):
        if exact and start.astimezone(UTC) < moment:
            continue
        first = start if start.astimezone(UTC) >= moment else now
        if first.astimezone(UTC) >= end.astimezone(UTC):
            continue
        if ahead and not exact and first.astimezone(UTC) <= ahead[-1][1].astimezone(UTC):
            last = max(ahead[-1][1], end, key=lambda when: when.astimezone(UTC))
            ahead[-1] = (ahead[-1][0], last)
        elif (first, end) not in ahead[-1:]:
            ahead.append((first, end))
    return Windows(tuple(ahead), exact=exact) if ahead else Past()


def _in_hours(match: re.Match[str], text: str, now: datetime) -> Reading:
    """Read "en dos horas": from then until that day ends."""
    if _UNREAD.search(text[: match.start()] + text[match.end() :]):
        return Unclear()
    amount = {"un": 1.0, "una": 1.0, "media": 0.5, "un par de": 2.0}.get(match[1])
    amount = float(match[1]) if amount is None else amount
    amount += 0.5 if match[3] else 0
    wait = timedelta(hours=amount) if match[2] == "hora" else timedelta(minutes=amount)
    start = (now.astimezone(UTC) + wait).astimezone(now.tzinfo)
    end = _at(start.date() + timedelta(days=1), 0, now)
    return _answer([(start, end)], now, exact=False)


def _lone_number(number: int, now: datetime) -> Reading:
    """Read a number with nothing around it: a day of the month, or an hour where it can be one."""
    if not 1 <= number <= LAST_DAY_OF_MONTH:
        return Unclear()
    day = _meaning(named_day(number, now.date()), None, now)
    if number > LAST_HOUR_ALONE:
        return day
    hour = _meaning(None, read_hours(f"a las {number}")[0], now)
    options = [
        Option(text, reading)
        for text, reading in ((_say(day), day), (f"a las {_hour(hour)}", hour))
        if isinstance(reading, Windows)
    ]
    return Ambiguous(tuple(options))


def _hour(reading: Reading) -> str:
    return f"{reading.windows[0][0]:%H:%M}" if isinstance(reading, Windows) else ""


def _say(reading: Reading) -> str:
    """Name the first day meant, and the hour where one was named."""
    if not isinstance(reading, Windows):
        return ""
    start = reading.windows[0][0]
    return f"{_day(start)}, {start:%H:%M}" if reading.exact else _day(start)


def _last_day(reading: Windows) -> str:
    return _day(reading.windows[-1][1] - MINUTE)


def _day(moment: datetime) -> str:
    return f"{WEEKDAY_NAMES[moment.weekday()]} {moment.day} de {MONTHS[moment.month - 1]}"
