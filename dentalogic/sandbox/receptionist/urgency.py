"""Words that can't wait: what goes to a hospital now, and words of self-harm."""

from __future__ import annotations

import re
from functools import lru_cache

from dentalogic.sandbox.receptionist.text import fold

_BREATH = r"(?:respir\w*|tragar\w*|tragar ?saliva|breath\w*|swallow\w*)"
_RED_FLAGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bno (?:puedo|podia|logro|puede) (?:ni |casi |bien )*{_BREATH}",
        rf"\b(?:cuesta|custa|costando|dificultad(?:es)?)(?: \w+){{0,3}} {_BREATH}",
        r"\bcuesta(?: \w+){0,2} (?:respirar|tragar)(?: y respirar)?",
        r"\bfalta(?:ndo)? (?:de |el |un poco el )?aire|\bme (?:ahogo|estoy ahogando|asfixio)",
        r"\bhinch\w*(?:[^.\n]{0,40})\b(?:cuello|ojos?|parpados?|lengua|garganta|papada|labios?)\b",
        r"\b(?:cuello|ojo|parpado|lengua|garganta|labios?)\b(?: \w+){0,4} hinch\w*",
        r"\bhinch\w*[^.]{0,60}\bfiebre|\bfiebre[^.]{0,60}\bhinch\w*",
        r"\bsangr\w*[^.\n]{0,60}\b(?:no (?:me |se |le )?(?:para|frena|corta|deja|cede|detiene)"
        r"|hace horas"
        r"|a borbotones|chorros?)",
        r"\bno (?:me |le )?(?:para|deja|paro|dejo|frena|corta)(?: de)? (?:la sangre|sangrar"
        r"|el sangrado)",
        r"\b(?:golpe|golpe\w*|caida|cai|cayo|choque|accidente|pina|pelotazo|trompada)\b[^.]{0,80}\b"
        r"(?:desmay\w*|conocimiento|mandibula|vomit\w*|(?:salio|volo|perdi|perdio|saco|arranc\w+)"
        r"[^.]{0,20}dientes?|dientes?[^.]{0,20}(?:salio|salido|volo|afuera|entero|en la mano))",
        r"\b(?:se (?:me|le) (?:salio|volo)|perdi|se (?:me|le) cayo) (?:el|un) diente[^.]{0,40}"
        r"(?:golpe|cai|caida|entero|raiz|pelota)",
        r"\bronchas\b[^.]{0,60}\b(?:aire|labios|lengua|cara)|\banafila\w+|\bshock anafil\w+",
        r"\b(?:can'?t|cannot|trouble|difficulty|hard to|hard time) (?:breath\w*|swallow\w*)",
        r"\bswollen (?:neck|eye|tongue|throat)|\b(?:neck|eye|tongue|throat) is (?:swollen"
        r"|swelling)",
        r"\b(?:bleeding|blood)[^.]{0,30}\b(?:won'?t|doesn'?t|not) stop|\btooth (?:was "
        r"|got )?knocked out",
    )
)
_NEGATED = re.compile(
    r"\b(?:no|ni|sin|nada de|tampoco|nunca|not|without)\b(?: (?:me|se|le|tengo|hay|esta|es|he"
    r"|tuve|mucha"
    r"|siento|un|una|la|el|de|i|have|is))*\s*$"
)
_PAST = re.compile(
    r"\b(?:el ano pasado|hace (?:meses|anos|un ano)|ya (?:paso|se me paso|estoy bien))\b"
)
_SELF_HARM = re.compile(
    r"\b(?:quiero (?:morirme|morir|matarme)|matarme|suicid\w+|quitarme la vida|no quiero vivir"
    r"|no quiero (?:seguir viviendo|vivir mas)|hacerme dano|kill myself|suicide|end my life)\b"
)


@lru_cache(maxsize=256)
def is_emergency(text: str) -> bool:
    """Tell what must be seen now; what is denied ("no me sangra") is no emergency."""
    folded = " ".join(fold(text).split())
    if _PAST.search(folded):
        return False
    return any(
        not _NEGATED.search(folded[max(0, found.start() - 40) : found.start()])
        for pattern in _RED_FLAGS
        for found in pattern.finditer(folded)
    )


def is_self_harm(text: str) -> bool:
    return _SELF_HARM.search(fold(text)) is not None
