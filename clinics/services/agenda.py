"""Reading the agenda: one statement, plain numbers, no model instances.

The statement is the function `agenda_rows` (migrations_sql/clinics), so that availability and
booking are told the same things in one snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from django.db import connection

from clinics.hours import Week, day_range, week_of
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core import clock
from dentalogic.core.intervals import Range, union
from dentalogic.core.tenancy import current_scope

# Buffers reach at most this far from a slot (settings_schema), so that much more is read.
REACH = 4 * 3600

_READ = """
SELECT kind, id, a, b, c, d, starts, ends
FROM agenda_rows(%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one professional's agenda holds. Ranges are epoch seconds; busy ones may overlap."""

    id: UUID
    name: str
    week: Week
    google_calendars: tuple[str, ...]
    busy: Sequence[Range]
    absences: Sequence[Range]


@dataclass(frozen=True, slots=True)
class ChairBusy:
    id: UUID
    busy: Sequence[Range]


@dataclass(frozen=True, slots=True)
class Hold:
    """A held appointment, live or expired; times are epoch seconds."""

    id: UUID
    professional_id: UUID
    chair_id: UUID | None
    conversation_id: UUID | None
    starts: int
    ends: int
    expires: float


@dataclass(frozen=True, slots=True)
class ClinicAgenda:
    """The clinic and the bookable professionals who offer the treatment, over a window."""

    preferences: ClinicSettings
    uses_google: bool
    closures: list[Range]
    chairs: list[ChairBusy]
    calendars: list[Calendar]
    holds: list[Hold]

    def calendar_of(self, professional_id: UUID) -> Calendar | None:
        return next((c for c in self.calendars if c.id == professional_id), None)


def read_agenda(
    *,
    treatment_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    professional_ids: Sequence[UUID] | None = None,
    conversation_id: UUID | None = None,
    moved_id: UUID | None = None,
    with_holds: bool = False,
) -> ClinicAgenda:
    """Read what availability over `[starts_at, ends_at)` depends on, in one statement.

    The conversation's own hold and the moved appointment are nobody's busy time.
    """
    scope = current_scope()
    start, end = int(starts_at.timestamp()) - REACH, int(ends_at.timestamp()) + REACH
    with connection.cursor() as cursor:
        # Texts and numbers: what psycopg makes of UUIDs and moments costs more than the rest.
        cursor.execute(
            _READ,
            [
                str(scope.tenant_id),
                str(treatment_id),
                None if professional_ids is None else _array(professional_ids),
                start,
                end,
                clock.now().timestamp(),
                None if conversation_id is None else str(conversation_id),
                None if moved_id is None else str(moved_id),
                with_holds,
            ],
        )
        rows = cursor.fetchall()
    _, _, settings, country, provider, closures, _, _ = rows[0]
    preferences = _preferences(settings)
    chairs, people, busy, away, holds = _sorted_out(rows)
    return ClinicAgenda(
        preferences=preferences,
        uses_google=provider == "google",
        closures=_closed(
            closures, country if preferences.holidays else None, start, end, scope.timezone
        ),
        chairs=[ChairBusy(chair, busy.get(str(chair), ())) for chair in chairs],
        calendars=[
            Calendar(
                person,
                name,
                _week(hours),
                _names(calendars) if calendars and provider == "google" else (),
                busy.get(person, ()),
                away.get(person, ()),
            )
            for _, person, name, hours, calendars, _, _, _ in people
        ],
        holds=[_hold(row) for row in holds],
    )


Rows = list[tuple[Any, ...]]
Busy = dict[UUID | str, list[Range]]


def _sorted_out(rows: Rows) -> tuple[list[UUID], Rows, Busy, Busy, Rows]:
    """Return chairs, professionals, busy time of both (chairs by text), absences and holds."""
    chairs: list[UUID] = []
    people: Rows = []
    busy: Busy = {}
    away: Busy = {}
    holds: Rows = []
    for row in rows:
        match row[0]:
            case "busy":
                pairs = _pairs(row[6], row[7])
                for key in (row[1], row[2]):
                    if key is not None:
                        busy[key] = busy[key] + pairs if key in busy else pairs
            case "professional":
                people.append(row)
            case "away":
                away[row[1]] = union(_pairs(row[6], row[7]))
            case "chair":
                chairs.append(row[1])
            case "hold":
                holds.append(row)
    return chairs, people, busy, away, holds


def _array(ids: Sequence[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def _pairs(starts: str, ends: str) -> list[Range]:
    """Pair two of PostgreSQL's text arrays, in whatever order."""
    return list(
        zip(map(int, starts[1:-1].split(",")), map(int, ends[1:-1].split(",")), strict=True)
    )


def _hold(row: tuple[Any, ...]) -> Hold:
    _, hold_id, professional, chair, conversation, expires, starts, ends = row
    return Hold(
        hold_id,
        UUID(professional),
        UUID(chair) if chair else None,
        UUID(conversation) if conversation else None,
        int(starts),
        int(ends),
        float(expires),
    )


def _names(calendars: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, json.loads(calendars))))


def moment(seconds: float) -> datetime:
    """Return the aware moment, in UTC, of epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def _preferences(settings: str) -> ClinicSettings:
    # Keyed by the whole text: what another clinic stores alike means alike.
    return ClinicSettings.model_validate_json(settings)


@lru_cache(maxsize=4096)
def _week(working_hours: str) -> Week:
    return week_of(json.loads(working_hours))


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country in a year; none where the country is unknown."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def _closed(
    closures: str | None, country: str | None, start: int, end: int, timezone: str
) -> list[Range]:
    """Return the whole local days on which the clinic is closed."""
    if closures is None and country is None:
        return []
    zone = ZoneInfo(timezone)
    first, last = (moment(at).astimezone(zone).date() for at in (start, end))
    days: set[date] = set()
    if country is not None:
        for year in range(first.year, last.year + 1):
            days |= {day for day in public_holidays(country, year) if first <= day <= last}
    if closures:
        spans = [row.split(",") for row in closures.split(";")]
        # "We work on that holiday" is said first; a closure of the clinic's own always closes.
        for opens in ("true", "false"):
            for from_day, to_day, said in spans:
                if said == opens:
                    span = _days(from_day, to_day, first, last)
                    days = days - span if opens == "true" else days | span
    return union(day_range(day, zone) for day in days) if days else []


def _days(start: str, end: str, first: date, last: date) -> set[date]:
    from_day = max(date.fromisoformat(start), first).toordinal()
    to_day = min(date.fromisoformat(end), last).toordinal()
    return {date.fromordinal(day) for day in range(from_day, to_day + 1)}
