"""The days in somebody's words, as spans of dates (both ends included).

* A weekday is its next occurrence. Where that is today, today and the week after are both meant by
  some, so both come back; "hoy", "este" and "que viene" settle it.
* A day of a month without a year is the next such date; one that passed less than three months
  ago is taken as that past date, a slip to be asked about.
* "en 3 días" is that day; "en dos semanas" is that whole week, Monday to Sunday.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agent.when.clock import Unreadable
from agent.when.dates import FULL_MONTH, WEEKDAY, Found
from agent.when.spans import (
    MONTH_WORDS,
    DateSpan,
    days_between,
    month_of,
    months_on,
    named_span,
    next_date,
    part_of_month,
    week_of,
)
from agent.when.words import WEEKDAYS

SOON_DAYS = 14
REPEATS = 4


class Over(Exception):
    """The words speak of a time that has passed: "ayer", "el martes pasado"."""


@dataclass(frozen=True, slots=True)
class Days:
    """What was meant, and what else the same words can mean."""

    spans: tuple[DateSpan, ...]
    rival: tuple[DateSpan, ...] = ()


_AMOUNT = r"(\d{1,3}|una?|un par de|unos|unas)"

_IN_TIME = re.compile(rf"\b(?:en|dentro de|de aca a) {_AMOUNT} (dia|semana|mes)(?:e?s)?\b")
_WEEK_OF = re.compile(r"\bsemana (?:del?|que empieza el) ?#")
_PART_OF_MONTH = re.compile(
    r"\b(?:a )?(principios?|comienzos?|mediados|mitad|fin(?:es)?|finales)(?: de| del)?"
    rf" (?:(?:el )?(mes que viene|proxima mes|este mes|mes)|({FULL_MONTH}))\b"
)
_NEXT = r"(?:que (?:viene|sigue)|proxima|siguiente|entrante)"
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"\b(?:{WEEKDAY}|semana|mes|ano) pasad[oa]\b|\b(?:ante)?ayer\b|\banoche\b", "over"),
        (r"\bpasado(?: manana\b|\b(?! (?:el|la|las|#|de)\b))", "after_tomorrow"),
        (rf"\b(?:este |el )?(?:proxima fin de semana|fin de semana {_NEXT})\b", "next_weekend"),
        (r"\b(?:este |el |los )?fin(?:es)? de semana\b", "weekend"),
        (rf"\b(?:la )?(?:proxima semana|semana {_NEXT})\b", "next_week"),
        (r"\bdias? (?:de semana|habil(?:es)?|de la semana|laborables?)\b", "workdays"),
        (r"\besta(?: misma)? semana\b", "this_week"),
        (rf"\b(?:el )?(?:proxima mes|mes {_NEXT})\b", "next_month"),
        (r"\best[ea](?: mismo)? mes\b", "this_month"),
        (r"\bhoy(?: mismo| dia)?\b", "today"),
        (r"\bmanana\b", "tomorrow"),
        (
            r"\blo antes posible\b|\bya(?: mismo)?\b|\burgente\b"
            r"|\b(?:el |lo )?(?:1|primer|primero)(?: turno| lugar| hueco)?"
            r" (?:que (?:haya|tengas?|tengan)|disponible|libre)\b"
            r"|\b(?:cualquier|todos los|whatever) (?:dias?|momento|horario|hora|time)\b"
            r"|\bcuando (?:sea|puedas?|puedan|haya|tengas?|tengan|quieras?)\b"
            r"|\b(?:me )?da (?:igual|lo mismo)\b",
            "soon",
        ),
    )
)
_WEEKDAY_SPAN = re.compile(rf"\b(?:de|entre(?: el)?) ({WEEKDAY}) (?:a|y|al|y el) ({WEEKDAY})\b")
_A_WEEKDAY = re.compile(
    rf"(?P<lead>\b(?:este|esta|proxima|otro|los|todos los|(?:el|del|al)(?: (?:proxima|otro))?) )?"
    rf"\b(?P<day>{WEEKDAY})\b(?P<tail> {_NEXT}\b)?"
)
_A_MONTH = re.compile(rf"\b({FULL_MONTH})(?:(?: del?)? (\d{{4}}))?\b")
_FROM = re.compile(r"\b(?:a partir|desde)(?: de)?(?:l| el| la)? ?#|# ?,? (?:en|para) adelante")
_AFTER = re.compile(r"\b(?:luego|despues|pasado)(?: de)?(?:l| el| la)? ?#")
_UNTIL = re.compile(r"\b(?P<word>antes|hasta)(?: de)?(?:l| el| la)? ?#")
_TOGETHER = re.compile(r"#[^#]*(?:,|\by\b)[^#]*#")


def read_days(found: Found, text: str, today: date) -> tuple[Days | None, str]:
    """Return the days that the text and the dates found in it name, and the text without them."""
    soon = _take_words(found, text, today)
    text = soon[1]
    found.together = bool(_TOGETHER.search(text))
    days = _combined(found, today)
    if days is None:
        if soon[0]:
            days = Days(((today, today + timedelta(days=SOON_DAYS - 1)),))
        return days, text
    return _related(days, text, today), text


def named_day(number: int, today: date) -> Days:
    """Return the next day of a month with this number."""
    day = next_date(today, number, None)
    return Days(((day, day),))


def _take_words(found: Found, text: str, today: date) -> tuple[bool, str]:
    """Take the days that are named by words; say whether "as soon as possible" was among them."""
    soon = False

    def in_time(match: re.Match[str]) -> str:
        amount = {"un": 1, "una": 1, "un par de": 2}.get(match[1]) or int(match[1])
        if match[2] == "dia":
            found.dates.append(today + timedelta(days=amount))
        elif match[2] == "semana":
            found.spans.append(week_of(today + timedelta(weeks=amount)))
        else:
            found.spans.append(week_of(months_on(today, amount)))
        return " # "

    def the_week_of(match: re.Match[str]) -> str:
        if found.dates:
            found.spans.append(week_of(found.dates.pop()))
        return " # "

    def a_part_of_month(match: re.Match[str]) -> str:
        found.spans.append(part_of_month(match[1], match[2], match[3], today))
        return " # "

    def a_month(match: re.Match[str]) -> str:
        found.spans.append(month_of(MONTH_WORDS[match[1]], match[2], today))
        return " # "

    def weekday_span(match: re.Match[str]) -> str:
        first, last = WEEKDAYS.index(match[1]), WEEKDAYS.index(match[2])
        length = (last - first) % 7 + 1
        found.weekdays += [((first + offset) % 7, "all") for offset in range(length)]
        return " # "

    def a_weekday(match: re.Match[str]) -> str:
        lead, tail = match["lead"] or "", match["tail"]
        mode = "next" if tail or "proxima" in lead else ""
        mode = "other" if "otro" in lead else mode
        mode = "every" if "los" in lead.split() else mode
        mode = "this" if lead.strip() in {"este", "esta"} else mode
        found.weekdays.append((WEEKDAYS.index(match["day"]), mode))
        return f"{' del' if lead.startswith('del') else ''} # "

    text = _WEEK_OF.sub(the_week_of, text)
    text = _IN_TIME.sub(in_time, text)
    text = _PART_OF_MONTH.sub(a_part_of_month, text)
    for pattern, name in _WORDS:
        if not pattern.search(text):
            continue
        text = pattern.sub(" # ", text)
        if name == "over":
            raise Over
        if name == "soon":
            soon = True
        elif name in _RELATIVE:
            found.dates.append(today + timedelta(days=_RELATIVE[name]))
        elif name == "workdays":
            found.weekdays += [(weekday, "all") for weekday in range(5)]
        else:
            found.spans.append(named_span(name, today))
    text = _A_MONTH.sub(a_month, text)
    text = _WEEKDAY_SPAN.sub(weekday_span, text)
    text = _A_WEEKDAY.sub(a_weekday, text)
    return soon, " ".join(text.split())


_RELATIVE = {"today": 0, "tomorrow": 1, "after_tomorrow": 2}


def _combined(found: Found, today: date) -> Days | None:
    """Put together what the parts of the text say: "martes" and "24", "martes" and "diciembre"."""
    dates, spans = sorted(set(found.dates)), _met(found.spans, together=found.together)
    weekdays = dict(found.weekdays)
    if dates:
        if spans and not all(any(a <= day <= b for a, b in spans) for day in dates):
            if not found.together:
                raise Unreadable
            return Days((*((day, day) for day in dates), *spans))
        return _dates_and_weekdays(dates, weekdays, found.together, today)
    if weekdays and spans:
        days = [day for a, b in spans for day in days_between(a, b) if day.weekday() in weekdays]
        if not days:
            raise Unreadable
        if max(days) < today:
            raise Over
        return Days(tuple((day, day) for day in days if day >= today))
    if weekdays:
        return _weekdays(weekdays, today)
    return Days(tuple(spans)) if spans else None


def _dates_and_weekdays(
    dates: list[date], weekdays: dict[int, str], together: bool, today: date
) -> Days:
    if weekdays and not all(day.weekday() in weekdays for day in dates):
        if together and (len(dates) > 1 or len(weekdays) > 1):
            raise Unreadable
        if together:
            days = {*dates, *(a for a, _b in _weekdays(weekdays, today).spans)}
            return Days(tuple((day, day) for day in sorted(days)))
        wrong = next(day for day in dates if day.weekday() not in weekdays)
        if wrong < today:
            raise Over
        near = (wrong + timedelta(days=offset) for offset in (-1, 1, -2, 2, -3, 3, 4, 5, 6))
        rival = next(day for day in near if day.weekday() in weekdays and day >= today)
        return Days(((wrong, wrong),), ((rival, rival),))
    if len(dates) > 1 and not together:
        return Days(((dates[0], dates[0]),), ((dates[1], dates[1]),))
    return Days(tuple((day, day) for day in dates))


def _weekdays(weekdays: dict[int, str], today: date) -> Days:
    """Return the next occurrence of each weekday, as far off as it was named."""
    spans: list[DateSpan] = []
    rival: tuple[DateSpan, ...] = ()
    for weekday, mode in weekdays.items():
        first = today + timedelta(days=(weekday - today.weekday()) % 7)
        week = timedelta(weeks=1)
        if mode == "every":
            spans += [(first + week * n, first + week * n) for n in range(REPEATS)]
        elif mode == "all":
            spans += [(first + week * n, first + week * n) for n in range(2)]
        elif mode == "next" and first == today:
            spans.append((first + week, first + week))
        else:
            spans.append((first, first))
            if len(weekdays) == 1 and ((first == today and not mode) or mode == "other"):
                rival = ((first + week, first + week),)
    return Days(tuple(sorted(spans)), rival)


def _related(days: Days, text: str, today: date) -> Days:
    """Apply "a partir de", "después de", "antes de" and "hasta" to the days they stand before."""
    since, after, until = _FROM.search(text), _AFTER.search(text), _UNTIL.search(text)
    if not (since or after or until):
        return days
    rival = (_stretch(days.rival, since, after, until, today),) if days.rival else ()
    return Days((_stretch(days.spans, since, after, until, today),), rival)


def _stretch(
    spans: Sequence[DateSpan],
    since: re.Match[str] | None,
    after: re.Match[str] | None,
    until: re.Match[str] | None,
    today: date,
) -> DateSpan:
    spans = sorted(spans)
    start, end = today, spans[-1][1]
    if after:
        start = spans[0][1] + timedelta(days=1)
    elif since:
        start = spans[0][0]
    if not until:
        end = max(end, start + timedelta(days=SOON_DAYS - 1))
    elif until["word"] == "antes":
        end = spans[-1][0] - timedelta(days=1)
    if end < start:
        raise Over if end < today else Unreadable
    return start, end


def _met(spans: list[DateSpan], *, together: bool) -> list[DateSpan]:
    """Return where the spans meet, or all of them where they don't."""
    if not spans:
        return spans
    start, end = max(a for a, _b in spans), min(b for _a, b in spans)
    return sorted(spans) if together or end < start else [(start, end)]
