"""Which starts one professional can offer, and why the rest of a window holds none.

Pure: facts and rules in, slots and reasons out; no clock, no settings, no ORM. Times are epoch
seconds, ranges are half-open, sorted and apart (`dentalogic.core.intervals`).

A slot covers `[start, end)` and lies whole inside the window. The time that the slots cover
and the reasons share out the window exactly: reasons overlap neither each other nor a slot.
Where several reasons hold, the first of `REASONS` is given.

* Starts lie on a grid counted from the start of their working block (09:00, 09:15, ...). Time that
  an odd appointment leaves before the next point of the grid is not offered: agendas stay tidy, and
  a clinic that wants it finer sets a finer granularity.
* Buffers keep slots away from what is there and may reach outside working hours. An own appointment
  has its buffers too, so between two appointments lie `after + before`; an external event has none.
  The time lost to a buffer is `taken` or `external` like what it belongs to.
* The urgent reserve is the end of the first working block of the day, until that day ends. It is
  for urgent queries alone; the slots that touch it are marked.
* With a broken calendar nothing external is known, so it is left out, every slot is a request,
  and free time that no request fits into is `not_trusted` instead of `too_short`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from clinics.hours import Day
from dentalogic.core.intervals import (
    Range,
    Ranges,
    clip,
    gaps,
    intersect,
    split,
    subtract,
    union,
    widen,
)

Trust = Literal["live", "delayed", "local", "broken"]
Kind = Literal["slot", "request"]
Code = Literal[
    "holiday",
    "closed",
    "absence",
    "break",
    "horizon",
    "notice",
    "taken",
    "external",
    "urgent_only",
    "too_short",
    "not_trusted",
]
REASONS: tuple[Code, ...] = (
    "holiday",
    "closed",
    "absence",
    "break",
    "horizon",
    "notice",
    "taken",
    "external",
    "urgent_only",
    "too_short",
    "not_trusted",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a query asks and the clinic demands, in seconds; `earliest` and `horizon` are instants.

    A slot starts at `earliest` (now and the minimum notice) or later and ends by `horizon`.
    """

    duration: int
    granularity: int
    earliest: int
    horizon: int
    before: int = 0
    after: int = 0
    urgent_reserve: int = 0
    urgent: bool = False

    def __post_init__(self) -> None:
        if self.duration <= 0 or self.granularity <= 0:
            raise ValueError("Duration and granularity are at least a second.")
        if min(self.before, self.after, self.urgent_reserve) < 0:
            raise ValueError("Buffers and reserve are not negative.")


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is known of one professional's time. `days` follow each other and hold whole days.

    `chairs` has the busy time of each chair; without chairs (none or empty) no slot needs one.
    """

    days: Iterable[Day]
    closures: Ranges = ()
    absences: Ranges = ()
    taken: Ranges = ()
    external: Ranges = ()
    chairs: Sequence[Ranges] | None = None
    trust: Trust = "local"


class Slot(NamedTuple):
    start: int
    end: int
    chair: int | None
    kind: Kind
    urgent: bool


class Reason(NamedTuple):
    start: int
    end: int
    code: Code


class Run(NamedTuple):
    """Slots at `first`, `first + granularity`, ..., `last`, alike in all but their time."""

    first: int
    last: int
    chair: int | None
    urgent: bool


class Plan(NamedTuple):
    """What a stretch of time offers. Runs are sorted and share no start."""

    runs: list[Run]
    reasons: list[Reason]
    rules: Rules
    kind: Kind

    def starts(self) -> list[int]:
        step = self.rules.granularity
        if len({(run.chair, run.urgent) for run in self.runs}) <= 1:
            return [start for run in self.runs for start in range(run.first, run.last + 1, step)]
        return [slot.start for slot in self.slots()]

    def slots(self) -> Iterator[Slot]:
        duration, step, kind = self.rules.duration, self.rules.granularity, self.kind
        for first, last, chair, urgent in self.runs:
            for start in range(first, last + 1, step):
                yield Slot(start, start + duration, chair, kind, urgent)


def plan(agenda: Agenda, rules: Rules, window: Range) -> Plan:
    """Return all slots and reasons of the window; time outside the days given is `closed`."""
    if window[0] >= window[1]:
        return Plan([], [], rules, _kind(agenda))
    return _plan(list(_days_in(agenda.days, window)), agenda, rules, window, explain=True)


def plan_starts(agenda: Agenda, rules: Rules, window: Range) -> Plan:
    """Return the slots of the window without the reasons, in a fraction of the time."""
    return _plan(list(_days_in(agenda.days, window)), agenda, rules, window, explain=False)


def plan_days(agenda: Agenda, rules: Rules, window: Range) -> Iterator[tuple[Day, Plan]]:
    """Yield each day with its slots and reasons, none computed before it is asked for."""
    for day in _days_in(agenda.days, window):
        yield day, _plan([day], agenda, rules, _within(day, window), explain=True)


def slots(agenda: Agenda, rules: Rules, window: Range) -> Iterator[Slot]:
    """Yield the slots of the window in order; who takes the first few pays for their days alone."""
    for day in _days_in(agenda.days, window):
        if day.blocks:
            day_plan = _plan([day], agenda, rules, _within(day, window), explain=False)
            yield from day_plan.slots()


def day_runs(agenda: Agenda, rules: Rules, day: Day, window: Range) -> list[Run]:
    """Return the runs of the slots that lie inside the window on one of the agenda's days."""
    start, end = _within(day, window)
    if start >= end or not day.blocks:
        return []
    return _plan([day], agenda, rules, (start, end), explain=False).runs


