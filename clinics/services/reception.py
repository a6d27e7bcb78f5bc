"""Today's room: who is here, since when, who is late, and what may happen next to each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from clinics.hours import day_range
from clinics.models import Appointment, AppointmentChange
from clinics.models import AppointmentStatus as S
from clinics.services.agenda import moment
from clinics.services.transitions import TRANSITIONS, UNDOABLE
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope


class Place(StrEnum):
    """Where somebody with an appointment today is, as far as the clinic knows."""

    EXPECTED = "expected"
    LATE = "late"
    WAITING = "waiting"
    IN_CHAIR = "in_chair"
    DONE = "done"
    NO_SHOW = "no_show"


_PLACES: dict[str, Place] = {
    S.PENDING_CONFIRMATION: Place.EXPECTED,
    S.ARRIVED: Place.WAITING,
    S.IN_CHAIR: Place.IN_CHAIR,
    S.COMPLETED: Place.DONE,
    S.NO_SHOW: Place.NO_SHOW,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment of the day.

    `since` is the moment that its place counts from: the arrival, the chair, the time that was
    missed, the end. `minutes` are whole ones from there to now (for `done`, in the clinic
    altogether). `undo_to` is where a mistaken end goes back to, today.
    """

    appointment: Appointment
    place: Place
    since: datetime | None
    minutes: int | None
    next: tuple[str, ...]
    undo_to: str | None


@dataclass(frozen=True, slots=True)
class Room:
    day: date
    now: datetime
    visits: list[Visit]

    def counts(self) -> dict[str, int]:
        """Return how many are where; every place is named."""
        found = dict.fromkeys((str(place) for place in Place), 0)
        for visit in self.visits:
            found[visit.place] += 1
        return found


def read_room(*, day: date | None = None, professional_id: UUID | None = None) -> Room:
    """Return everybody who has an appointment that day (today), cancelled ones left out.

    Two statements, however many there are. With `professional_id`, that one's patients alone.
    """
    zone = ZoneInfo(current_scope().timezone)
    now = clock.now()
    shown = day or now.astimezone(zone).date()
    opens, closes = (moment(at) for at in day_range(shown, zone))
    rows = (
        Appointment.objects.select_related("patient", "professional", "treatment", "chair")
        .filter(starts_at__gte=opens, starts_at__lt=closes)
        .exclude(status__in=(S.HELD, S.CANCELLED))
        .order_by("starts_at", "id")
    )
    found = list(rows if professional_id is None else rows.filter(professional_id=professional_id))
    before = states_before(found)
    return Room(shown, now, [_visit(one, now, before.get(one.pk)) for one in found])


def states_before(appointments: Iterable[Appointment]) -> dict[UUID, str]:
    """Return, of those that ended today, the state that they may still go back to.

    The rule of `lifecycle.state_before`, for many in one statement.
    """
    ended = {one.pk: one.status for one in appointments if one.status in UNDOABLE}
    if not ended:
        return {}
    zone = ZoneInfo(current_scope().timezone)
    today = clock.now().astimezone(zone).date()
    last: dict[UUID, AppointmentChange] = {}
    steps = AppointmentChange.objects.filter(appointment_id__in=ended, to_status__in=UNDOABLE)
    for step in steps.order_by("at", "id"):
        # Some steps change something else and leave the state alone.
        if step.to_status == ended[step.appointment_id] != step.from_status:
            last[step.appointment_id] = step
    return {
        pk: step.from_status
        for pk, step in last.items()
        if step.from_status and step.at.astimezone(zone).date() == today
    }


def _visit(one: Appointment, now: datetime, undo_to: str | None) -> Visit:
    place, since = _place(one, now)
    until = now
    if place is Place.DONE:
        since, until = one.arrived_at or one.seated_at, one.completed_at or now
    minutes = None if since is None else max(0, int((until - since).total_seconds() // 60))
    return Visit(
        appointment=one,
        place=place,
        since=one.completed_at if place is Place.DONE else since,
        minutes=minutes,
        next=tuple(str(to) for to in TRANSITIONS.get(one.status, ())),
        undo_to=undo_to,
    )


def _place(one: Appointment, now: datetime) -> tuple[Place, datetime | None]:
    known = _PLACES.get(one.status)
    if known is None:
        return (Place.LATE, one.starts_at) if one.starts_at < now else (Place.EXPECTED, None)
    since = {Place.WAITING: one.arrived_at, Place.IN_CHAIR: one.seated_at}.get(known)
    return known, since
