"""What can be booked, and why the rest can't: the one answer that availability and booking share.

Working hours come first, from the database; Google is asked afterwards, live, only about the
professionals and the stretch of time that are left. Call it outside any transaction where the
clinic uses Google.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from clinics.gcal.reading import read_calendars
from clinics.hours import Day, Week, day_of, day_range
from clinics.models import Appointment, Treatment
from clinics.services import slotting
from clinics.services.agenda import Calendar, ChairBusy, ClinicAgenda, moment, read_agenda
from clinics.services.slotting import Agenda, Rules, Trust
from dentalogic.core import clock
from dentalogic.core.intervals import Range, union
from dentalogic.core.tenancy import current_scope

# How far from a lost slot its alternatives are looked for, before the whole horizon is.
NEAR = timedelta(days=3)


class Slot(NamedTuple):
    professional_id: UUID
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID | None
    kind: Literal["slot", "request"]
    urgent: bool


class Reason(NamedTuple):
    """Why a stretch of a professional's time holds no slot; `code` is one of slotting.REASONS."""

    professional_id: UUID
    starts_at: datetime
    ends_at: datetime
    code: str


@dataclass(slots=True)
class Availability:
    """Slots and reasons of a window; together they cover it, for each professional.

    `trust` says per professional how well their calendar is known: live, delayed, broken, local.
    """

    slots: list[Slot] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    trust: dict[UUID, str] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)


class External(NamedTuple):
    """What is known of a professional's own calendar."""

    trust: Trust
    busy: tuple[Range, ...]


LOCAL = External("local", ())
BROKEN = External("broken", ())


def find_slots(
    *,
    treatment: Treatment,
    window: tuple[datetime, datetime],
    professional_ids: Sequence[UUID] | None = None,
    urgent: bool = False,
    exclude: Appointment | None = None,
    conversation_id: UUID | None = None,
    limit: int | None = None,
) -> Availability:
    """Return every slot of the window and the reasons for the rest, ordered by time.

    Professionals who don't offer the treatment or can't be booked are left out. `exclude` is an
    appointment to be moved; `conversation_id` the one that asks, whose own hold blocks nothing.
    With `limit`, only the first slots, no two at the same time, and reasons only if there are
    none: days are then read as needed.
    """
    asked = Question(treatment, professional_ids, urgent, exclude, conversation_id)
    starts_at, ends_at = window
    if starts_at >= ends_at:
        return Availability()
    if limit is not None:
        return _first_slots(asked, starts_at, ends_at, limit)
    found = Availability()
    for plan in plans_of(asked, starts_at, ends_at, found):
        _explain(plan, found)
    found.slots.sort(key=itemgetter(1))
    found.reasons.sort(key=itemgetter(1))
    return found


def nearest_alternatives(
    *,
    treatment: Treatment,
    professional_id: UUID | None,
    around: datetime,
    limit: int = 3,
    urgent: bool = False,
    exclude: Appointment | None = None,
    conversation_id: UUID | None = None,
) -> list[Slot]:
    """Return the slots nearest to a moment: the same professional's, then anybody's.

    Three days both ways are searched; where they hold too few, the first ones of the horizon.
    """

    now = clock.now()
    window = max(around - NEAR, now), max(around, now) + NEAR
    asked = Question(treatment, None, urgent, exclude, conversation_id)
    plans = plans_of(asked, *window, Availability())
    own = [plan for plan in plans if plan.calendar.id == professional_id]
    others = [plan for plan in plans if plan.calendar.id != professional_id]
    chosen: dict[int, Slot] = {}
    for group in (own, others):
        if len(chosen) < limit:
            _add_nearest(chosen, group, around.timestamp(), limit)
    slots = list(chosen.values())
    if len(slots) < limit:
        later = _first_slots(asked, window[1], now + timedelta(days=366), limit)
        slots += later.slots[: limit - len(slots)]
    return slots


def _add_nearest(chosen: dict[int, Slot], plans: Sequence[Plan], around: float, limit: int) -> None:
    """Fill up with the slots nearest to a moment, no two at the same time."""
    near = [
        (abs(slot.start - around), slot.start, number, slot)
        for number, plan in enumerate(plans)
        for slot in slotting.slots(plan.agenda, plan.rules, plan.window)
    ]
    near.sort(key=itemgetter(0, 1, 2))
    for _, start, number, slot in near:
        if len(chosen) == limit:
            return
        if start not in chosen:
            chosen[start] = plans[number].slot(slot)


