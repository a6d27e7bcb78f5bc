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
from dentalogic.core.intervals import Range, Ranges, clip, gaps, intersect, subtract, union, widen

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
        if len({(run.chair, run.urgent) for run in self.runs}) < 2:
            return [start for run in self.runs for start in range(run.first, run.last + 1, step)]
        return [slot.start for slot in self.slots()]

    def slots(self) -> Iterator[Slot]:
        duration, step, kind = self.rules.duration, self.rules.granularity, self.kind
        for first, last, chair, urgent in self.runs:
            for start in range(first, last + 1, step):
                yield Slot(start, start + duration, chair, kind, urgent)


def plan(agenda: Agenda, rules: Rules, window: Range) -> Plan:
    """Return all slots and reasons of the window; time outside the days given is `closed`."""
    runs: list[Run] = []
    reasons: list[Reason] = []
    at = window[0]
    for day in _days_in(agenda.days, window):
        if day.start > at:
            _add(reasons, at, day.start, "closed")
        found, why = _plan_day(day, agenda, rules, window, explain=True)
        runs += found
        for reason in why:
            _add(reasons, *reason)
        at = day.end
    if at < window[1]:
        _add(reasons, at, window[1], "closed")
    return Plan(runs, reasons, rules, _kind(agenda))


def plan_starts(agenda: Agenda, rules: Rules, window: Range) -> Plan:
    """Return the slots of the window without the reasons, in a fraction of the time."""
    runs: list[Run] = []
    for day in _days_in(agenda.days, window):
        runs += _plan_day(day, agenda, rules, window, explain=False)[0]
    return Plan(runs, [], rules, _kind(agenda))


def plan_days(agenda: Agenda, rules: Rules, window: Range) -> Iterator[tuple[Day, Plan]]:
    """Yield each day with its slots and reasons, none computed before it is asked for."""
    kind = _kind(agenda)
    for day in _days_in(agenda.days, window):
        runs, reasons = _plan_day(day, agenda, rules, window, explain=True)
        yield day, Plan(runs, reasons, rules, kind)


def slots(agenda: Agenda, rules: Rules, window: Range) -> Iterator[Slot]:
    """Yield the slots of the window in order; who takes the first few pays for their days alone."""
    kind = _kind(agenda)
    for day in _days_in(agenda.days, window):
        runs, _reasons = _plan_day(day, agenda, rules, window, explain=False)
        yield from Plan(runs, [], rules, kind).slots()


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


def _add(reasons: list[Reason], start: int, end: int, code: Code) -> None:
    """Append a reason, making one of it and the last where they are alike and touch."""
    if reasons and reasons[-1].end == start and reasons[-1].code == code:
        start = reasons.pop().start
    reasons.append(Reason(start, end, code))


def _near(ranges: Ranges, start: int, end: int, before: int = 0, after: int = 0) -> Ranges:
    """Return the part of `ranges`, each widened by the buffers, that may reach into the time."""
    if not ranges:
        return ranges
    first = bisect_left(ranges, (start - after,))
    if first and ranges[first - 1][1] > start - after:
        first -= 1
    found = ranges[first : bisect_left(ranges, (end + before,), first)]
    return widen(found, before, after) if found and (before or after) else found


def _layers(
    day: Day, agenda: Agenda, rules: Rules, start: int, end: int
) -> Iterator[tuple[Ranges, Code]]:
    """Yield what stands against slots between the two instants, first things first."""
    blocks = day.blocks
    if agenda.closures:
        yield _near(agenda.closures, start, end), "holiday"
    yield [(day.start, blocks[0][0]), (blocks[-1][1], day.end)], "closed"
    if agenda.absences:
        yield _near(agenda.absences, start, end), "absence"
    if len(blocks) > 1:
        yield gaps(blocks, blocks[0][0], blocks[-1][1]), "break"
    if end > rules.horizon:
        yield [(rules.horizon, end)], "horizon"
    if start < rules.earliest:
        yield [(start, rules.earliest)], "notice"
    pad = rules.before + rules.after
    if agenda.taken:
        yield _near(agenda.taken, start, end, pad, pad), "taken"
    if agenda.chairs:
        yield _no_chair(agenda.chairs, start, end, pad), "taken"
    if agenda.external and agenda.trust != "broken":
        yield _near(agenda.external, start, end, rules.after, rules.before), "external"
    if rules.urgent_reserve and not rules.urgent:
        yield [_reserve(day, rules)], "urgent_only"


