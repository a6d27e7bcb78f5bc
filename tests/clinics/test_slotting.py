"""The core of availability against a naive model that looks at every minute.

The model's "second" is a unit of its own: days are 96 units long, so that every edge is met often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinics import hours
from clinics.hours import Day
from clinics.services import slotting
from clinics.services.slotting import Agenda, Code, Rules, Slot
from dentalogic.core.intervals import Range, Ranges, union

DAY = 96
DAYS = 3
END = DAY * DAYS

moments = st.integers(-20, END + 20)
ranges = st.lists(st.tuples(moments, st.integers(1, 60)), max_size=4).map(
    lambda found: union([(start, start + length) for start, length in found])
)


@st.composite
def days(draw: st.DrawFn) -> list[Day]:
    found = []
    for number in range(DAYS):
        edges = sorted(draw(st.lists(st.integers(0, DAY), unique=True, max_size=6)))
        blocks = tuple(
            (number * DAY + a, number * DAY + b)
            for a, b in zip(edges[::2], edges[1::2], strict=False)
        )
        day = date.fromordinal(date(2026, 11, 23).toordinal() + number)
        found.append(Day(day, number * DAY, (number + 1) * DAY, blocks))
    return found


agendas = st.builds(
    Agenda,
    days=days(),
    closures=st.lists(st.integers(0, DAYS - 1), max_size=1).map(
        lambda found: [(number * DAY, (number + 1) * DAY) for number in found]
    ),
    absences=ranges,
    taken=ranges,
    external=ranges,
    chairs=st.none() | st.lists(ranges, max_size=3),
    trust=st.sampled_from(["live", "delayed", "local", "broken"]),
)
rules = st.builds(
    Rules,
    duration=st.integers(1, 40),
    granularity=st.integers(1, 30),
    earliest=st.integers(-10, 80) | moments,
    horizon=st.integers(END - 80, END + 20) | moments,
    before=st.integers(0, 6),
    after=st.integers(0, 6),
    urgent_reserve=st.integers(0, 30),
    urgent=st.booleans(),
)
windows = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))


def hit(ranges: Ranges, start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in ranges)


def naive_day(agenda: Agenda, moment: int) -> Day | None:
    return next((day for day in agenda.days if day.start <= moment < day.end), None)


def reserve(day: Day, rules: Rules) -> list[Range]:
    if not rules.urgent_reserve or not day.blocks:
        return []
    start, end = day.blocks[0]
    return [(max(start, end - rules.urgent_reserve), end)]


def free_chair(agenda: Agenda, rules: Rules, start: int, end: int) -> int | None:
    pad = rules.before + rules.after
    for number, busy in enumerate(agenda.chairs or ()):
        if not hit(busy, start - pad, end + pad):
            return number
    return None


def naive_slot(agenda: Agenda, rules: Rules, window: Range, start: int) -> Slot | None:
    """Look at one start from every side."""
    end, pad = start + rules.duration, rules.before + rules.after
    day = naive_day(agenda, start)
    block = next((b for b in (day.blocks if day else ()) if b[0] <= start and end <= b[1]), None)
    if day is None or block is None:
        return None
    broken = agenda.trust == "broken"
    urgent = hit(reserve(day, rules), start, end)
    chair = free_chair(agenda, rules, start, end)
    fits = (
        window[0] <= start
        and end <= window[1]
        and (start - block[0]) % rules.granularity == 0
        and start >= rules.earliest
        and end <= rules.horizon
        and not hit(agenda.closures, start, end)
        and not hit(agenda.absences, start, end)
        and not hit(agenda.taken, start - pad, end + pad)
        and (broken or not hit(agenda.external, start - rules.before, end + rules.after))
        and (rules.urgent or not urgent)
        and (not agenda.chairs or chair is not None)
    )
    return Slot(start, end, chair, "request" if broken else "slot", urgent) if fits else None


def naive_reason(agenda: Agenda, rules: Rules, moment: int) -> Code:
    """Name the first thing that stands against this moment."""
    day = naive_day(agenda, moment)
    after = moment + 1
    pad = rules.before + rules.after
    broken = agenda.trust == "broken"
    if day is None:
        return "closed"
    blocks = day.blocks
    in_span = bool(blocks) and blocks[0][0] <= moment < blocks[-1][1]
    chairs_busy = bool(agenda.chairs) and free_chair(agenda, rules, moment, after) is None
    layers: list[tuple[Code, bool]] = [
        ("holiday", hit(agenda.closures, moment, after)),
        ("closed", not in_span),
        ("absence", hit(agenda.absences, moment, after)),
        ("break", not hit(blocks, moment, after)),
        ("horizon", moment >= rules.horizon),
        ("notice", moment < rules.earliest),
        ("taken", hit(agenda.taken, moment - pad, after + pad) or chairs_busy),
        (
            "external",
            not broken and hit(agenda.external, moment - rules.before, after + rules.after),
        ),
        ("urgent_only", not rules.urgent and hit(reserve(day, rules), moment, after)),
    ]
    last: Code = "not_trusted" if broken else "too_short"
    return next((code for code, holds in layers if holds), last)


@settings(max_examples=400)
@given(agendas, rules, windows)
def test_slots_are_those_of_the_naive_model(agenda: Agenda, rules: Rules, window: Range) -> None:
    expected = [
        slot
        for start in range(*window)
        if (slot := naive_slot(agenda, rules, window, start)) is not None
    ]
    plan = slotting.plan(agenda, rules, window)

    assert list(plan.slots()) == expected
    assert plan.starts() == [slot.start for slot in expected]


@settings(max_examples=400)
@given(agendas, rules, windows)
def test_slots_and_reasons_share_out_the_window(
    agenda: Agenda, rules: Rules, window: Range
) -> None:
    plan = slotting.plan(agenda, rules, window)
    seen: list[int] = [
        moment for reason in plan.reasons for moment in range(reason.start, reason.end)
    ]
    offered = {moment for slot in plan.slots() for moment in range(slot.start, slot.end)}

    assert len(seen) == len(set(seen))
    assert not offered & set(seen)
    assert offered | set(seen) == set(range(*window))
    assert plan.reasons == sorted(plan.reasons)
    for reason in plan.reasons:
        for moment in range(reason.start, reason.end):
            assert reason.code == naive_reason(agenda, rules, moment)
    for one, two in zip(plan.reasons, plan.reasons[1:], strict=False):
        assert one.end < two.start or one.code != two.code


@settings(max_examples=200)
@given(agendas, rules, windows)
def test_every_form_gives_the_same_slots(agenda: Agenda, rules: Rules, window: Range) -> None:
    offered = list(slotting.plan(agenda, rules, window).slots())
    by_day = slotting.plan_days(agenda, rules, window)

    assert list(slotting.slots(agenda, rules, window)) == offered
    assert list(slotting.plan_starts(agenda, rules, window).slots()) == offered
    assert [slot for _day, plan in by_day for slot in plan.slots()] == offered


@settings(max_examples=300)
@given(agendas, rules)
def test_what_is_offered_can_be_booked_and_nothing_else(agenda: Agenda, rules: Rules) -> None:
    offered = {slot.start: slot for slot in slotting.slots(agenda, rules, (0, END))}

    for start in range(-1, END + 1):
        assert slotting.bookable_at(agenda, rules, start) == offered.get(start)
        if start not in offered:
            assert slotting.refusals_at(agenda, rules, start)


@given(agendas, rules)
def test_a_booked_slot_is_offered_no_more(agenda: Agenda, rules: Rules) -> None:
    first = next(slotting.slots(agenda, rules, (0, END)), None)
    if first is None:
        return
    after = replace(agenda, taken=union(agenda.taken, [(first.start, first.end)]))

    assert not any(
        hit([(first.start, first.end)], slot.start, slot.end)
        for slot in slotting.slots(after, rules, (0, END))
    )


ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
RUIZ = hours.shorthand({"1": ["09:00-13:00", "14:00-18:00"], "2": ["09:00-13:00"]})
TUESDAY = hours.day_range(date(2026, 11, 24), ZONE)


def at(wall: str, day: int = 24) -> int:
    hour, minute = map(int, wall.split(":"))
    return int(datetime(2026, 11, day, hour, minute, tzinfo=ZONE).timestamp())


def wall(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).astimezone(ZONE).strftime("%H:%M")


def ruiz(**facts: Ranges) -> Agenda:
    found = hours.days_for(RUIZ, date(2026, 11, 24), date(2026, 11, 30), ZONE)
    return replace(Agenda(found, trust="live"), **facts)  # type: ignore[arg-type]


CLEANING = Rules(duration=1800, granularity=900, earliest=0, horizon=at("00:00", 30))


def told(plan: slotting.Plan) -> list[tuple[str, str, str]]:
    return [(wall(a), wall(b), code) for a, b, code in plan.reasons]


def test_a_day_as_a_receptionist_sees_it() -> None:
    agenda = ruiz(taken=[(at("10:00"), at("10:40"))], external=[(at("14:00"), at("17:00"))])
    plan = slotting.plan(agenda, replace(CLEANING, urgent_reserve=3600), TUESDAY)

    assert [wall(start) for start in plan.starts()] == [
        *("09:00", "09:15", "09:30", "10:45", "11:00", "11:15", "11:30"),
        *("17:00", "17:15", "17:30"),
    ]
    assert told(plan) == [
        ("00:00", "09:00", "closed"),
        ("10:00", "10:40", "taken"),
        ("10:40", "10:45", "too_short"),
        ("12:00", "13:00", "urgent_only"),
        ("13:00", "14:00", "break"),
        ("14:00", "17:00", "external"),
        ("18:00", "00:00", "closed"),
    ]


def test_urgent_queries_get_the_reserve_too_and_are_told_which() -> None:
    urgent = replace(CLEANING, urgent_reserve=3600, urgent=True)
    morning = (at("11:00"), at("13:00"))

    assert [
        (wall(slot.start), slot.urgent) for slot in slotting.slots(ruiz(), urgent, morning)
    ] == [
        ("11:00", False),
        ("11:15", False),
        ("11:30", False),
        ("11:45", True),
        ("12:00", True),
        ("12:15", True),
        ("12:30", True),
    ]


def test_a_broken_calendar_gives_requests_and_claims_nothing_of_google() -> None:
    agenda = replace(ruiz(external=[(at("09:00"), at("13:00"))]), trust="broken")
    plan = slotting.plan(agenda, replace(CLEANING, duration=4 * 3600), TUESDAY)

    assert {slot.kind for slot in plan.slots()} == {"request"}
    assert {reason.code for reason in plan.reasons} == {"closed", "break"}
    longer = slotting.plan(agenda, replace(CLEANING, duration=5 * 3600), TUESDAY)
    assert {reason.code for reason in longer.reasons} == {"closed", "break", "not_trusted"}


def test_chairs_are_taken_in_order_and_all_busy_is_taken() -> None:
    agenda = replace(
        ruiz(),
        chairs=[[(at("09:00"), at("10:00"))], [(at("09:30"), at("10:30"))]],
    )
    plan = slotting.plan(agenda, CLEANING, (at("09:00"), at("11:00")))

    assert [(wall(slot.start), slot.chair) for slot in plan.slots()] == [
        ("09:00", 1),
        ("10:00", 0),
        ("10:15", 0),
        ("10:30", 0),
    ]
    assert told(plan) == [("09:30", "10:00", "taken")]


def test_buffers_keep_a_distance_from_what_is_there() -> None:
    rules = replace(CLEANING, before=300, after=600)
    agenda = ruiz(taken=[(at("10:00"), at("10:30"))], external=[(at("12:00"), at("12:30"))])
    starts = [wall(slot.start) for slot in slotting.slots(agenda, rules, (0, at("13:00")))]

    assert starts == ["09:00", "09:15", "10:45", "11:00", "11:15"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a: replace(a, closures=[TUESDAY], absences=[TUESDAY]), "holiday"),
        (lambda a: replace(a, absences=[TUESDAY], taken=[TUESDAY]), "absence"),
        (lambda a: replace(a, taken=[TUESDAY], external=[TUESDAY]), "taken"),
        (lambda a: replace(a, external=[TUESDAY]), "external"),
    ],
)
def test_the_reason_given_is_the_one_that_weighs_most(
    change: Callable[[Agenda], Agenda], code: Code
) -> None:
    reasons = slotting.refusals_at(change(ruiz()), CLEANING, at("09:00"))

    assert [reason.code for reason in reasons] == [code]


def test_notice_and_horizon() -> None:
    rules = replace(CLEANING, earliest=at("09:10"), horizon=at("10:10"))
    plan = slotting.plan(ruiz(), rules, (at("09:00"), at("11:00")))

    assert [wall(start) for start in plan.starts()] == ["09:15", "09:30"]
    assert told(plan) == [
        ("09:00", "09:10", "notice"),
        ("09:10", "09:15", "too_short"),
        ("10:00", "10:10", "too_short"),
        ("10:10", "11:00", "horizon"),
    ]


def test_the_first_slots_cost_their_days_alone() -> None:
    asked: list[date] = []

    def one_by_one() -> Iterator[Day]:
        for day in hours.days_for(RUIZ, date(2026, 11, 24), date(2026, 12, 24), ZONE):
            asked.append(day.date)
            yield day

    agenda = replace(ruiz(), days=one_by_one())
    window = (at("00:00", 24), at("00:00", 24) + 30 * 86_400)
    found = list(islice(slotting.slots(agenda, CLEANING, window), 3))

    assert [wall(slot.start) for slot in found] == ["09:00", "09:15", "09:30"]
    assert asked == [date(2026, 11, 24)]


def test_the_grid_counts_real_time_across_a_clock_change() -> None:
    zone = ZoneInfo("America/New_York")
    week = hours.shorthand({"6": ["00:00-04:00"]})
    agenda = Agenda(hours.days_for(week, date(2026, 3, 8), date(2026, 3, 8), zone))
    rules = Rules(duration=3600, granularity=3600, earliest=0, horizon=2**40)
    plan = slotting.plan(agenda, rules, hours.day_range(date(2026, 3, 8), zone))

    walls = [datetime.fromtimestamp(start, UTC).astimezone(zone).hour for start in plan.starts()]
    assert walls == [0, 1, 3]


@pytest.mark.parametrize("wrong", [{"duration": 0}, {"granularity": 0}, {"before": -1}])
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"a second|negative"):
        replace(CLEANING, **wrong)  # type: ignore[arg-type]
