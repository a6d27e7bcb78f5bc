from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics import hours
from clinics.hours import InvalidWorkingHours, WorkingHours
from dentalogic.core import intervals

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
SANTIAGO = ZoneInfo("America/Santiago")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
RUIZ = {"0": ["09:00-13:00", "14:00-18:00"], "2": ["09:00-13:00"], "6": []}


def wall(epoch: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(epoch, UTC).astimezone(zone).strftime("%d %H:%M")


def every_day(*blocks: str) -> WorkingHours:
    return hours.shorthand({str(day): list(blocks) for day in range(7)})


def walls(week: WorkingHours, day: date, zone: ZoneInfo) -> list[tuple[str, str, int]]:
    return [
        (wall(start, zone), wall(end, zone), (end - start) // 60)
        for start, end, _day in hours.blocks_for(week, day, day, zone)
    ]


def test_shorthand_is_the_stored_shape() -> None:
    assert hours.shorthand(RUIZ) == {
        "0": [{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "18:00"}],
        "2": [{"start": "09:00", "end": "13:00"}],
        "6": [],
    }


def test_valid_hours_come_back_as_a_copy_in_order_of_days() -> None:
    given_hours = {
        "3": [{"end": "24:00", "start": "00:00"}],
        "0": [{"start": "08:00", "end": "12:00"}, {"start": "12:00", "end": "13:00"}],
    }
    clean = hours.validate_working_hours(given_hours)

    assert clean == given_hours
    assert list(clean) == ["0", "3"]
    assert clean["0"] is not given_hours["0"]
    assert hours.validate_working_hours({}) == {}


def block(start: object, end: object) -> dict[str, object]:
    return {"start": start, "end": end}


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        (None, [("", hours.NOT_AN_OBJECT)]),
        ([], [("", hours.NOT_AN_OBJECT)]),
        ({"7": []}, [("7", hours.UNKNOWN_DAY)]),
        ({"lunes": []}, [("lunes", hours.UNKNOWN_DAY)]),
        ({0: []}, [("0", hours.UNKNOWN_DAY)]),
        ({"0": None}, [("0", hours.NOT_A_LIST)]),
        ({"0": {}}, [("0", hours.NOT_A_LIST)]),
        ({"0": ["09:00-13:00"]}, [("0.0", hours.NOT_A_BLOCK)]),
        ({"0": [{"start": "09:00"}]}, [("0.0.end", hours.MISSING)]),
        (
            {"0": [{"start": "09:00", "end": "10:00", "room": 1}]},
            [("0.0.room", hours.UNKNOWN_KEY)],
        ),
        ({"0": [block("9:00", "13:00")]}, [("0.0.start", hours.NOT_A_START)]),
        ({"0": [block("24:00", "24:00")]}, [("0.0.start", hours.NOT_A_START)]),
        ({"0": [block("09:00", "24:01")]}, [("0.0.end", hours.NOT_A_TIME)]),
        ({"0": [block("09:00", "13:60")]}, [("0.0.end", hours.NOT_A_TIME)]),
        ({"0": [block("09:00\n", "13:00")]}, [("0.0.start", hours.NOT_A_START)]),
        ({"0": [block("٠٩:00", "13:00")]}, [("0.0.start", hours.NOT_A_START)]),
        ({"0": [block(9, 13)]}, [("0.0.start", hours.NOT_A_START), ("0.0.end", hours.NOT_A_TIME)]),
        ({"0": [block("13:00", "13:00")]}, [("0.0.end", hours.ENDS_BEFORE_START)]),
        ({"0": [block("13:00", "09:00")]}, [("0.0.end", hours.ENDS_BEFORE_START)]),
        (
            {"0": [block("14:00", "18:00"), block("09:00", "13:00")]},
            [("0.1", hours.NOT_SORTED)],
        ),
        ({"0": [block("09:00", "13:00"), block("12:59", "18:00")]}, [("0.1", hours.OVERLAPS)]),
        (
            {"1": [block("x", "13:00")], "9": []},
            [("1.0.start", hours.NOT_A_START), ("9", hours.UNKNOWN_DAY)],
        ),
    ],
)
def test_errors_say_where(value: object, errors: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidWorkingHours) as refusal:
        hours.validate_working_hours(value)

    assert refusal.value.errors == errors


def test_bad_shorthand_is_refused() -> None:
    with pytest.raises(InvalidWorkingHours) as refusal:
        hours.shorthand({"0": ["9 a 13"]})

    assert refusal.value.errors == [("0.0", hours.NOT_A_BLOCK)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["0", "1", "start", "end", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values)
def test_validation_accepts_or_refuses_and_never_breaks(value: object) -> None:
    try:
        clean = hours.validate_working_hours(value)
    except InvalidWorkingHours as refusal:
        assert refusal.errors  # noqa: PT017
    else:
        assert clean == value


def test_blocks_are_instants_of_the_clinics_zone() -> None:
    monday = date(2026, 11, 23)
    found = hours.blocks_for(hours.shorthand(RUIZ), monday, date(2026, 11, 30), BUENOS_AIRES)

    assert [(wall(a, BUENOS_AIRES), wall(b, BUENOS_AIRES), day.day) for a, b, day in found] == [
        ("23 09:00", "23 13:00", 23),
        ("23 14:00", "23 18:00", 23),
        ("25 09:00", "25 13:00", 25),
        ("30 09:00", "30 13:00", 30),
        ("30 14:00", "30 18:00", 30),
    ]
    assert found[0][0] == int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())


