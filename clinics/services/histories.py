"""Two medical histories of one person: what either warns of is kept."""

from __future__ import annotations

from typing import Any

from clinics.medical_history import MOST_ITEMS
from dentalogic.core.names import name_key

_LISTS = {
    "allergies": "substance",
    "medication": "name",
    "conditions": "name",
    "previous_surgery": "name",
}


def union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return one history out of two: lists joined by name, the rest as last updated.

    Of two entries by the same name the later history's stays. `{}` is a history nobody asked for.
    """
    if not one or not other:
        return dict(one or other)
    newer, older = (
        (one, other)
        if str(one.get("updated_at", "")) >= str(other.get("updated_at", ""))
        else (other, one)
    )
    joined = dict(newer)
    for name, older_value in older.items():
        newer_value = newer.get(name)
        if newer_value is None:
            joined[name] = older_value
        elif name == "notes" and older_value and older_value != newer_value:
            joined[name] = f"{newer_value}\n{older_value}"
        elif name in _LISTS and older_value:
            known = {name_key(item[_LISTS[name]]) for item in newer_value}
            more = [item for item in older_value if name_key(item[_LISTS[name]]) not in known]
            joined[name] = [*newer_value, *more][:MOST_ITEMS]
    return joined