def bookable_at(agenda: Agenda, rules: Rules, start: int) -> Slot | None:
    """Return the slot at exactly this start, or None when it would not be offered.

    `agenda.days` must hold the whole local day of the start.
    """
    return next(slots(agenda, rules, (start, start + rules.duration)), None)


def refusals_at(agenda: Agenda, rules: Rules, start: int) -> list[Reason]:
    """Return why no slot begins at this start; a start off the grid is `too_short`."""
    return plan(agenda, rules, (start, start + rules.duration)).reasons


def _kind(agenda: Agenda) -> Kind:
    return "request" if agenda.trust == "broken" else "slot"


def _days_in(days: Iterable[Day], window: Range) -> Iterator[Day]:
    start, end = window
    for day in days:
        if day.start >= end or start >= end:
            return
        if day.end > start:
            yield day


def _within(day: Day, window: Range) -> Range:
    return max(day.start, window[0]), min(day.end, window[1])


def _near(ranges: Ranges, window: Range, before: int = 0, after: int = 0) -> Ranges:
    """Return the part of `ranges`, each widened by the buffers, that may reach into the window."""
    if not ranges:
        return ranges
    start, end = window[0] - after, window[1] + before
    first = bisect_left(ranges, (start,))
    if first and ranges[first - 1][1] > start:
        first -= 1
    found = ranges[first : bisect_left(ranges, (end,), first)]
    return widen(found, before, after) if found and (before or after) else found


def _plan(
    days: Sequence[Day], agenda: Agenda, rules: Rules, window: Range, *, explain: bool
) -> Plan:
    """Cut away from the window what stands against slots, then lay slots into what is left."""
    blocks = [block for day in days for block in day.blocks]
    free = [window] if explain else clip(blocks, *window)
    told: list[tuple[int, int, Code]] = []
    for layer, code in _layers(days, agenda, rules, window, explain=explain):
        if not layer or not free:
            continue
        if explain:
            covered, free = split(free, layer)
            told += [(start, end, code) for start, end in covered]
        else:
            free = subtract(free, layer)
    runs = _runs(days, blocks, agenda, rules, free) if free else []
    if explain:
        code = "not_trusted" if agenda.trust == "broken" else "too_short"
        left = subtract(free, _covered(runs, rules)) if runs else free
        told += [(start, end, code) for start, end in left]
    return Plan(runs, _in_order(told), rules, _kind(agenda))


def _in_order(told: list[tuple[int, int, Code]]) -> list[Reason]:
    """Return the reasons sorted, those alike that touch made one."""
    told.sort()
    reasons: list[Reason] = []
    last_end, last_code = None, None
    for start, end, code in told:
        if code == last_code and start == last_end:
            reasons[-1] = Reason(reasons[-1].start, end, code)
        else:
            reasons.append(Reason(start, end, code))
        last_end, last_code = end, code
    return reasons


