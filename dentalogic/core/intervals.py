"""Arithmetic over half-open ranges of whole seconds.

A `Ranges` is a sequence of `(start, end)` with `start < end`, sorted, where no range touches or
overlaps the next one. `union` makes one out of anything; every other function takes and returns
such sequences and runs in linear time. No clock, no settings, no ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Range = tuple[int, int]
Ranges = Sequence[Range]


def union(*many: Iterable[Range]) -> list[Range]:
    """Return the time that any of the given ranges covers, in any order; drop empty ones."""
    ranges = sorted(r for ranges in many for r in ranges if r[0] < r[1])
    if len(ranges) <= 1:
        return ranges
    merged: list[Range] = []
    start, end = ranges[0]
    for next_start, next_end in ranges:
        if next_start > end:
            merged.append((start, end))
            start, end = next_start, next_end
        elif next_end > end:
            end = next_end
    merged.append((start, end))
    return merged


def is_normal(ranges: Ranges) -> bool:
    """Say whether the ranges are sorted, disjoint, apart and not empty."""
    last: int | None = None
    for start, end in ranges:
        if start >= end or (last is not None and start <= last):
            return False
        last = end
    return True


def intersect(left: Ranges, right: Ranges) -> list[Range]:
    """Return the time that both cover."""
    common: list[Range] = []
    i = j = 0
    left_count, right_count = len(left), len(right)
    while i < left_count and j < right_count:
        left_start, left_end = left[i]
        right_start, right_end = right[j]
        start = max(right_start, left_start)
        if left_end < right_end:
            end = left_end
            i += 1
        else:
            end = right_end
            j += 1
        if start < end:
            common.append((start, end))
    return common


def subtract(ranges: Ranges, taken: Ranges) -> list[Range]:
    """Return what is left of `ranges` where `taken` covers nothing."""
    if not taken:
        return list(ranges)
    left: list[Range] = []
    j = 0
    count = len(taken)
    for range_start, end in ranges:
        start = range_start
        while j < count and taken[j][1] <= start:
            j += 1
        k = j
        while k < count and taken[k][0] < end:
            taken_start, taken_end = taken[k]
            if taken_start > start:
                left.append((start, taken_start))
            start = taken_end
            if start >= end:
                break
            k += 1
        j = k
        if start < end:
            left.append((start, end))
    return left


def split(ranges: Ranges, by: Ranges) -> tuple[list[Range], list[Range]]:
    """Return what `by` covers of the ranges and what it leaves, in one pass."""
    covered: list[Range] = []
    left: list[Range] = []
    j = 0
    count = len(by)
    for range_start, end in ranges:
        start = range_start
        while j < count and by[j][1] <= start:
            j += 1
        while j < count and by[j][0] < end:
            by_start, by_end = by[j]
            if by_start > start:
                left.append((start, by_start))
                start = by_start
            if by_end >= end:
                covered.append((start, end))
                start = end
                break
            covered.append((start, by_end))
            start = by_end
            j += 1
        if start < end:
            left.append((start, end))
    return covered, left


def clip(ranges: Ranges, start: int, end: int) -> list[Range]:
    """Return the part of `ranges` inside `[start, end)`."""
    if start >= end:
        return []
    return [(max(a, start), min(b, end)) for a, b in ranges if a < end and b > start]


def gaps(ranges: Ranges, start: int, end: int) -> list[Range]:
    """Return the time inside `[start, end)` that `ranges` does not cover."""
    return subtract([(start, end)], ranges) if start < end else []


def widen(ranges: Ranges, before: int, after: int) -> list[Range]:
    """Return the ranges, each begun `before` seconds earlier and ended `after` seconds later."""
    if not before and not after:
        return list(ranges)
    return union((start - before, end + after) for start, end in ranges)


def total(ranges: Ranges) -> int:
    """Return the seconds that the ranges cover."""
    return sum(end - start for start, end in ranges)


def covers(ranges: Ranges, start: int, end: int) -> bool:
    """Say whether one of the ranges holds all of `[start, end)`."""
    return any(a <= start and end <= b for a, b in ranges)


def overlaps(ranges: Ranges, start: int, end: int) -> bool:
    """Say whether any of the ranges shares time with `[start, end)`."""
    return any(a < end and start < b for a, b in ranges)
