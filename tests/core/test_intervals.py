from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dentalogic.core import intervals
from dentalogic.core.intervals import Range

raw_ranges = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=12)
normal_ranges = raw_ranges.map(intervals.union)
moments = st.integers(0, 120)


def minutes(ranges: list[Range]) -> set[int]:
    return {minute for start, end in ranges for minute in range(start, end)}


@given(raw_ranges, raw_ranges)
def test_union_covers_exactly_what_any_covers(one: list[Range], two: list[Range]) -> None:
    result = intervals.union(one, two)

    assert minutes(result) == minutes(one) | minutes(two)
    assert intervals.is_normal(result)


@given(normal_ranges, normal_ranges)
def test_intersect_covers_what_both_cover(one: list[Range], two: list[Range]) -> None:
    result = intervals.intersect(one, two)

    assert minutes(result) == minutes(one) & minutes(two)
    assert intervals.is_normal(result)


@given(normal_ranges, normal_ranges)
def test_subtract_leaves_what_the_other_does_not_cover(one: list[Range], two: list[Range]) -> None:
    result = intervals.subtract(one, two)

    assert minutes(result) == minutes(one) - minutes(two)
    assert intervals.is_normal(result)


@given(normal_ranges, normal_ranges)
def test_split_is_intersect_and_subtract_at_once(one: list[Range], two: list[Range]) -> None:
    assert intervals.split(one, two) == (
        intervals.intersect(one, two),
        intervals.subtract(one, two),
    )


@given(normal_ranges, moments, moments)
def test_gaps_and_clip_share_out_the_window(ranges: list[Range], start: int, end: int) -> None:
    window = set(range(start, end))
    free, covered = intervals.gaps(ranges, start, end), intervals.clip(ranges, start, end)

    assert minutes(free) == window - minutes(ranges)
    assert minutes(covered) == window & minutes(ranges)
    assert intervals.is_normal(free)
    assert intervals.is_normal(covered)
    assert intervals.total(free) + intervals.total(covered) == len(window)


@given(normal_ranges, st.integers(0, 9), st.integers(0, 9))
def test_widen_adds_time_on_both_sides(ranges: list[Range], before: int, after: int) -> None:
    result = intervals.widen(ranges, before, after)

    assert minutes(result) == minutes([(a - before, b + after) for a, b in ranges])
    assert intervals.is_normal(result)


@given(normal_ranges, moments, moments)
def test_covers_and_overlaps_agree_with_minutes(ranges: list[Range], start: int, end: int) -> None:
    if start >= end:
        return
    window = set(range(start, end))

    assert intervals.covers(ranges, start, end) == (window <= minutes(ranges))
    assert intervals.overlaps(ranges, start, end) == bool(window & minutes(ranges))


def test_ranges_that_touch_become_one() -> None:
    assert intervals.union([(5, 9), (1, 5)]) == [(1, 9)]
    assert not intervals.is_normal([(1, 5), (5, 9)])


def test_half_open_ends_do_not_collide() -> None:
    assert intervals.intersect([(1, 5)], [(5, 9)]) == []
    assert not intervals.overlaps([(1, 5)], 5, 9)
