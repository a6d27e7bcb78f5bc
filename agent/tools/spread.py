"""Choosing few times among many. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

WIDE, NARROW = 60 * 60, 30 * 60


class Offered(Protocol):
    @property
    def professional_id(self) -> UUID: ...


T = TypeVar("T", bound=Offered)


class Choice(NamedTuple, Generic[T]):
    """The chosen starts with who is offered there, in order of time.

    `settled`: starts that come after all those given would change nothing.
    """

    picks: list[tuple[int, T]]
    settled: bool


def spread(
    starts: Mapping[int, Sequence[T]], half_days: Mapping[int, Hashable], most: int
) -> Choice[T]:
    """Choose at most `most` of the starts, which come in order: the earliest, then ones unlike it.

    Starts are epoch seconds, each with those who are free; `half_days` tells of each in which half
    of which day it lies. Another half day is preferred, then an hour apart, then half an hour, then
    the earlier one, with another professional where that costs nothing. The same start comes twice
    only where there is nothing else.
    """
    chosen, settled = _unlike(starts, half_days, most)
    picks: list[tuple[int, T]] = []
    used: set[UUID] = set()
    for start in chosen:
        there = starts[start]
        one = next((one for one in there if one.professional_id not in used), there[0])
        used.add(one.professional_id)
        picks.append((start, one))
    if len(picks) < most:
        # Every start is among them already.
        taken = {(start, one.professional_id) for start, one in picks}
        more = [
            (start, one)
            for start in chosen
            for one in starts[start]
            if (start, one.professional_id) not in taken
        ]
        picks = sorted(picks + more[: most - len(picks)], key=lambda pick: pick[0])
    return Choice(picks, settled)


def _unlike(
    starts: Mapping[int, object], half_days: Mapping[int, Hashable], most: int
) -> tuple[list[int], bool]:
    """Choose starts, each unlike those before it; whether each was the best there can be."""
    chosen: list[int] = []
    seen: set[Hashable] = set()
    settled = len(starts) >= most
    while len(chosen) < min(most, len(starts)):
        best, best_cost = -1, 8
        for start in starts:
            if start in chosen:
                continue
            gap = min((abs(start - other) for other in chosen), default=WIDE)
            cost = 4 * (half_days[start] in seen) + 2 * (gap < WIDE) + (gap < NARROW)
            if cost < best_cost:
                best, best_cost = start, cost
                if cost == 0:
                    break
        settled = settled and best_cost == 0
        chosen.append(best)
        seen.add(half_days[best])
    return sorted(chosen), settled
