"""Choosing few times among many. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

NOON = 13
WIDE, NARROW = timedelta(hours=1), timedelta(minutes=30)


class Timed(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def professional_id(self) -> UUID: ...


T = TypeVar("T", bound=Timed)


def spread(slots: Sequence[T], wall: Callable[[datetime], datetime], most: int) -> list[T]:
    """Return at most `most` slots in order of time: the earliest, then ones unlike it.

    `wall` gives a moment on the clinic's clock. Another half day is preferred, then an hour apart,
    then half an hour, then the earlier one, with another professional where that costs nothing. The
    same start comes twice only where there is nothing else.
    """
    by_start: dict[datetime, list[T]] = {}
    for slot in slots:
        by_start.setdefault(slot.starts_at, []).append(slot)
    chosen: list[T] = []
    for start in _unlike({start: wall(start) for start in sorted(by_start)}, most):
        used = {slot.professional_id for slot in chosen}
        there = by_start[start]
        chosen.append(next((one for one in there if one.professional_id not in used), there[0]))
    taken = {(slot.starts_at, slot.professional_id) for slot in chosen}
    for there in by_start.values():
        for slot in there:
            if len(chosen) < most and (slot.starts_at, slot.professional_id) not in taken:
                taken.add((slot.starts_at, slot.professional_id))
                chosen.append(slot)
    return sorted(chosen, key=lambda slot: slot.starts_at)


def _unlike(starts: dict[datetime, datetime], most: int) -> list[datetime]:
    """Choose starts, given with their wall times in order of time, each unlike those before it."""
    half_days = {start: (at.date(), at.hour >= NOON) for start, at in starts.items()}
    chosen: list[datetime] = []
    seen: set[object] = set()
    while len(chosen) < min(most, len(starts)):

        def rank(start: datetime) -> tuple[bool, bool, bool, bool, datetime]:
            gap = min((abs(start - other) for other in chosen), default=WIDE)
            return (not gap, half_days[start] in seen, gap < WIDE, gap < NARROW, start)

        best = min(starts, key=rank)
        chosen.append(best)
        seen.add(half_days[best])
    return sorted(chosen)
