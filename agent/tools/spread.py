"""Choosing few times among many. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: int
    wall: datetime
    professional: UUID

    @property
    def half_day(self) -> tuple[object, bool]:
        return (self.wall.date(), self.wall.hour >= NOON)


def spread(slots: Sequence[T], wall_times: Sequence[datetime], most: int) -> list[T]:
    """Return at most `most` slots in order of time: the earliest, then ones unlike it.

    `wall_times` are the slots' starts on the clinic's clock. Another half day is preferred, then an
    hour between, then half an hour, then the earlier one; the same start twice (with another
    professional) only where there is nothing else.
    """
    left = [
        _Candidate(place, wall, slot.professional_id)
        for place, (slot, wall) in enumerate(zip(slots, wall_times, strict=True))
    ]
    left.sort(key=lambda one: one.wall)
    chosen: list[_Candidate] = []
    while left and len(chosen) < most:
        best = min(left, key=lambda one: _rank(one, chosen))
        chosen.append(best)
        left = [
            one for one in left if (one.wall, one.professional) != (best.wall, best.professional)
        ]
    return [slots[one.place] for one in sorted(chosen, key=lambda one: (one.wall, one.place))]


def _rank(one: _Candidate, chosen: Sequence[_Candidate]) -> tuple[object, ...]:
    gap = min((abs(one.wall - other.wall) for other in chosen), default=timedelta.max)
    return (
        gap == timedelta(),
        any(one.half_day == other.half_day for other in chosen),
        gap < WIDE,
        gap < NARROW,
        one.wall,
        any(one.professional == other.professional for other in chosen),
        one.place,
    )
