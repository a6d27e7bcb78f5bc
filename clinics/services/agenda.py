"""Reading the agenda: one statement, plain numbers, no model instances.

The statement is the function `read_agenda` (migrations_sql/clinics), so that availability and
booking are told the same things in one snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
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
REACH = timedelta(hours=4)

_READ = """
SELECT kind, id, a, b, c, d, busy_starts, busy_ends, away_starts, away_ends
FROM read_agenda(%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one professional's agenda holds. Ranges are epoch seconds, sorted and apart."""

    id: UUID
    name: str
    week: Week
    google_calendars: tuple[str, ...]
    busy: tuple[Range, ...]
    absences: list[Range]


@dataclass(frozen=True, slots=True)
class ChairBusy:
    id: UUID
    busy: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A held appointment, live or expired; times are epoch seconds."""

    id: UUID
    professional_id: UUID
    chair_id: UUID | None
    conversation_id: UUID | None
    starts: int
    ends: int
    expires: int


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
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            [
                scope.tenant_id,
                treatment_id,
                None if professional_ids is None else list(professional_ids),
                starts_at - REACH,
                ends_at + REACH,
                clock.now(),
                conversation_id,
                moved_id,
                with_holds,
            ],
        )
        rows = cursor.fetchall()
    _, _, settings, country, provider, closures, *_ = rows[0]
    preferences = _preferences(settings)
    chairs: list[ChairBusy] = []
    calendars: list[Calendar] = []
    holds: list[Hold] = []
    for kind, row_id, a, b, c, _d, busy_starts, busy_ends, away_starts, away_ends in rows[1:]:
        if kind == "professional":
            google = tuple(json.loads(c)) if c and provider == "google" else ()
            calendars.append(
                Calendar(
                    row_id,
                    a,
                    _week(b),
                    tuple(dict.fromkeys(filter(None, google))),
                    _pairs(busy_starts, busy_ends),
                    union(_pairs(away_starts, away_ends)),
                )
            )
        elif kind == "chair":
            chairs.append(ChairBusy(row_id, _pairs(busy_starts, busy_ends)))
        else:
            holds.append(
                Hold(
                    row_id,
                    UUID(a),
                    UUID(b) if b else None,
                    UUID(c) if c else None,
                    int(busy_starts),
                    int(busy_ends),
                    int(away_starts),
                )
            )
    first = (starts_at - REACH).astimezone(ZoneInfo(scope.timezone)).date()
    last = (ends_at + REACH).astimezone(ZoneInfo(scope.timezone)).date()
    return ClinicAgenda(
        preferences=preferences,
        uses_google=provider == "google",
        closures=_closed(
            closures, country if preferences.holidays else None, first, last, scope.timezone
        ),
        chairs=chairs,
        calendars=calendars,
        holds=holds,
    )


def moment(seconds: int) -> datetime:
    """Return the aware moment, in UTC, of an epoch second."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def _preferences(settings: str) -> ClinicSettings:
    # Keyed by the whole text: what another clinic stores alike means alike.
    return ClinicSettings.model_validate_json(settings)


@lru_cache(maxsize=4096)
def _week(working_hours: str) -> Week:
    return week_of(json.loads(working_hours))


def _pairs(starts: str | None, ends: str | None) -> tuple[Range, ...]:
    """Pair two of PostgreSQL's text arrays, sorted; overlapping pairs stay apart."""
    if starts is None or ends is None:
        return ()
    pairs = zip(map(int, starts[1:-1].split(",")), map(int, ends[1:-1].split(",")), strict=True)
    return tuple(sorted(pairs))


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country in a year; none where the country is unknown."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def _closed(
    closures: str | None, country: str | None, first: date, last: date, timezone: str
) -> list[Range]:
    """Return the whole local days on which the clinic is closed."""
    days: set[date] = set()
    if country is not None:
        for year in range(first.year, last.year + 1):
            days |= {day for day in public_holidays(country, year) if first <= day <= last}
    if closures:
        spans = [row.split(",") for row in closures.split(";")]
        # "We work on that holiday" is said first; a closure of the clinic's own always closes.
        for opens in ("true", "false"):
            for start, end, said in spans:
                if said == opens:
                    span = _days(start, end, first, last)
                    days = days - span if opens == "true" else days | span
    if not days:
        return []
    return union(day_range(day, ZoneInfo(timezone)) for day in days)


def _days(start: str, end: str, first: date, last: date) -> set[date]:
    from_day = max(date.fromisoformat(start), first).toordinal()
    to_day = min(date.fromisoformat(end), last).toordinal()
    return {date.fromordinal(day) for day in range(from_day, to_day + 1)}