def test_blocks_that_touch_are_worked_as_one() -> None:
    week = every_day("09:00-12:00", "12:00-13:00", "14:00-15:00")

    assert walls(week, date(2026, 11, 23), BUENOS_AIRES) == [
        ("23 09:00", "23 13:00", 240),
        ("23 14:00", "23 15:00", 60),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        (SANTIAGO, date(2026, 9, 6), 23 * 60),
        (SANTIAGO, date(2026, 4, 4), 25 * 60),
        (NEW_YORK, date(2026, 3, 8), 23 * 60),
        (NEW_YORK, date(2026, 11, 1), 25 * 60),
        (LORD_HOWE, date(2026, 10, 4), 23 * 60 + 30),
        (LORD_HOWE, date(2026, 4, 5), 24 * 60 + 30),
        (BUENOS_AIRES, date(2026, 11, 23), 24 * 60),
    ],
)
def test_a_whole_day_has_its_true_length(zone: ZoneInfo, day: date, minutes: int) -> None:
    start, end = hours.day_range(day, zone)
    blocks = hours.blocks_for(every_day("00:00-24:00"), day, day, zone)

    assert (end - start) // 60 == minutes
    assert blocks == [(start, end, day)]


@pytest.mark.parametrize(
    ("zone", "day", "blocks", "expected"),
    [
        # Midnight does not exist: the day begins at one.
        (SANTIAGO, date(2026, 9, 6), ["00:30-04:00"], [("06 01:00", "06 04:00", 180)]),
        (
            SANTIAGO,
            date(2026, 9, 6),
            ["00:00-00:45", "02:00-03:00"],
            [("06 02:00", "06 03:00", 60)],
        ),
        (SANTIAGO, date(2026, 9, 5), ["23:00-24:00"], [("05 23:00", "06 01:00", 60)]),
        # The hour from eleven to midnight comes twice.
        (SANTIAGO, date(2026, 4, 4), ["22:00-24:00"], [("04 22:00", "05 00:00", 180)]),
        (SANTIAGO, date(2026, 4, 4), ["23:15-23:30"], [("04 23:15", "04 23:30", 75)]),
        (
            SANTIAGO,
            date(2026, 4, 4),
            ["22:00-23:15", "23:30-24:00"],
            [("04 22:00", "04 23:15", 135), ("04 23:30", "05 00:00", 30)],
        ),
        (NEW_YORK, date(2026, 3, 8), ["02:30-05:00"], [("08 03:00", "08 05:00", 120)]),
        (NEW_YORK, date(2026, 3, 8), ["01:00-02:30"], [("08 01:00", "08 03:00", 60)]),
        (
            NEW_YORK,
            date(2026, 3, 8),
            ["01:00-02:15", "02:45-04:00"],
            [("08 01:00", "08 04:00", 120)],
        ),
        (NEW_YORK, date(2026, 3, 8), ["09:00-13:00"], [("08 09:00", "08 13:00", 240)]),
        (NEW_YORK, date(2026, 11, 1), ["01:30-03:00"], [("01 01:30", "01 03:00", 150)]),
        (NEW_YORK, date(2026, 11, 1), ["00:00-01:30"], [("01 00:00", "01 01:30", 150)]),
        (LORD_HOWE, date(2026, 10, 4), ["02:10-04:00"], [("04 02:30", "04 04:00", 90)]),
        (LORD_HOWE, date(2026, 4, 5), ["01:00-03:00"], [("05 01:00", "05 03:00", 150)]),
    ],
)
def test_blocks_on_days_with_a_clock_change(
    zone: ZoneInfo, day: date, blocks: list[str], expected: list[tuple[str, str, int]]
) -> None:
    assert walls(every_day(*blocks), day, zone) == expected


@st.composite
def day_blocks(draw: st.DrawFn) -> list[str]:
    quarters = sorted(draw(st.lists(st.integers(0, 96), unique=True, max_size=8)))
    times = [f"{quarter // 4:02}:{quarter % 4 * 15:02}" for quarter in quarters]
    return [f"{a}-{b}" for a, b in zip(times[::2], times[1::2], strict=False)]


@given(
    day_blocks(),
    st.sampled_from([SANTIAGO, NEW_YORK, LORD_HOWE]),
    st.sampled_from([(2026, 4, 4), (2026, 9, 5), (2026, 3, 7), (2026, 10, 31), (2026, 10, 3)]),
)
def test_blocks_are_sorted_apart_and_inside_their_day(
    blocks: list[str], zone: ZoneInfo, first: tuple[int, int, int]
) -> None:
    start = date(*first)
    for day in hours.days_for(every_day(*blocks), start, start + timedelta(days=2), zone):
        assert intervals.is_normal(day.blocks)
        assert all(day.start <= a < b <= day.end for a, b in day.blocks)


@given(st.sampled_from([SANTIAGO, NEW_YORK, LORD_HOWE]), st.integers(0, 365 * 3))
def test_days_follow_each_other_without_a_gap(zone: ZoneInfo, offset: int) -> None:
    day = date(2026, 1, 1) + timedelta(days=offset)

    assert hours.day_range(day, zone)[1] == hours.day_range(day + timedelta(days=1), zone)[0]
