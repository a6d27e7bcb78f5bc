"""The patient's own words about day and time, as one phrase to hand to `check_availability`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dentalogic.sandbox.receptionist.text import fold, squeeze, tidy

SOON = "lo antes posible"

WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_WEEKDAY = r"(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?)"
_MONTH = (
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)"
)
_NUMBER = r"(?:una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
_HOUR = (
    rf"(?:\d{{1,2}}(?:[:.]\d{{2}})?|{_NUMBER})(?: ?(?:hs|hrs|h|horas|am|pm)\b)?"
    r"(?: y (?:media|cuarto))?(?: de la (?:manana|tarde|noche)| del mediodia)?"
)
_PART = (
    r"(?:(?:a|por|en|de|x) la (?:mananita|manana|tardecita|tarde|noche|siesta)"
    r"|(?:al |de |a )?mediodia|(?:bien |mas )?temprano|a (?:la )?(?:primera|ultima) hora"
    r"|de (?:manana|tarde|noche))"
)
_NEXT = (
    r"(?: (?:que viene|proximo|siguiente|que sigue|de la semana que viene|de esta semana"
    r"|de la (?:otra|proxima) semana))"
)
_LEAD = r"(?:(?:el|los|este|proximo|dia) )*"
_COUNT = r"(?:\d{1,2}|una?|dos|tres|cuatro|cinco|diez|quince)"

_TIME_FORMS = (
    _PART,
    rf"(?:despues|antes|luego|a partir) de(?: las?)? {_HOUR}",
    r"(?:despues|antes) del? (?:mediodia|almuerzo|almorzar)",
    rf"(?:desde|hasta|pasadas) las? {_HOUR}",
    rf"entre las? {_HOUR} (?:y|a) (?:las? )?{_HOUR}",
    rf"de {_HOUR} a {_HOUR}",
    rf"(?:a eso de|como a|cerca de|sobre|tipo|a|para) las? {_HOUR}",
    rf"tipo {_HOUR}",
    r"(?<![\d:.])\d{1,2}:\d{2}(?! ?\d)(?: ?(?:hs|h|am|pm)\b)?",
    r"(?<!hace )(?<!cada )(?<![\d:./])\d{1,2} ?(?:hs|hrs|am|pm)\b",
)
_DAY_FORMS = (
    r"\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?)?(?:/\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?)?)?",
    rf"{_LEAD}{_WEEKDAY}(?: \d{{1,2}}(?:/\d{{1,2}}| de {_MONTH})?(?![\d:.])(?! ?(?:hs|h|am|pm)\b))?"
    rf"{_NEXT}?(?: (?:manana|tarde|noche)\b)?(?! pasado)",
    rf"(?:el )?(?:dia )?\d{{1,2}} de {_MONTH}(?: del? \d{{4}})?",
    r"(?:el )?(?<![\d/.-])\d{1,2}[/-]\d{1,2}(?:[/-](?:20)?[2-9]\d)?(?![\d/-]|\.\d)",
    r"(?:el|dia) \d{1,2}(?![\d:/.]|\s*(?:hs|am|pm|de la)\b|-\d)",
    r"pasado manana",
    r"(?<!hasta )(?<!\bla )(?<!\bde )\bmanana",
    r"(?<!hasta )hoy(?: mismo)?",
    r"(?:la )?(?:semana (?:que viene|proxima|siguiente|que sigue)"
    r"|(?:proxima|otra) semana)",
    r"esta (?:misma )?semana|(?:este |el )?(?:fin de semana|finde)(?: que viene)?",
    rf"(?:a )?(?:fin(?:es)?|principios?|mediados) de (?:mes|{_MONTH})|el mes que viene|en {_MONTH}",
    rf"(?:en|dentro de) {_COUNT} (?:dias?|semanas?|mes(?:es)?)",
)
_ATOM = re.compile(
    rf"(?P<day>\b(?:{'|'.join(_DAY_FORMS)})\b)|(?P<time>(?<!\w)(?:{'|'.join(_TIME_FORMS)})(?!\w))"
)
_GAP = re.compile(
    r"(?:[\s,.?]|\b(?:o|y|u|pero|mejor|que sea|si puede ser|puede ser|preferentemente|si es posible"
    r"|en lo posible|para|tipo|si)\b)*"
)
_SOON = re.compile(
    r"\b(?:cuanto antes|lo (?:antes|mas pronto|mas rapido) (?:posible|que (?:se )?pued\w+)"
    r"|lo antes|lo mas pronto|lo mas rapido|cualquier dia|cuando (?:tengas|tengan|haya)(?: lugar)?"
    r"|el primer(?:o)?(?: turno| horario)? (?:que tengas|que tengan|que haya|disponible|libre)"
    r"|primer (?:turno|horario) (?:disponible|libre)|asap|as soon as possible|urgente(?:mente)?"
    r"|ya mismo|ahora mismo)\b"
)
# Days that are about the appointment the patient can't keep, or about when it began to hurt.
_NOT_WANTED_BEFORE = re.compile(
    r"(?:\bno (?:llego|puedo|voy|podre|podria|podemos|vamos|vengo)(?: (?:a|poder|ir|llegar|asistir"
    r"|venir))*|\bmi turno|\btengo (?:un |una )?(?:turno|cita)|\bturno del?|\bque tengo"
    r"|\bdesde|\bdesde hace|\bhace|\bnaci|\bcumpl\w+)(?: (?:de|del|el|para|a|al))*\s*$"
)
_NOT_WANTED_AFTER = re.compile(
    r"\s*,?\s*no (?:puedo|llego|me sirve|me va|voy|trabajan?)\b|\s*no\b\s*[,.]|\s*pasad[oa]\b"
    r"|\s*(?:me|le) (?:sacaron|sacaste|hicieron|arreglaron|empezo)\b"
)
_BARE_PART = re.compile(r"^\W*(?:(?:a|por) la )?(manana|tarde|noche|mediodia)\W*$")
_ENGLISH = (
    (r"\bday after tomorrow\b", "pasado mañana"),
    (r"\btomorrow\b", "mañana"),
    (r"\btoday\b", "hoy"),
    (r"\bnext (mon|tues|wednes|thurs|fri|satur|sun)day\b", r"el \1day que viene"),
    (r"\b(?:on |this )?monday\b", "el lunes"),
    (r"\b(?:on |this )?tuesday\b", "el martes"),
    (r"\b(?:on |this )?wednesday\b", "el miércoles"),
    (r"\b(?:on |this )?thursday\b", "el jueves"),
    (r"\b(?:on |this )?friday\b", "el viernes"),
    (r"\b(?:on |this )?saturday\b", "el sábado"),
    (r"\b(?:on |this )?sunday\b", "el domingo"),
    (r"\bel el\b", "el"),
    (r"\bnext week\b", "la semana que viene"),
    (r"\bthis week\b", "esta semana"),
    (r"\b(?:in the )?morning\b", "a la mañana"),
    (r"\b(?:in the )?afternoon\b", "a la tarde"),
    (r"\b(?:in the )?evening\b", "a la tarde"),
    (r"\bafter (\d{1,2}(?::\d{2})?) ?(am|pm)?\b", r"después de las \1 \2"),
    (r"\bbefore (\d{1,2}(?::\d{2})?) ?(am|pm)?\b", r"antes de las \1 \2"),
    (r"\bat (\d{1,2}(?::\d{2})?) ?(am|pm)?\b", r"a las \1 \2"),
)
_ENGLISH_RULES = tuple((re.compile(pattern, re.IGNORECASE), es) for pattern, es in _ENGLISH)
_GREETINGS = re.compile(r"\bgood (?:morning|afternoon|evening)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A phrase about time: what was said of the day, and what of the hour."""

    phrase: str
    has_day: bool
    has_time: bool


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    day: bool
    time: bool


