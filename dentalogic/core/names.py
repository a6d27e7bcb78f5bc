"""People's names as they are compared: without accents, case, punctuation or titles."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a base and a mark.
_BARE = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = str.maketrans(dict.fromkeys("'`´’‘ʼ"))
_TITLE = r"(?:doctora|doctor|dra|dr|odont[oó]log[oa]|odont|od|profesora?|prof|licenciad[oa]|lic)"
# A title ends at a dot or a space; "Drago" and "Odalys" are names.
_LEADING_TITLE = re.compile(rf"^\s*{_TITLE}(?:\s*\.\s*|\s+)(?=\S)", re.IGNORECASE)
_TITLE_WORDS = frozenset(
    {"doctora", "doctor", "dra", "dr", "odontologo", "odontologa", "odont", "od"}
    | {"profesor", "profesora", "prof", "licenciado", "licenciada", "lic"}
)
# What people put around a name: "con la dra ruiz", "el de Gómez".
_SMALL_WORDS = frozenset({"el", "la", "los", "las", "lo", "con", "de", "del", "al", "a"})


def name_key(text: str) -> str:
    """Return the name without accents, case and punctuation, its words one space apart."""
    bare = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    bare = unicodedata.normalize("NFKD", bare).translate(_BARE).translate(_APOSTROPHES)
    letters = (
        char if char.isalnum() else " " for char in bare if unicodedata.category(char)[0] != "M"
    )
    return " ".join("".join(letters).split())


def strip_titles(name: str) -> str:
    """Return the name without the titles before it; a title with no name after it stays."""
    bare = " ".join(name.split())
    while found := _LEADING_TITLE.match(bare):
        bare = bare[found.end() :]
    return bare


def person_key(name: str) -> str:
    """Return the key by which a calendar or an event named after somebody is matched exactly."""
    return name_key(strip_titles(name))


def matches_person(query: str, title: str, first_name: str, last_name: str) -> bool:
    """Say whether the words somebody used ("la dra ruiz", "julian gomez") all name this person.

    A query that names nobody ("la doctora") matches nobody. The title is no part of the match:
    patients get it wrong.
    """
    full_name = name_key(f"{title} {first_name} {last_name}").split()
    asked = [word for word in name_key(query).split() if word not in _TITLE_WORDS]
    named = [word for word in asked if word not in _SMALL_WORDS]
    return bool(named) and set(named) <= set(full_name) - _TITLE_WORDS