class Question(NamedTuple):
    """What is asked of the agenda, for whatever window."""

    treatment: Treatment
    professional_ids: Sequence[UUID] | None
    urgent: bool = False
    exclude: Appointment | None = None
    conversation_id: UUID | None = None

    def read(self, starts_at: datetime, ends_at: datetime) -> ClinicAgenda:
        return read_agenda(
            treatment_id=self.treatment.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            professional_ids=self.professional_ids,
            conversation_id=self.conversation_id,
            moved_id=None if self.exclude is None else self.exclude.pk,
        )


class Plan(NamedTuple):
    """One professional's part of the question, ready for the pure engine."""

    calendar: Calendar
    chairs: list[UUID]
    agenda: Agenda
    rules: Rules
    window: Range

    def slot(self, found: slotting.Slot) -> Slot:
        return Slot(
            self.calendar.id,
            moment(found.start),
            moment(found.end),
            None if found.chair is None else self.chairs[found.chair],
            found.kind,
            found.urgent,
        )


def plans_of(
    asked: Question, starts_at: datetime, ends_at: datetime, found: Availability
) -> list[Plan]:
    """Read the agenda, and Google where it matters; note trust and names in `found`."""
    clinic = asked.read(starts_at, ends_at)
    window = int(starts_at.timestamp()), int(ends_at.timestamp())
    rules = rules_of(clinic, asked.treatment.minutes, urgent=asked.urgent)
    chairs = [chair.id for chair in clinic.chairs]
    busy = busy_chairs(clinic.chairs)
    known = [
        Plan(calendar, chairs, agenda_of(clinic, calendar, window, busy), rules, window)
        for calendar in clinic.calendars
    ]
    external = _read_external(clinic, known) if clinic.uses_google else {}
    plans = []
    for plan in known:
        outside = external.get(plan.calendar.id, LOCAL)
        found.trust[plan.calendar.id] = outside.trust
        found.names[plan.calendar.id] = plan.calendar.name
        if outside is not LOCAL:
            agenda = agenda_of(clinic, plan.calendar, window, busy, outside)
            plan = plan._replace(agenda=agenda)  # noqa: PLW2901
        plans.append(plan)
    return plans


def _read_external(clinic: ClinicAgenda, plans: Sequence[Plan]) -> dict[UUID, External]:
    """Read Google for those who have calendars and time left, over the stretch that is left."""
    wanted: dict[str, None] = {}
    low: list[int] = []
    high: list[int] = []
    for plan in plans:
        if not plan.calendar.google_calendars:
            continue
        runs = slotting.plan_starts(plan.agenda, plan.rules, plan.window).runs
        if runs:
            wanted |= dict.fromkeys(plan.calendar.google_calendars)
            low.append(runs[0].first)
            high.append(max(run.last for run in runs) + plan.rules.duration)
    if not wanted:
        return {}
    rules = plans[0].rules
    window = moment(min(low) - rules.before), moment(max(high) + rules.after)
    readings = read_calendars(
        list(wanted),
        window,
        budget_seconds=clinic.preferences.google_budget_seconds,
        delayed_minutes=clinic.preferences.google_delayed_minutes,
    )
    return {
        plan.calendar.id: _together([readings.get(name) for name in plan.calendar.google_calendars])
        for plan in plans
        if plan.calendar.google_calendars and wanted.keys() >= set(plan.calendar.google_calendars)
    }


def _together(readings: Sequence[Any]) -> External:
    """Join the calendars of one professional: they are known as well as the worst of them."""
    trusts = ["broken" if reading is None else str(reading.trust) for reading in readings]
    if "broken" in trusts:
        return BROKEN
    busy = tuple(union(*(reading.busy for reading in readings)))
    return External("delayed" if "delayed" in trusts else "live", busy)


def recheck_calendar(
    *, clinic: ClinicAgenda, calendar: Calendar, starts_at: datetime, ends_at: datetime
) -> External:
    """Read a professional's Google calendars around one slot, now. Never inside a transaction."""
    rules = clinic.preferences
    readings = read_calendars(
        list(calendar.google_calendars),
        (
            starts_at - timedelta(minutes=rules.buffer_before_minutes),
            ends_at + timedelta(minutes=rules.buffer_after_minutes),
        ),
        budget_seconds=rules.google_budget_seconds,
        delayed_minutes=rules.google_delayed_minutes,
    )
    return _together([readings.get(name) for name in calendar.google_calendars])


