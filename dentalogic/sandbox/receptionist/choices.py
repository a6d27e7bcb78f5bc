"""Which of the offered things the patient means: "la 2", "el de las 14:30", "con Ruiz", "dale"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dentalogic.sandbox.receptionist.dates import WEEKDAYS
from dentalogic.sandbox.receptionist.text import fold, is_no, is_unsure, is_yes

Item = dict[str, Any]

_ORDINALS = (
    r"primer[oa]?|1(?:ra|ro|er|era|ero|°|º|ª)?|uno|una|first",
    r"segund[oa]|2(?:da|do|°|º|ª)?|dos|second",
    r"tercer[oa]?|3(?:ra|ro|er|era|ero|°|º|ª)?|tres|third",
    r"cuart[oa]|4(?:ta|to|°|º|ª)?|cuatro|fourth",
    r"quint[oa]|5(?:ta|to|°|º|ª)?|cinco|fifth",
)
_PICK = r"(?:la|el|opcion|numero|nro|n°|the|option|number)"
_EXPLICIT = tuple(
    re.compile(
        rf"^\W*(?:{words})\W*$"
        rf"|\b{_PICK} (?:opcion |numero )?(?:{words})\b(?! (?:semana|de (?:ener|febr|marz|abr|may"
        rf"|jun|jul"
        rf"|ago|set|sep|oct|nov|dic))|[:/.]\d)"
        rf"|\b(?:quiero|prefiero|dame|mejor|elijo|reservame|dale|si),? (?:la |el )?(?:{words})\W*$"
    )
    for words in _ORDINALS
)
_NAMED = tuple(
    re.compile(rf"\b(?:{name})\b")
    for name in (
        r"primer[oa]|first",
        r"segund[oa]|second",
        r"tercer[oa]|third",
        r"cuart[oa]",
        r"quint[oa]",
    )
)
_LAST = re.compile(r"\b(?:la|el|the) ultim[oa]\b|\blast one\b|^\W*ultim[oa]\W*$")
_THAT = re.compile(
    r"\b(?:es[ea]|eso|est[ea]|ese mismo|esa misma|that one|that works)\b(?! (?:no|semana|dia))"
)
_ANY = re.compile(
    r"\b(?:la que (?:sea|quieras|puedas|haya)|el que (?:sea|quieras|puedas|haya)|el mas temprano"
    r"|la mas temprano|lo antes posible|cuanto antes|el mas cercano|any|whichever|either)\b"
)
_CLOCK = re.compile(
    r"(?<![\d/.])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?![\d/]|\.\d)"
    r"(?: y (?P<words>media|cuarto))?(?: ?(?P<half>am|pm)\b)?"
    r"(?: de la (?P<part>manana|tarde|noche))?"
)
_SPELLED = {
    word: str(number)
    for number, word in enumerate(
        (
            "una",
            "dos",
            "tres",
            "cuatro",
            "cinco",
            "seis",
            "siete",
            "ocho",
            "nueve",
            "diez",
            "once",
            "doce",
        ),
        start=1,
    )
}
_SPELLED_CLOCK = re.compile(rf"\b(?:las|la) ({'|'.join(_SPELLED)})\b")
_AT = re.compile(r"\b(?:las?|tipo|at)\s*$")
_NOON = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """What a text says about a list: the one meant, or that several fit, or that none does."""

    item: Item | None = None
    several: bool = False
    refused: bool = False


def choose(text: str, items: Sequence[Item]) -> Choice:  # noqa: PLR0911
    """Read a choice among `items` (slots or appointments, in the order they were shown)."""
    folded = fold(text).strip()
    if not items or not folded:
        return Choice()
    ordinal = _by_ordinal(folded, items)
    if ordinal is not None:
        return Choice(ordinal)
    fits, narrowed = _narrow(folded, items)
    if narrowed and fits:
        return Choice(fits[0]) if len(fits) == 1 or _ANY.search(folded) else Choice(several=True)
    if narrowed:
        return Choice()
    if _ANY.search(folded) or is_unsure(folded):
        return Choice(items[0])
    if is_no(folded):
        return Choice(refused=True)
    if is_yes(folded) or _THAT.search(folded):
        return Choice(items[0]) if len(items) == 1 else Choice(several=True)
    return Choice()


def _by_ordinal(folded: str, items: Sequence[Item]) -> Item | None:
    if _LAST.search(folded):
        return items[-1]
    for patterns in (_EXPLICIT, _NAMED):
        picked = [
            item for item, pattern in zip(items, patterns, strict=False) if pattern.search(folded)
        ]
        if len(picked) == 1:
            return picked[0]
    return None


def _narrow(folded: str, items: Sequence[Item]) -> tuple[list[Item], bool]:
    """Return the items that fit what is said of day, hour, person; and whether any was said."""
    fits = list(items)
    narrowed = False
    days = {day for day in WEEKDAYS if re.search(rf"\b{day}\b", folded)}
    if days:
        narrowed = True
        fits = [
            item for item in fits if fold(_text(item, "weekday")) in days or _names_day(item, days)
        ]
    dates = {
        int(found)
        for found in re.findall(
            r"\b(?:el|dia|lunes|martes|miercoles|jueves|viernes|sabado) (\d{1,2})\b(?!:)", folded
        )
    }
    on_dates = [item for item in fits if _day_of_month(item) in dates]
    if on_dates:
        narrowed, fits = True, on_dates
    hours = _hours(folded, bare=not dates)
    if hours:
        narrowed = True
        fits = [item for item in fits if _text(item, "time")[:5] in hours]
    people = [item for item in fits if _names_professional(folded, item)]
    if people and len(people) < len(fits):
        narrowed, fits = True, people
    services = [item for item in fits if _names_service(folded, item)]
    if services and len(services) < len(fits):
        narrowed, fits = True, services
    return fits, narrowed


def _text(item: Item, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _names_day(item: Item, days: set[str]) -> bool:
    return not _text(item, "weekday") and any(day in fold(_text(item, "text")) for day in days)


def _day_of_month(item: Item) -> int:
    tail = _text(item, "date")[8:10]
    return int(tail) if tail.isdecimal() else -1


def _names_professional(folded: str, item: Item) -> bool:
    return _shares_word(folded, _text(item, "professional"))


def _names_service(folded: str, item: Item) -> bool:
    service = item.get("service")
    return isinstance(service, str) and _shares_word(folded, service)


def _shares_word(folded: str, name: str) -> bool:
    words = [word for word in re.findall(r"[a-z]+", fold(name)) if len(word) > 3]  # noqa: PLR2004
    return any(re.search(rf"\b{word}\b", folded) for word in words)


def _hours(folded: str, *, bare: bool) -> set[str]:
    """Return the times that the text may name, as HH:MM; an hour without more is read both ways."""
    spelled = _SPELLED_CLOCK.sub(lambda found: f"las {_SPELLED[found[1]]}", folded)
    times: set[str] = set()
    for found in _CLOCK.finditer(spelled):
        hour = int(found["hour"])
        said = found["minute"] or found["words"] or found["half"] or found["part"]
        at = _AT.search(spelled[: found.start()]) or re.match(
            r" ?(?:hs|h|hrs)\b", spelled[found.end() :]
        )
        if hour >= 24 or not (said or at or (bare and len(spelled) <= 6)):  # noqa: PLR2004
            continue
        minute = found["minute"] or {"media": "30", "cuarto": "15"}.get(found["words"] or "", "00")
        afternoon = found["half"] == "pm" or found["part"] in {"tarde", "noche"}
        morning = found["half"] == "am" or found["part"] == "manana"
        if not (afternoon and hour < _NOON):
            times.add(f"{hour:02}:{minute}")
        if hour < _NOON and not morning:
            times.add(f"{hour + _NOON:02}:{minute}")
    return times
