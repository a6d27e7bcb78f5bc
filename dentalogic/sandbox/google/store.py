"""Calendars and events in memory, each change with a version of its own."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from dentalogic.sandbox.clock import Clock
from dentalogic.sandbox.google.errors import GoogleError, not_found

WRITERS = {"writer", "owner"}
PAGES_KEPT = 200
OWN_CALENDAR = "sandbox@sandbox.iam.gserviceaccount.com"


@dataclass(slots=True)
class Calendar:
    """One calendar. ``version`` grows with each change; sync tokens point at it."""

    id: str
    summary: str
    time_zone: str = "America/Argentina/Buenos_Aires"
    access_role: str = "owner"
    version: int = 0
    oldest_sync: int = 0
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """Return the calendar as an entry of the calendar list."""
        return {
            "kind": "calendar#calendarListEntry",
            "etag": f'"{self.version}"',
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.time_zone,
            "accessRole": self.access_role,
            "selected": True,
            "defaultReminders": [],
            "primary": self.id == OWN_CALENDAR,
        }

    def resource(self) -> dict[str, Any]:
        """Return the calendar's own resource."""
        return {
            "kind": "calendar#calendar",
            "etag": f'"{self.version}"',
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.time_zone,
        }


class CalendarStore:
    """All calendars, the pages of long lists, and who listens for changes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calendars: dict[str, Calendar] = {}
        self.pages: OrderedDict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = OrderedDict()
        self.listeners: list[Any] = []
        self.changes = 0
        self.add(OWN_CALENDAR, "Agenda del sandbox")

    def add(
        self,
        calendar_id: str,
        summary: str,
        *,
        time_zone: str = "America/Argentina/Buenos_Aires",
        access_role: str = "owner",
    ) -> Calendar:
        """Make a calendar, or change the names of one that exists."""
        calendar = self.calendars.get(calendar_id)
        if calendar is None:
            calendar = Calendar(calendar_id, summary)
            self.calendars[calendar_id] = calendar
        calendar.summary, calendar.time_zone = summary, time_zone
        calendar.access_role = access_role
        self.changes += 1
        return calendar

    def calendar(self, calendar_id: str, *, write: bool = False) -> Calendar:
        """Return a calendar, refusing as Google does."""
        found = self.calendars.get(OWN_CALENDAR if calendar_id == "primary" else calendar_id)
        if found is None:
            raise not_found()
        if found.access_role == "none":
            raise not_found()
        if write and found.access_role not in WRITERS:
            message = "You need to have writer access to this calendar."
            raise GoogleError(403, "requiredAccessLevel", message, domain="calendar")
        return found

    def keep(self, calendar: Calendar, event: dict[str, Any]) -> dict[str, Any]:
        """Store an event as the newest change, and tell who watches."""
        calendar.version += 1
        self.changes += 1
        event["etag"] = f'"{calendar.version}{secrets.randbelow(900_000) + 100_000}"'
        event["updated"] = self.clock.stamp()
        calendar.events[event["id"]] = event
        calendar.versions[event["id"]] = calendar.version
        for listener in self.listeners:
            listener(calendar)
        return event

    def keep_page(self, items: list[dict[str, Any]], rest: dict[str, Any]) -> str:
        """Keep the rest of a long list and return its page token."""
        token = secrets.token_urlsafe(18)
        self.pages[token] = (items, rest)
        while len(self.pages) > PAGES_KEPT:
            self.pages.popitem(last=False)
        return token

    def save(self) -> list[dict[str, Any]]:
        """Return everything as JSON."""
        return [
            {
                "id": one.id,
                "summary": one.summary,
                "time_zone": one.time_zone,
                "access_role": one.access_role,
                "version": one.version,
                "oldest_sync": one.oldest_sync,
                "events": one.events,
                "versions": one.versions,
            }
            for one in self.calendars.values()
        ]

    def load(self, saved: list[dict[str, Any]]) -> None:
        """Take back what `save` returned."""
        for row in saved:
            self.calendars[row["id"]] = Calendar(**row)