def _no_chair(chairs: Sequence[Ranges], start: int, end: int, pad: int) -> Ranges:
    """Return the time in which every chair is busy."""
    busy: Ranges = _near(chairs[0], start, end, pad, pad)
    for chair in chairs[1:]:
        if not busy:
            break
        busy = intersect(busy, _near(chair, start, end, pad, pad))
    return busy


def _reserve(day: Day, rules: Rules) -> Range:
    start, end = day.blocks[0]
    return max(start, end - rules.urgent_reserve), end


def _plan_day(
    day: Day, agenda: Agenda, rules: Rules, window: Range, *, explain: bool
) -> tuple[list[Run], list[Reason]]:
    start, end = max(day.start, window[0]), min(day.end, window[1])
    reasons: list[Reason] = []
    free: list[Range] = [(start, end)]
    if day.blocks:
        for layer, code in _layers(day, agenda, rules, start, end):
            if not layer:
                continue
            if explain:
                reasons += [Reason(a, b, code) for a, b in intersect(free, layer)]
            free = subtract(free, layer)
            if not free:
                break
    else:
        if explain:
            shut = intersect(_near(agenda.closures, start, end), free)
            reasons += [Reason(a, b, "holiday") for a, b in shut]
            reasons += [Reason(a, b, "closed") for a, b in subtract(free, shut)]
        free = []
    runs = _runs(day, agenda, rules, free) if free else []
    if explain:
        left = subtract(free, _covered(runs, rules)) if runs else free
        short: Code = "not_trusted" if agenda.trust == "broken" else "too_short"
        reasons += [Reason(a, b, short) for a, b in left]
        reasons.sort()
    return runs, reasons


def _runs(day: Day, agenda: Agenda, rules: Rules, free: list[Range]) -> list[Run]:
    """Lay slots into free time, each in the first chair that is free for all of it."""
    duration, step = rules.duration, rules.granularity
    zone: Range | None = None
    if rules.urgent and rules.urgent_reserve:
        reserve = _reserve(day, rules)
        zone = reserve[0] - duration + 1, reserve[1]
    runs: list[Run] = []
    for chair, (low, high) in _possible_starts(agenda, rules, free):
        origin = _block_start(day.blocks, low)
        pieces = [(low, high, False)] if zone is None else _marked(low, high, zone)
        for piece_low, piece_high, urgent in pieces:
            first = piece_low + (origin - piece_low) % step
            if first < piece_high:
                last = first + (piece_high - 1 - first) // step * step
                runs.append(Run(first, last, chair, urgent))
    runs.sort()
    return runs


def _possible_starts(
    agenda: Agenda, rules: Rules, free: list[Range]
) -> list[tuple[int | None, Range]]:
    """Return the instants, on the grid or not, at which a slot would fit, by chair."""
    duration, pad = rules.duration, rules.before + rules.after
    if not agenda.chairs:
        return [(None, (a, b - duration + 1)) for a, b in free if b - a >= duration]
    found: list[tuple[int | None, Range]] = []
    known: list[Range] = []
    for number, busy in enumerate(agenda.chairs):
        near = _near(busy, free[0][0], free[-1][1], pad, pad)
        open_time = subtract(free, near) if near else free
        fits = [(a, b - duration + 1) for a, b in open_time if b - a >= duration]
        found += [(number, starts) for starts in (subtract(fits, known) if known else fits)]
        if not near:
            break
        known = union(known, fits)
    return found


def _block_start(blocks: Sequence[Range], at: int) -> int:
    for start, end in reversed(blocks):
        if start <= at < end:
            return start
    raise ValueError("Free time lies in a working block.")


def _marked(low: int, high: int, zone: Range) -> list[tuple[int, int, bool]]:
    outside = [(a, b, False) for a, b in subtract([(low, high)], [zone])]
    return outside + [(a, b, True) for a, b in clip([zone], low, high)]


def _covered(runs: list[Run], rules: Rules) -> list[Range]:
    duration, step = rules.duration, rules.granularity
    if step <= duration:
        return union([(run.first, run.last + duration) for run in runs])
    return union(
        (start, start + duration) for run in runs for start in range(run.first, run.last + 1, step)
    )
