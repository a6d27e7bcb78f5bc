"""Folding of what people type, so that every pattern is written once and without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Misspellings of calendar words that people type every day; names of people are not touched.
_TYPOS = {
    "lune": "lunes",
    "lunez": "lunes",
    "marte": "martes",
    "martez": "martes",
    "martrs": "martes",
    "mierkoles": "miércoles",
    "miercole": "miércoles",
    "miercoels": "miércoles",
    "mierc": "miércoles",
    "miercolez": "miércoles",
    "jueve": "jueves",
    "juebes": "jueves",
    "jeuves": "jueves",
    "juevez": "jueves",
    "vierne": "viernes",
    "viernez": "viernes",
    "biernes": "viernes",
    "virnes": "viernes",
    "sabdo": "sábado",
    "savado": "sábado",
    "zabado": "sábado",
    "mnana": "mañana",
    "mnna": "mañana",
    "mannana": "mañana",
    "maniana": "mañana",
    "manna": "mañana",
    "tradr": "tarde",
    "trade": "tarde",
    "tard": "tarde",
    "desp": "después",
    "dsp": "después",
    "dps": "después",
}
_WORD = re.compile(r"[^\W\d_]+")
MAX_TEXT = 4000


class _Folding(dict[int, str]):
    """A table for `str.translate` that fills itself with the letters that come up."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        base = unicodedata.normalize("NFD", char)[0].lower()
        folded = base if len(base) == 1 else char
        if code < _REMEMBERED:
            self[code] = folded
        return folded


_REMEMBERED = 0x2100
_FOLDING = _Folding()


# The same texts come back at each call of a conversation.
@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Lower case without accents, character by character: the result is as long as the text."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def tidy(text: str) -> str:
    """Correct the common misspellings of days; everything else stays as it was typed."""
    text = text.replace("\u00a0", " ").replace("’", "'")[:MAX_TEXT]
    return _WORD.sub(lambda found: _TYPOS.get(fold(found[0]), found[0]), text)


def squeeze(text: str) -> str:
    """Return the text on one line, with single spaces."""
    return " ".join(text.split())


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


def has(pattern: re.Pattern[str], folded: str) -> bool:
    return pattern.search(folded) is not None


_YES = re.compile(
    r"\b(?:s+i+p?|sisi|dale+|ok|oka|okey|okay|okis|listo|perfecto|bueno|claro|de una|joya|barbaro|"
    r"genial|confirmo|confirmado|correcto|exacto|esta bien|buenisimo|vamos|obvio|me sirve|me va|"
    r"me queda bien|de acuerdo|por supuesto|adelante|yes|yeah|yep|sure|sounds good)\b"
    r"|^\W*(?:va|dle|daleee*|👍\S*)\W*$|👍"
)
_NO = re.compile(
    r"^\W*(?:no+|nop|nah|nono|mejor no|ningun[oa]s?|para nada|nope|none)\b|\bno,? gracias\b"
    r"|\b(?:no (?:me sirve|me va|puedo|quiero)|mejor no|dejalo|ningun[oa]s?)\b"
)
_UNSURE = re.compile(
    r"\b(?:no se|nose|ni idea|no tengo idea|cualquiera|cualquier (?:dia|hora\w*|momento)|"
    r"me da (?:igual|lo mismo)|es (?:igual|lo mismo)|indistint\w+|lo que (?:haya|tengas|tengan)|"
    r"cuando (?:puedas|puedan|haya|tengas|tengan|sea)|como (?:quieras|prefieras)|"
    r"i don'?t know|any ?time|whenever|any day)\b"
)


def is_no(folded: str) -> bool:
    return has(_NO, folded)


def is_yes(folded: str) -> bool:
    return has(_YES, folded) and not has(_NO, folded)


def is_unsure(folded: str) -> bool:
    """Tell whether the patient leaves it open: "no sé", "cualquiera", "me da igual"."""
    return has(_UNSURE, folded)
