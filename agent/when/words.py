"""Words brought into one form: no accents, numbers as digits, English said in Spanish."""

from __future__ import annotations

import re
import unicodedata

WEEKDAY_NAMES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)


def _words(text: str) -> list[str]:
    return text.split()


_NUMBERS = {
    word: number
    for number, word in enumerate(
        _words(
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
            "quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos "
            "veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve "
            "treinta"
        )
    )
}
_NUMBERS |= {
    word: number
    for number, word in enumerate(
        _words("one two three four five six seven eight nine ten eleven twelve"), start=1
    )
}
_NUMBERS |= {"primero": 1, "veintiun": 21, "cuarenta": 40, "cincuenta": 50}

_TENS = ("30", "40", "50")

# One word for another, once accents are gone.
_ALIASES = {
    **dict(
        zip(
            _words("monday tuesday wednesday thursday friday saturday sunday"),
            WEEKDAYS,
            strict=True,
        )
    ),
    **dict(
        zip(
            _words(
                "january february march april may june july august september october november "
                "december"
            ),
            MONTHS,
            strict=True,
        )
    ),
    "lun": "lunes",
    "mie": "miercoles",
    "jue": "jueves",
    "vie": "viernes",
    "sab": "sabado",
    "dom": "domingo",
    "sabados": "sabado",
    "domingos": "domingo",
    "setiembre": "septiembre",
    "maniana": "manana",
    "mananita": "manana",
    "mnana": "manana",
    "finde": "fin de semana",
    "weekend": "fin de semana",
    "medianoche": "24:00 hs",
    "today": "hoy",
    "tomorrow": "manana",
    "tonight": "hoy a la noche",
    "noon": "mediodia",
    "midday": "mediodia",
    "or": "o",
    "u": "o",
    "and": "y",
    "to": "a",
    "until": "hasta",
    "between": "entre",
    "from": "desde",
    "at": "a las",
    "on": "el",
    "before": "antes de",
    "after": "despues de",
    "around": "tipo",
    "asap": "lo antes posible",
    "days": "dias",
    "day": "dia",
    "weeks": "semanas",
    "week": "semana",
    "months": "meses",
    "month": "mes",
    "in": "en",
    "any": "cualquier",
    "hours": "horas",
    "hour": "hora",
    "early": "temprano",
    "yesterday": "ayer",
    "not": "no",
    "except": "excepto",
    "the": "el",
    "sept": "septiembre",
    "of": "de",
    "neither": "no",
    "juebes": "jueves",
    "jueve": "jueves",
    "miercole": "miercoles",
    "savado": "sabado",
    "biernes": "viernes",
    "vierne": "viernes",
    "martez": "martes",
    "minutes": "minutos",
    "xa": "para",
    "proximo": "proxima",
    "ahora": "lo antes posible",
}
_PHRASES = [
    (re.compile(pattern, re.ASCII), text)
    for pattern, text in (
        (r"\b(?:buenas? (?:tardes|noches)|buen(?:os)? dias?|good (?:morning|afternoon))\b", " "),
        (r"\bo.?clock\b", " "),
        (r"\b(?:as soon as possible|right away|right now)\b", "lo antes posible"),
        (r"\b(?:the )?day after tomorrow\b", "pasado manana"),
        (r"\bthis (morning|afternoon|evening)\b", r"hoy a la \1"),
        (r"\b(?:in the )?(morning|afternoon|evening)s?\b", r"a la \1"),
        (r"\besta (manana|tarde|noche)\b", r"hoy a la \1"),
        (r"\bat (?=(?:noon|midday|night)\b)", ""),
        (r"\bnight\b", "a la noche"),
        (r"\bnext (week|month)\b", r"proxima \1"),
        (r"\bnext (\w+day)\b", r"\1 que viene"),
        (r"\bthis (week|month|\w+day)\b", r"esta \1"),
        (r"\b(\d{1,2}) ?(?:st|nd|rd|th|ro|ero|do|to)\b", r"\1"),
        (r"\bmar(?= \d)", "martes"),
        (r"\bla que viene\b", "la semana que viene"),
        (r"\bmedio dia\b", "mediodia"),
        (r"(?<![a-z])([ap])\s?\.\s?m\b\.?", r" \1m "),
        (r"\b(?:q|k) (?=vienen?\b)", "que "),
        (r"\bvienen\b", "viene"),
        (r"\b[xp] (?=las?\b)", "por "),
        (r"\b(?:otr[ao]) (semana|mes)\b", r"proxima \1"),
        (r"\bcuanto antes\b|\blo mas (?:pronto|rapido|antes) posible\b", "lo antes posible"),
        (r"\bno (?=antes|mas tarde)", "nunca "),
    )
]
_PARTS_OF_DAY = {"morning": "manana", "afternoon": "tarde", "evening": "noche"}
_KEPT = re.compile(r"[^a-z0-9:/.,+\- ]", re.ASCII)


def plain(text: str) -> str:
    """Return the text in the one form that the grammar reads."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in bare if unicodedata.category(char)[0] != "M")
    bare = _KEPT.sub(" ", re.sub(r"[–—]", "-", bare.replace("º", "").replace("°", "")))
    for pattern, replacement in _PHRASES:
        bare = pattern.sub(replacement, bare)
    words = re.findall(r"[a-z]+|[0-9][0-9:/.+\-]*[0-9]|[0-9]|[:/,+\-]", bare)
    words = [_PARTS_OF_DAY.get(word, word) for word in words]
    words = " ".join(_ALIASES.get(word, word) for word in words).split()
    return _join_numbers(words)


def _join_numbers(words: list[str]) -> str:
    """Write numbers as digits: `treinta y uno` is 31, `la una` is 1."""
    found: list[str] = []
    for word in words:
        number = _NUMBERS.get(word)
        if word == "una" and found[-1:] in (["la"], ["las"]):
            number = 1
        if number is None:
            found.append(word)
        elif number in range(1, 10) and found[-1:] == ["y"] and found[-2:-1] and found[-2] in _TENS:
            found[-2:] = [str(int(found[-2]) + number)]
        else:
            found.append(str(number))
    return " ".join(found)
