"""What the intake of this process has counted since it started. No label holds personal data."""

from __future__ import annotations

from collections import Counter

counted: Counter[str] = Counter()


def count(what: str, by: int = 1) -> None:
    """Add to a figure: `accepted`, `duplicate`, `unknown_number`, `refused_item`, …"""
    counted[what] += by
