"""Free times as numbers, for who shows a few of very many.

The slots are those of `availability`. They are made of the numbers when they have been chosen, and
the reasons of what was read already when nothing was free: both cost more than finding the times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from math import ceil
from typing import NamedTuple
from uuid import UUID

from clinics.services import slotting
from clinics.services.availability import Availability, Plan, Question, Slot, plans_of
from dentalogic.core.intervals import Range

Window = tuple[datetime, datetime]


class Opening(NamedTuple):
    """What a start offers besides its time; the same for all starts of a run."""

    plan: Plan
    chair: int | None
    urgent: bool

    @property
    def professional_id(self) -> UUID:
        return self.plan.calendar.id

    def slot(self, start: int) -> Slot:
        plan = self.plan
        kind: slotting.Kind = "request" if plan.agenda.trust == "broken" else "slot"
        end = start + plan.rules.duration
        return plan.slot(slotting.Slot(start, end, self.chair, kind, self.urgent))


class DayOpenings(NamedTuple):
    """A local day's starts in order of time, each with those who are free, by name."""

    date: date
    starts: dict[int, list[Opening]]


class Openings:
    """What the agenda of a few windows offers, computed day by day as it is asked for."""

    def __init__(self, asked: Question, windows: Sequence[Window]) -> None:
        """Read the agenda once over all of the windows, which are sorted."""
        found = Availability()
        self._plans = plans_of(asked, windows[0][0], windows[-1][1], found)
        self._windows = [_whole_seconds(window) for window in windows]
        self.names = found.names

    def days(self) -> Iterator[DayOpenings]:
        """Yield the days that have slots inside one of the windows."""
        for days in zip(*(plan.agenda.days for plan in self._plans), strict=True):
            touched = [w for w in self._windows if w[0] < days[0].end and days[0].start < w[1]]
            starts: dict[int, list[Opening]] = {}
            for plan, day in zip(self._plans, days, strict=True):
                step = plan.rules.granularity
                free: dict[int, Opening] = {}
                for window in touched:
                    for run in slotting.day_runs(plan.agenda, plan.rules, day, window):
                        opening = Opening(plan, run.chair, run.urgent)
                        free.update(dict.fromkeys(range(run.first, run.last + 1, step), opening))
                for start, opening in free.items():
                    if start in starts:
                        starts[start].append(opening)
                    else:
                        starts[start] = [opening]
            if starts:
                yield DayOpenings(days[0].date, dict(sorted(starts.items())))

    def reasons(self) -> list[str]:
        """Return why the windows hold no more slots, in order of time, with repetitions."""
        told = [
            reason
            for plan in self._plans
            for reason in slotting.plan(plan.agenda, plan.rules, plan.window).reasons
        ]
        told.sort(key=lambda reason: reason.start)
        return [
            reason.code
            for reason in told
            if any(reason.start < end and start < reason.end for start, end in self._windows)
        ]


def _whole_seconds(window: Window) -> Range:
    return ceil(window[0].timestamp()), int(window[1].timestamp())
