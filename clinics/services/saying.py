"""Finding a fact in what somebody wrote. Pure: what was not said is refused, whoever claims it.

Each reader returns the normalised value and the message it stands in, or the code of the refusal:
`not_in_messages` or `invalid_fact`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinics.models import PARTICULAR
from clinics.services.phones import e164
from dentalogic.core.names import name_key

NOT_SAID = "not_in_messages"
INVALID = "invalid_fact"
_RUN = re.compile(r"\+?\d[\d\s.\-/()]*\d|\d")
_DNI_DIGITS = (7, 8)
_OLDEST = 120
_MONTHS = [
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
]
# What follows "no tengo" when it is not about insurance.
_OTHER_LACKS = (
    "turno|turnos|dni|idea|dolor|dolores|tiempo|fiebre|alergia|alergias|telefono|celular|hora|"
    "horario|problema|problemas|apuro|drama|whatsapp|mail|auto|documento"
)
_PARTICULAR = re.compile(
    r"\bparticular(es)?\b"
    r"|\bno (tengo|tiene|tenemos|cuento con)\b"
    rf"(?! (un |una |el |la |mas |otro |otra )?({_OTHER_LACKS}))"
    r"|\bsin (ninguna )?(obra social|os|cobertura|prepaga|seguro)\b"
    r"|\b(lo )?pago (yo|aparte|por mi cuenta|de mi bolsillo)\b|\bpor mi cuenta\b"
    r"|\bde mi bolsillo\b|\bningun[ao]?\b|\bprivad[oa]\b"
    r"|\b(no|without) insurance\b|\bdon t have\b|\bself pay\b"
)
_NO_INSURER = frozenset(
    {"si", "no", "se", "tengo", "tiene", "obra", "social", "prepaga", "seguro", "os", "cual", "que"}
    | {"la", "el", "mi", "una", "un", "es", "de"}
)
_SAME_PHONE = re.compile(
    r"\b(el|al|este|ese|mi|es) (mismo|mio|numero|telefono|celular|cel)\b|^este$|^mismo$"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the patient."""

    message_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    value: str
    message: Said


@dataclass(frozen=True, slots=True)
class InsurerNames:
    """An insurer and the keys of all its names."""

    name: str
    keys: tuple[str, ...]


Reading = Found | str


def read_full_name(value: str, said: Sequence[Said]) -> Reading:
    """At least two words of letters, each of them written in the messages."""
    words = name_key(value).split()
    if len(words) < 2 or not all(word.isalpha() for word in words):  # noqa: PLR2004
        return INVALID
    missing = set(words)
    last: Said | None = None
    for message in said:
        present = set(name_key(message.text).split())
        if set(words) <= present:
            return Found(_as_name(value), message)
        if missing & present:
            missing -= present
            last = message
    if missing or last is None:
        return NOT_SAID
    return Found(_as_name(value), last)


def split_name(full_name: str) -> tuple[str, str]:
    """Return first and last name. "Pérez, Ana" says it; else four words are two and two."""
    if "," in full_name:
        last, _, first = full_name.partition(",")
        return " ".join(first.split()), " ".join(last.split())
    words = full_name.split()
    firsts = 2 if len(words) >= 4 else len(words) - 1  # noqa: PLR2004
    particles = {"de", "del", "di", "la", "van", "von", "san", "dos", "da"}
    for at in range(1, len(words)):
        if name_key(words[at]) in particles:
            firsts = at
            break
    return " ".join(words[:firsts]), " ".join(words[firsts:])


def read_dni(value: str, said: Sequence[Said]) -> Reading:
    """Seven or eight digits, with or without dots, as a number of its own."""
    digits = re.sub(r"[\s.\-]", "", value)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _DNI_DIGITS:
        return INVALID
    return _first(said, lambda text: digits in _numbers(text), digits)


def read_phone(
    value: str, said: Sequence[Said], *, country: str, own: str | None = None
) -> Reading:
    """A valid number in any of its forms. `own` is the writer's, for "el mismo que este"."""
    number = e164(value, country=country)
    if number is None:
        same = _first(said, lambda text: bool(_SAME_PHONE.search(name_key(text))), own or "")
        return same if own and isinstance(same, Found) and name_key(value) else INVALID
    found = _first(
        said,
        lambda text: any(
            e164(candidate, country=country) == number
            for run in _RUN.findall(text)
            for candidate in (run, *_numbers(run))
        ),
        number,
    )
    if isinstance(found, str) and own == number:
        return _first(said, lambda text: bool(_SAME_PHONE.search(name_key(text))), number)
    return found


def read_insurance(value: str, said: Sequence[Said], insurers: Sequence[InsurerNames]) -> Reading:
    """An insurer by any of its names, `PARTICULAR`, or the name of one that is not listed."""
    key = name_key(value)
    if key == name_key(PARTICULAR) or _PARTICULAR.search(key):
        return _first(said, lambda text: bool(_PARTICULAR.search(name_key(text))), PARTICULAR)
    listed = _listed(key, insurers)
    if listed is not None:
        return _first(
            said,
            lambda text: any(_has_words(name_key(text), name) for name in listed.keys),
            listed.name,
        )
    if not key or set(key.split()) <= _NO_INSURER or not any(char.isalpha() for char in key):
        return INVALID
    return _first(said, lambda text: _has_words(name_key(text), key), " ".join(value.split()))


def _listed(key: str, insurers: Sequence[InsurerNames]) -> InsurerNames | None:
    for insurer in insurers:
        if key in insurer.keys:
            return insurer
    # "OSDE 210" names OSDE; the longest name wins, so that "Swiss Medical" is not "Medical".
    named = [
        (len(name), n) for n, i in enumerate(insurers) for name in i.keys if _has_words(key, name)
    ]
    return insurers[max(named)[1]] if named else None


def read_birth_date(value: str, said: Sequence[Said], *, today: date) -> Reading:
    """A date in the past, day, month and year written in the same message."""
    day = _as_date(value)
    if day is None or not 0 <= (today - day).days <= _OLDEST * 366:
        return INVALID
    return _first(said, lambda text: _names_date(text, day), day.isoformat())


def _as_date(value: str) -> date | None:
    if match := re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", value):
        year, month, day = map(int, match.groups())
    elif match := re.fullmatch(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\s*", value):
        day, month, year = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2}) (?:de )?([a-z]+) (?:de |del )?(\d{4})", name_key(value)):
        if match[2] not in _MONTHS:
            return None
        day, month, year = int(match[1]), _MONTHS.index(match[2]) + 1, int(match[3])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _names_date(text: str, day: date) -> bool:
    words = name_key(text).split()
    numbers = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 4}  # noqa: PLR2004
    month = day.month in numbers or _MONTHS[day.month - 1] in words
    return day.day in numbers and month and bool({day.year, day.year % 100} & numbers)


def _first(said: Sequence[Said], is_there: Callable[[str], bool], value: str) -> Reading:
    for message in said:
        if is_there(message.text):
            return Found(value, message)
    return NOT_SAID


def _numbers(text: str) -> Iterator[str]:
    """Yield every number that the text may hold: "30.111.222" is one, and so is each part."""
    for run in _RUN.findall(text):
        pieces = [piece for piece in re.split(r"[\s.\-/()+]+", run) if piece]
        for start in range(len(pieces)):
            for end in range(start + 1, len(pieces) + 1):
                yield "".join(pieces[start:end])


def _has_words(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "


def _as_name(value: str) -> str:
    name = " ".join(value.split())
    return name.title() if name in {name.lower(), name.upper()} else name