def rules_of(
    clinic: ClinicAgenda, minutes: int, *, urgent: bool = False, for_staff: bool = False
) -> Rules:
    """Return the clinic's rules for a treatment of `minutes`.

    Staff see the patient and the day in front of them: for their bookings there is no grid, no
    notice beyond "not in the past", and the urgent reserve is theirs to give.
    """
    preferences = clinic.preferences
    now = int(clock.now().timestamp())
    timezone = ZoneInfo(current_scope().timezone)
    last_day = clock.now().astimezone(timezone).date() + timedelta(days=preferences.horizon_days)
    notice = preferences.minimum_notice_minutes * 60
    if for_staff:
        # Who stands at the desk gets the quarter of an hour that has just begun.
        notice = -preferences.granularity_minutes * 60
    return Rules(
        duration=minutes * 60,
        granularity=60 if for_staff else preferences.granularity_minutes * 60,
        earliest=now + notice,
        horizon=day_range(last_day, timezone)[1],
        before=preferences.buffer_before_minutes * 60,
        after=preferences.buffer_after_minutes * 60,
        urgent_reserve=preferences.urgent_minutes_per_day * 60,
        urgent=urgent or for_staff,
    )


def busy_chairs(chairs: Sequence[ChairBusy]) -> list[list[Range]]:
    """Return the busy time of each chair as the engine wants it."""
    return [union(chair.busy) for chair in chairs]


def agenda_of(
    clinic: ClinicAgenda,
    calendar: Calendar,
    window: Range,
    chairs: Sequence[Sequence[Range]],
    external: External = LOCAL,
) -> Agenda:
    """Return one professional's time in the terms of the engine."""
    timezone = ZoneInfo(current_scope().timezone)
    return Agenda(
        days=_Days(calendar.week, *_days_of(window, timezone), timezone),
        closures=clinic.closures,
        absences=calendar.absences,
        taken=union(calendar.busy),
        external=external.busy,
        chairs=chairs,
        trust=external.trust,
    )


@lru_cache(maxsize=1024)
def _days_of(window: Range, timezone: ZoneInfo) -> Range:
    """Return the ordinals of the first and the last local day that a window touches."""
    return (
        moment(window[0]).astimezone(timezone).toordinal(),
        moment(window[1]).astimezone(timezone).toordinal(),
    )


class _Days:
    """The local days from `first` to `last`, each computed when it is asked for."""

    __slots__ = ("_first", "_last", "_timezone", "_week")

    def __init__(self, week: Week, first: int, last: int, timezone: ZoneInfo) -> None:
        self._week, self._first, self._last, self._timezone = week, first, last, timezone

    def __iter__(self) -> Iterator[Day]:
        for ordinal in range(self._first, self._last + 1):
            yield day_of(self._week, date.fromordinal(ordinal), self._timezone)


def _explain(plan: Plan, found: Availability) -> None:
    whole = slotting.plan(plan.agenda, plan.rules, plan.window)
    found.slots += map(plan.slot, whole.slots())
    person = plan.calendar.id
    found.reasons += [
        Reason(person, moment(start), moment(end), code) for start, end, code in whole.reasons
    ]


def _first_slots(
    asked: Question, starts_at: datetime, ends_at: datetime, limit: int
) -> Availability:
    found = Availability()
    plans: list[Plan] = []
    chosen: dict[int, Slot] = {}
    for part_start, part_end in _parts(starts_at, ends_at):
        part = plans_of(asked, part_start, part_end, found)
        plans += part
        streams = [
            _numbered(number, slotting.slots(plan.agenda, plan.rules, plan.window))
            for number, plan in enumerate(part)
        ]
        for start, number, slot in merge(*streams):
            if start not in chosen:
                chosen[start] = part[number].slot(slot)
                if len(chosen) == limit:
                    break
        if len(chosen) >= limit:
            break
    found.slots = list(islice(chosen.values(), limit))
    if not found.slots:
        for plan in plans:
            _explain(plan, found)
        found.reasons.sort(key=itemgetter(1))
    return found


def _numbered(
    number: int, slots: Iterator[slotting.Slot]
) -> Iterator[tuple[int, int, slotting.Slot]]:
    for slot in slots:
        yield slot.start, number, slot


def _parts(starts_at: datetime, ends_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a window at local midnights after two days and after ten: most searches end early."""
    timezone = ZoneInfo(current_scope().timezone)
    at = starts_at
    for days in (2, 8):
        midnight = day_range(at.astimezone(timezone).date() + timedelta(days=days), timezone)[0]
        if moment(midnight) >= ends_at:
            break
        yield at, moment(midnight)
        at = moment(midnight)
    yield at, ends_at