def read_when(text: str, *, english: bool = False, asked: bool = False) -> When | None:
    """Return the wanted day and time in the patient's words; None where there are none.

    `asked`: the patient answers a question about the day, so that a bare "tarde" counts.
    """
    if english:
        text = to_spanish(text)
    text = tidy(text)
    folded = fold(text)
    wanted = [span for span in _merge(folded, _atoms(folded)) if _is_wanted(folded, span)]
    days = [span for span in wanted if span.day]
    times = [span for span in wanted if span.time and not span.day]
    if days:
        chosen = days[-1]
        phrase = squeeze(text[chosen.start : chosen.end])
        if chosen.time or not times:
            return When(phrase, has_day=True, has_time=chosen.time)
        return When(f"{phrase} {_cut(text, times[-1])}", has_day=True, has_time=True)
    if _SOON.search(folded):
        phrase = f"{SOON} {_cut(text, times[-1])}" if times else SOON
        return When(phrase, has_day=True, has_time=bool(times))
    if times:
        return When(_cut(text, times[-1]), has_day=False, has_time=True)
    bare = _BARE_PART.match(folded) if asked else None
    if bare:
        part = text[bare.start(1) : bare.end(1)].lower()
        return When(
            "al mediodía" if "medio" in part else f"a la {part}", has_day=False, has_time=True
        )
    return None


