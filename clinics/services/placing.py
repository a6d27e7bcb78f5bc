"""Finding the place of one appointment under the locks: the rules of availability, once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from clinics.models import Appointment, Treatment
from clinics.services import slotting
from clinics.services.actors import Actor
from clinics.services.agenda import Calendar, ChairBusy, ClinicAgenda, Hold, moment, read_agenda
from clinics.services.availability import LOCAL, External, agenda_of, busy_chairs, rules_of
from clinics.services.errors import (
    BeyondHorizon,
    NoticeTooShort,
    NotOffered,
    OutsideHours,
    SlotTaken,
    UrgentNeedsTriage,
)
from dentalogic.core import clock
from dentalogic.core.errors import DomainError
from dentalogic.core.intervals import Range, Ranges, overlaps
from dentalogic.core.tenancy import current_scope

_REMOVE_HOLDS = """
DELETE FROM appointments hold
WHERE hold.tenant_id = %s AND hold.id = ANY(%s) AND hold.status = 'held'
"""


class AskGoogle(Exception):
    """The place is free as far as the database knows: read the calendar, then come again.

    It ends the transaction, because no network call happens inside one.
    """

    def __init__(self, clinic: ClinicAgenda, calendar: Calendar) -> None:
        super().__init__("the calendar has to be read")
        self.clinic = clinic
        self.calendar = calendar


@dataclass(frozen=True, slots=True)
class Wish:
    """Where an appointment is wanted, and what the one who wants it may override."""

    treatment: Treatment
    professional_id: UUID
    starts_at: datetime
    actor: Actor
    chair_id: UUID | None = None
    conversation_id: UUID | None = None
    urgent: bool = False
    override_hold: bool = False
    overbook_reason: str = ""
    moved: Appointment | None = None

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.treatment.minutes)

    @property
    def overbooks(self) -> bool:
        return bool(self.overbook_reason) and self.actor.is_staff


@dataclass(frozen=True, slots=True)
class Place:
    """Where it can go. `own_hold` is the conversation's hold of whatever time."""

    clinic: ClinicAgenda
    professional_name: str
    chair_id: UUID | None
    trust: str
    holds_in_the_way: tuple[UUID, ...]
    own_hold: Hold | None
    on_google: bool


def find_place(wish: Wish, external: External | None) -> Place:
    """Check the wish against everything there is. The professional's lock is held already.

    `external` is what Google said just before, None if it was not asked. Raises `AskGoogle`, or the
    refusal (`SlotTaken` without alternatives: those are for after the rollback).
    """
    clinic = read_agenda(
        treatment_id=wish.treatment.pk,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        professional_ids=[wish.professional_id],
        conversation_id=wish.conversation_id,
        moved_id=None if wish.moved is None else wish.moved.pk,
        with_holds=True,
    )
    calendar = clinic.calendar_of(wish.professional_id)
    if calendar is None or not wish.treatment.is_active:
        raise NotOffered
    chairs = [chair for chair in clinic.chairs if wish.chair_id in {None, chair.id}]
    if wish.chair_id is not None and not chairs:
        raise NotOffered("Ese sillón no existe o no está en uso.")
    own, expired, live = _sort_holds(clinic.holds, wish, [chair.id for chair in chairs])
    if wish.override_hold and wish.actor.is_staff:
        calendar, chairs = _without(calendar, chairs, live)
        removed = (*expired, *live)
    else:
        removed = tuple(expired)
    if wish.overbooks:
        chair_id = _free_chair(chairs, wish)
    else:
        chair_id = _bookable_chair(clinic, calendar, chairs, wish, external or LOCAL, live)
        if external is None and clinic.uses_google and calendar.google_calendars:
            raise AskGoogle(clinic, calendar)
    return Place(
        clinic=clinic,
        professional_name=calendar.name,
        chair_id=chair_id,
        trust=(external or LOCAL).trust,
        holds_in_the_way=tuple(hold.id for hold in removed),
        own_hold=own,
        on_google=clinic.uses_google and bool(calendar.google_calendars),
    )


