"""Which service or professional somebody means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from dentalogic.core.names import matches_person, name_key

# What patients say, by the word that a clinic's service of that kind has in its code or name.
_SAYINGS = {
    "limpieza": r"limpi\w+|profilaxis|sarro|tartaro|destartraje|higiene|cleaning|hygiene",
    "consulta": r"consultas?|control(?:es|arme)?|revision|revisar\w*|chequeo|primera vez|check ?up"
    r"|evaluacion|presupuesto|consultation",
    "caries": r"caries?|arreglos?|arreglar\w*|tapar\w*|empastes?|obturacion(?:es)?|fillings?"
    r"|cavity",
    "conducto": r"conductos?|endodoncias?|matar(?:me)? el nervio|root canal",
    "extraccion": r"extraccion(?:es)?|extraer\w*|sacar\w*|muelas? (?:de|del) juicio|cordal\w*"
    r"|extraction|wisdom tooth",
    "blanqueamiento": r"blanque\w+|aclarar\w*|aclaramiento|whiten\w+",
    "ortodoncia": r"ortodoncia|brackets?|aparatos?|alineadores?|braces",
    "implante": r"implantes?|implants?",
    "protesis": r"protesis|coronas?|puentes?|dentadura|crowns?",
    "urgencia": r"urgen\w+|guardia|emergencias?|emergency|urgent",
}
_RULES = {word: re.compile(rf"\b(?:{pattern})\b") for word, pattern in _SAYINGS.items()}
_SMALL = frozenset(
    {"de", "del", "la", "el", "los", "las", "una", "un", "para", "con", "y", "a", "mi"}
    | {"dental", "dentales"}
)
_ANYBODY = frozenset(
    {"", "cualquiera", "cualquier profesional", "indistinto", "me da igual", "any", "anyone"}
    | {"el que sea", "la que sea", "el que tenga", "ninguno", "null", "none", "no importa"}
)


class Service(Protocol):
    code: str
    name: str


class Person(Protocol):
    title: str
    first_name: str
    last_name: str


S = TypeVar("S", bound=Service)
P = TypeVar("P", bound=Person)


def match_services(query: str, services: Sequence[S]) -> list[S]:
    """Return the services that the words may mean: one is an answer, none or several are not.

    A code or a name said exactly wins, then the words of a name, then what patients call it.
    """
    asked = name_key(query)
    if not asked:
        return []
    exact = [one for one in services if asked in {name_key(one.code), name_key(one.name)}]
    if exact:
        return exact[:1] if len({one.code for one in exact}) == 1 else exact
    words = set(asked.split()) - _SMALL
    named = [one for one in services if words and words <= _words(one)]
    if len(named) == 1:
        return named
    held = [one for one in services if _own_words(one) and _own_words(one) <= words]
    if len(held) == 1:
        return held
    kinds = [word for word, rule in _RULES.items() if rule.search(asked)]
    meant = [
        one
        for one in services
        if any(rule.search(_key(one)) for rule in (_RULES[kind] for kind in kinds))
    ]
    return meant or named or held


def _key(service: Service) -> str:
    return f"{name_key(service.code)} {name_key(service.name)}"


def _words(service: Service) -> set[str]:
    return set(_key(service).split()) - _SMALL


def _own_words(service: Service) -> set[str]:
    return set(name_key(service.name).split()) - _SMALL


def is_anybody(query: str | None) -> bool:
    """Say whether the words leave the professional open."""
    return query is None or name_key(query) in _ANYBODY


def match_people(query: str, people: Sequence[P]) -> list[P]:
    """Return the people whom all the words name."""
    return [
        one for one in people if matches_person(query, one.title, one.first_name, one.last_name)
    ]