def combine(earlier: When | None, later: When) -> When:
    """Complete an hour with the day that was spoken of before, and the other way round."""
    if earlier is None:
        return later
    if not later.has_day and earlier.has_day:
        day = "" if earlier.phrase == SOON else day_words(earlier.phrase)
        return When(squeeze(f"{day} {later.phrase}"), has_day=bool(day), has_time=True)
    if later.has_day and not later.has_time and not earlier.has_day and later.phrase != SOON:
        return When(f"{later.phrase} {earlier.phrase}", has_day=True, has_time=True)
    return later


def day_words(phrase: str) -> str:
    """Return the words of a phrase that name the day, without hours and parts of the day."""
    folded = fold(phrase)
    kept = [
        phrase[found.start() : found.end()]
        for found in _ATOM.finditer(folded)
        if found.lastgroup == "day"
    ]
    return re.sub(r"\s(?:mañana|tarde|noche)$", "", squeeze(" ".join(kept)))


def to_spanish(text: str) -> str:
    """Put English calendar words into Spanish, as any model would before it calls a tool."""
    text = _GREETINGS.sub(" ", text)
    for pattern, spanish in _ENGLISH_RULES:
        text = pattern.sub(lambda found, es=spanish: found.expand(es), text)  # type: ignore[misc]
    return text


def _cut(text: str, span: _Span) -> str:
    return squeeze(text[span.start : span.end])


def _atoms(folded: str) -> list[_Span]:
    return [
        _Span(found.start(), found.end(), found.lastgroup == "day", found.lastgroup == "time")
        for found in _ATOM.finditer(folded)
    ]


def _merge(folded: str, spans: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        touches = last is not None and folded[last.end : span.start].isspace()
        # The hour right after a day belongs to it, to a day that is not wanted as well.
        belongs = last is not None and last.day and not span.day and touches
        joined = last is not None and _GAP.fullmatch(folded, last.end, span.start)
        if last and joined and (belongs or _is_wanted(folded, last)):
            merged[-1] = _Span(last.start, span.end, last.day or span.day, last.time or span.time)
        else:
            merged.append(span)
    return merged


def _is_wanted(folded: str, span: _Span) -> bool:
    before = folded[max(0, span.start - 40) : span.start]
    if _NOT_WANTED_BEFORE.search(before) and span.day:
        return False
    return not _NOT_WANTED_AFTER.match(folded, span.end)