def remove_holds(ids: Sequence[UUID]) -> None:
    """Delete holds that expired or were overridden, in the transaction that takes their time."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_REMOVE_HOLDS, [current_scope().tenant_id, list(ids)])


def _sort_holds(
    holds: Sequence[Hold], wish: Wish, chair_ids: Sequence[UUID]
) -> tuple[Hold | None, list[Hold], list[Hold]]:
    """Return the conversation's own hold, and of the others in the way: the expired, the live."""
    start, end = _range(wish)
    now = clock.now().timestamp()
    own: Hold | None = None
    expired: list[Hold] = []
    live: list[Hold] = []
    for hold in holds:
        if wish.conversation_id is not None and hold.conversation_id == wish.conversation_id:
            own = hold
        elif (
            hold.starts < end
            and hold.ends > start
            and (hold.professional_id == wish.professional_id or hold.chair_id in chair_ids)
        ):
            (expired if hold.expires <= now else live).append(hold)
    return own, expired, live


def _range(wish: Wish) -> Range:
    return int(wish.starts_at.timestamp()), int(wish.ends_at.timestamp())


def _without(
    calendar: Calendar, chairs: Sequence[ChairBusy], holds: Sequence[Hold]
) -> tuple[Calendar, list[ChairBusy]]:
    """Return the busy time as it is once the holds are gone."""

    def left(busy: Ranges, gone: Sequence[Hold]) -> tuple[Range, ...]:
        times = list(busy)
        for hold in gone:
            if (hold.starts, hold.ends) in times:
                times.remove((hold.starts, hold.ends))
        return tuple(times)

    own = [hold for hold in holds if hold.professional_id == calendar.id]
    return replace(calendar, busy=left(calendar.busy, own)), [
        replace(chair, busy=left(chair.busy, [h for h in holds if h.chair_id == chair.id]))
        for chair in chairs
    ]


def _free_chair(chairs: Sequence[ChairBusy], wish: Wish) -> UUID | None:
    """Return a chair for an overbooking: the one asked for, else a free one, else none."""
    if wish.chair_id is not None:
        return wish.chair_id
    start, end = _range(wish)
    return next((chair.id for chair in chairs if not overlaps(chair.busy, start, end)), None)


def _bookable_chair(
    clinic: ClinicAgenda,
    calendar: Calendar,
    chairs: Sequence[ChairBusy],
    wish: Wish,
    external: External,
    live_holds: Sequence[Hold],
) -> UUID | None:
    rules = rules_of(
        clinic, wish.treatment.minutes, urgent=wish.urgent, for_staff=wish.actor.is_staff
    )
    window = _range(wish)

    def agenda(calendar: Calendar, chairs: Sequence[ChairBusy]) -> slotting.Agenda:
        return agenda_of(clinic, calendar, window, busy_chairs(chairs), external)

    as_it_is = agenda(calendar, chairs)
    slot = slotting.bookable_at(as_it_is, rules, window[0])
    if slot is not None:
        return None if slot.chair is None else chairs[slot.chair].id
    error = _refusal(slotting.refusals_at(as_it_is, rules, window[0]))
    if isinstance(error, SlotTaken) and live_holds:
        freed = agenda(*_without(calendar, chairs, live_holds))
        if slotting.bookable_at(freed, rules, window[0]) is not None:
            error = SlotTaken(held_until=moment(max(hold.expires for hold in live_holds)))
    raise error


def _refusal(reasons: Sequence[slotting.Reason]) -> DomainError:
    codes = {reason.code for reason in reasons}
    code = next((code for code in slotting.REASONS if code in codes), "too_short")
    match code:
        case "taken" | "external":
            return SlotTaken()
        case "notice":
            return NoticeTooShort(reason=code)
        case "horizon":
            return BeyondHorizon(reason=code)
        case "urgent_only":
            return UrgentNeedsTriage(reason=code)
        case _:
            return OutsideHours(reason=code)