def _layers(
    days: Sequence[Day], agenda: Agenda, rules: Rules, window: Range, *, explain: bool
) -> Iterator[tuple[Ranges, Code]]:
    """Yield what stands against slots in the window, what weighs most first."""
    if agenda.closures:
        yield _near(agenda.closures, window), "holiday"
    if explain:
        worked = [(day.blocks[0][0], day.blocks[-1][1]) for day in days if day.blocks]
        yield gaps(worked, *window), "closed"
    if agenda.absences:
        yield _near(agenda.absences, window), "absence"
    if explain:
        yield _breaks(days), "break"
    if window[1] > rules.horizon:
        yield [(rules.horizon, window[1])], "horizon"
    if window[0] < rules.earliest:
        yield [(window[0], rules.earliest)], "notice"
    pad = rules.before + rules.after
    if agenda.taken:
        yield _near(agenda.taken, window, pad, pad), "taken"
    if agenda.chairs and explain:
        yield _no_chair(agenda.chairs, window, pad), "taken"
    if agenda.external and agenda.trust != "broken":
        yield _near(agenda.external, window, rules.after, rules.before), "external"
    if rules.urgent_reserve and not rules.urgent:
        yield _reserves(days, rules), "urgent_only"


def _breaks(days: Sequence[Day]) -> list[Range]:
    return [
        (one[1], two[0])
        for day in days
        if len(day.blocks) > 1
        for one, two in zip(day.blocks, day.blocks[1:], strict=False)
    ]


def _no_chair(chairs: Sequence[Ranges], window: Range, pad: int) -> Ranges:
    """Return the time in which every chair is busy."""
    busy = _near(chairs[0], window, pad, pad)
    for chair in chairs[1:]:
        if not busy:
            break
        busy = intersect(busy, _near(chair, window, pad, pad))
    return busy


def _reserves(days: Sequence[Day], rules: Rules) -> list[Range]:
    firsts = [day.blocks[0] for day in days if day.blocks]
    return [(max(start, end - rules.urgent_reserve), end) for start, end in firsts]


def _runs(
    days: Sequence[Day], blocks: list[Range], agenda: Agenda, rules: Rules, free: list[Range]
) -> list[Run]:
    """Lay slots into free time, each in the first chair that is free for all of it."""
    zones: list[Range] = []
    if rules.urgent and rules.urgent_reserve:
        touching = rules.duration - 1
        zones = widen(_reserves(days, rules), touching, 0)
    runs: list[Run] = []
    for chair, starts in _possible_starts(agenda, rules, free):
        if zones:
            marked, starts = split(starts, zones)  # noqa: PLW2901
            runs += _aligned(marked, blocks, rules.granularity, chair, urgent=True)
        runs += _aligned(starts, blocks, rules.granularity, chair, urgent=False)
    runs.sort()
    return runs


def _possible_starts(
    agenda: Agenda, rules: Rules, free: list[Range]
) -> Iterator[tuple[int | None, list[Range]]]:
    """Yield by chair the instants, on the grid or not, at which a slot would fit."""
    shorter, pad = rules.duration - 1, rules.before + rules.after
    if not agenda.chairs:
        yield None, [(a, b - shorter) for a, b in free if b - a > shorter]
        return
    known: list[Range] = []
    for number, busy in enumerate(agenda.chairs):
        near = _near(busy, (free[0][0], free[-1][1]), pad, pad)
        open_time = subtract(free, near) if near else free
        fits = [(a, b - shorter) for a, b in open_time if b - a > shorter]
        yield number, subtract(fits, known) if known else fits
        if not near:
            return
        known = union(known, fits)


def _aligned(
    starts: list[Range], blocks: list[Range], step: int, chair: int | None, *, urgent: bool
) -> list[Run]:
    """Return the points of each block's grid among the possible starts."""
    runs: list[Run] = []
    at = 0
    for low, high in starts:
        while blocks[at][1] <= low:
            at += 1
        first = low + (blocks[at][0] - low) % step
        if first < high:
            runs.append(Run(first, first + (high - 1 - first) // step * step, chair, urgent))
    return runs


def _covered(runs: list[Run], rules: Rules) -> list[Range]:
    duration, step = rules.duration, rules.granularity
    if step <= duration:
        return union([(first, last + duration) for first, last, _chair, _urgent in runs])
    return union(
        (start, start + duration) for run in runs for start in range(run.first, run.last + 1, step)
    )
