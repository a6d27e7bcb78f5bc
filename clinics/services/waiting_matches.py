"""Time that gets free, and who on the waiting list it would suit, in the order of the list.

`find_candidates` is the one answer for the reception, and for whoever offers by itself later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from clinics.hours import blocks_for
from clinics.models import (
    Appointment,
    EventType,
    Professional,
    WaitingEntry,
    WaitingStatus,
)
from clinics.models import AppointmentStatus as S
from clinics.services.availability import Slot, find_slots
from clinics.services.events import record_event, wall_time
from clinics.services.facts import patient_snapshot
from clinics.services.transitions import MOVABLE
from dentalogic.core import clock
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope

# Entries looked at for one stretch of time, and of them those that are answered.
MOST_READ, MOST_FOUND = 500, 20
LONGEST = timedelta(days=31)


class Candidate(NamedTuple):
    """Somebody who waits, and the first time in the stretch that suits them."""

    entry: WaitingEntry
    slot: Slot


def owe_matching(*, professional_id: UUID | None, starts_at: datetime, ends_at: datetime) -> None:
    """Owe a look at the waiting list for time that gets free, where anybody waits.

    Inside the transaction that frees it, before its event is written.
    """
    if ends_at <= clock.now() or not WaitingEntry.objects.filter(status="waiting").exists():
        return
    emit(
        "time.freed",
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
        professional_id="" if professional_id is None else str(professional_id),
    )


def announce_freed(starts_at: str, ends_at: str, professional_id: str = "") -> None:
    """Outbox sink: tell the staff pages who would take time that got free.

    Looks at the agenda as it is now: time that is taken again concerns nobody. A second run
    repeats the hint.
    """
    window = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    person = UUID(professional_id) if professional_id else None
    found = find_candidates(professional_id=person, starts_at=window[0], ends_at=window[1])
    if not found:
        return
    first = found[0]
    suits = {
        "entry_id": str(first.entry.pk),
        "candidates": len(found),
        "professional_id": str(first.slot.professional_id),
        "starts_at": wall_time(first.slot.starts_at),
    }
    with transaction.atomic():
        data = patient_snapshot(first.entry.patient) | {"waiting": suits}
        record_event(EventType.PATIENT_UPDATED, data)


def find_candidates(
    *, professional_id: UUID | None, starts_at: datetime, ends_at: datetime
) -> list[Candidate]:
    """Return who waits and could be booked into the stretch, the longest waiting first.

    Each with the first start that their days, hours, professional and own appointments allow, by
    the function that booking asks too. Statements grow with the treatments waited for, not with
    the entries. Reads Google where the clinic uses it: call it outside any transaction then.
    """
    start = max(starts_at, clock.now())
    end = min(ends_at, start + LONGEST)
    if start >= end:
        return []
    entries = _entries(professional_id, start, end)
    free = _free(entries, professional_id, start, end)
    own = _own_times(entries, start, end)
    found: list[Candidate] = []
    for entry in entries:
        slot = _first_fit(entry, free.get(entry.treatment_id, ()), own.get(entry.patient_id, ()))
        if slot is not None:
            found.append(Candidate(entry, slot))
            if len(found) == MOST_FOUND:
                break
    return found


def _entries(professional_id: UUID | None, start: datetime, end: datetime) -> list[WaitingEntry]:
    zone = ZoneInfo(current_scope().timezone)
    rows = WaitingEntry.objects.select_related(
        "patient", "treatment", "professional", "instead_of"
    ).filter(
        status=WaitingStatus.WAITING,
        treatment__is_active=True,
        from_day__lte=end.astimezone(zone).date(),
        until_day__gte=start.astimezone(zone).date(),
    )
    if professional_id is not None:
        rows = rows.filter(Q(professional=None) | Q(professional_id=professional_id))
    return list(rows.order_by("created_at", "id")[:MOST_READ])


def _free(
    entries: Iterable[WaitingEntry], professional_id: UUID | None, start: datetime, end: datetime
) -> dict[UUID, list[Slot]]:
    people: Sequence[UUID] | None = None if professional_id is None else [professional_id]
    treatments = {entry.treatment_id: entry.treatment for entry in entries}
    return {
        pk: [
            slot
            for slot in find_slots(
                treatment=treatment, window=(start, end), professional_ids=people
            ).slots
            # A request is nothing to be offered, and urgent time is for urgencies.
            if slot.kind == "slot" and not slot.urgent
        ]
        for pk, treatment in treatments.items()
    }


def _own_times(
    entries: Iterable[WaitingEntry], start: datetime, end: datetime
) -> dict[UUID, list[Appointment]]:
    found: dict[UUID, list[Appointment]] = {}
    rows = Appointment.objects.filter(
        patient_id__in={entry.patient_id for entry in entries},
        starts_at__lt=end,
        ends_at__gt=start,
    ).exclude(status__in=(S.HELD, S.CANCELLED, S.NO_SHOW))
    for one in rows:
        if one.patient_id is not None:
            found.setdefault(one.patient_id, []).append(one)
    return found


def _first_fit(
    entry: WaitingEntry, slots: Sequence[Slot], own: Sequence[Appointment]
) -> Slot | None:
    zone = ZoneInfo(current_scope().timezone)
    have = entry.instead_of
    earlier = have.starts_at if have is not None and have.status in MOVABLE else None
    wanted = (
        blocks_for(entry.preferred_hours, entry.from_day, entry.until_day, zone)
        if entry.preferred_hours
        else None
    )
    for slot in slots:
        if earlier is not None and slot.starts_at >= earlier:
            return None
        if entry.professional_id not in {None, slot.professional_id}:
            continue
        if not entry.from_day <= slot.starts_at.astimezone(zone).date() <= entry.until_day:
            continue
        if any(
            one.starts_at < slot.ends_at and one.ends_at > slot.starts_at
            for one in own
            if one.pk != entry.instead_of_id
        ):
            continue
        starts, ends = slot.starts_at.timestamp(), slot.ends_at.timestamp()
        if wanted is None or any(first <= starts and ends <= last for first, last, _ in wanted):
            return slot
    return None


def name_professionals(candidates: Sequence[Candidate]) -> dict[UUID, Professional]:
    """Return whose times they are."""
    return Professional.objects.in_bulk({one.slot.professional_id for one in candidates})
