"""Appointments that can't be kept: who must be moved, whether they were told, how it ended.

A request is open from the absence or closure that covers the appointment until that appointment
moves or ends, or the cause goes away. There is one open request per appointment, however many
causes cover it; whoever changes causes holds the locks of the professionals concerned, which
booking takes too, so that nothing is booked into an absence that is just being written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from clinics.hours import day_range
from clinics.models import (
    Absence,
    Appointment,
    ChannelIdentity,
    Closure,
    Guardian,
    MoveCause,
    MoveRequest,
)
from clinics.models import AppointmentStatus as S
from clinics.services.agenda import moment
from clinics.services.transitions import MOVABLE
from dentalogic.core import clock
from dentalogic.core.errors import NotFound
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope

_SETTLED_BY: dict[str, str] = {
    S.CANCELLED: "cancelled",
    S.NO_SHOW: "cancelled",
    S.ARRIVED: "kept",
    S.IN_CHAIR: "kept",
    S.COMPLETED: "kept",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A stretch in which appointments can't be kept; of everybody where nobody is named."""

    kind: MoveCause
    id: UUID
    starts_at: datetime
    ends_at: datetime
    professional_id: UUID | None = None

    @classmethod
    def of_absence(cls, absence: Absence) -> Cause:
        return cls(
            MoveCause.ABSENCE,
            absence.pk,
            absence.starts_at,
            absence.ends_at,
            absence.professional_id,
        )

    @classmethod
    def of_closure(cls, closure: Closure) -> Cause:
        zone = ZoneInfo(current_scope().timezone)
        opens, closes = day_range(closure.starts_on, zone)[0], day_range(closure.ends_on, zone)[1]
        return cls(MoveCause.CLOSURE, closure.pk, moment(opens), moment(closes))

    def covers(self, appointment: Appointment) -> bool:
        return (
            self.professional_id in {None, appointment.professional_id}
            and appointment.starts_at < self.ends_at
            and appointment.ends_at > self.starts_at
        )


def affected_by(cause: Cause) -> QuerySet[Appointment]:
    """Return the appointments that are still to come and can't be kept, by their start."""
    rows = Appointment.objects.select_related("professional", "patient", "treatment").filter(
        status__in=MOVABLE,
        starts_at__lt=cause.ends_at,
        ends_at__gt=max(cause.starts_at, clock.now()),
    )
    if cause.professional_id is not None:
        rows = rows.filter(professional_id=cause.professional_id)
    return rows.order_by("starts_at", "id")


def owe_moves(cause: Cause, *, by: UUID) -> None:
    """Open a request for each appointment that the cause covers and that has none yet.

    The professionals are locked. The appointments' rows are locked here, so that one which is
    cancelled at this moment is either seen as cancelled or settles its request afterwards.
    """
    locked = affected_by(cause).order_by("id").select_for_update(no_key=True, of=("self",))
    MoveRequest.objects.bulk_create(
        [
            MoveRequest(appointment_id=one.pk, cause=cause.kind, cause_id=cause.id, created_by=by)
            for one in locked
        ],
        ignore_conflicts=True,
    )


def review_moves(cause_id: UUID, still: Cause | None) -> None:
    """Go through the open requests of a cause that changed, or is gone (`still` is None).

    What it no longer covers is handed to another cause that does, or is kept.
    """
    open_ones = list(
        MoveRequest.objects.select_related("appointment")
        .filter(cause_id=cause_id, settled="")
        .order_by("appointment_id")
    )
    freed = [one for one in open_ones if still is None or not still.covers(one.appointment)]
    if not freed:
        return
    others = _causes_around([one.appointment for one in freed], without=cause_id)
    now = clock.now()
    for one in freed:
        rows = MoveRequest.objects.filter(pk=one.pk, settled="")
        other = next((cause for cause in others if cause.covers(one.appointment)), None)
        if other is None:
            rows.update(settled="kept", settled_at=now)
        else:
            rows.update(cause=other.kind, cause_id=other.id)


def settle_moves(appointment: Appointment, how: str | None = None) -> None:
    """Close the appointment's open request: it was moved, or its new state settles the matter.

    Runs in the transaction of the change, before its event is written.
    """
    settled = how or _SETTLED_BY.get(appointment.status)
    if settled is not None:
        MoveRequest.objects.filter(appointment=appointment, settled="").update(
            settled=settled, settled_at=clock.now()
        )


def ask_to_tell(
    *, ids: Sequence[UUID] | None = None, cause_id: UUID | None = None
) -> list[MoveRequest]:
    """Owe a message to the patients of open requests who were not told yet; those requests.

    Of these ids, of that cause, or both. Asked for twice, each is still told once. Runs in a
    transaction. Raises `NotFound` for an id that this clinic does not have.
    """
    owed = list(named_requests(ids=ids, cause_id=cause_id).filter(settled="", told_at=None))
    for one in owed:
        emit("move.told", key=str(one.pk), move_request_id=str(one.pk))
    return owed


def named_requests(
    *, ids: Sequence[UUID] | None = None, cause_id: UUID | None = None
) -> QuerySet[MoveRequest]:
    """Return the requests of these ids, of that cause, or both, the oldest first.

    Raises `NotFound` for an id that this clinic does not have.
    """
    rows = MoveRequest.objects.select_related("appointment").order_by("created_at", "id")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
        if rows.count() != len(set(ids)):
            raise NotFound
    return rows if cause_id is None else rows.filter(cause_id=cause_id)


def mark_told(*, request_id: UUID) -> MoveRequest:
    """Note that the patient knows, by telephone or by our message; the first time counts."""
    MoveRequest.objects.filter(pk=request_id, told_at=None).update(told_at=clock.now())
    return find_request(request_id)


def find_request(request_id: UUID) -> MoveRequest:
    """Return a request of this clinic with its appointment."""
    found = (
        MoveRequest.objects.select_related(
            "appointment__professional", "appointment__patient", "appointment__treatment"
        )
        .filter(pk=request_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def lock_untold(request_id: UUID) -> MoveRequest | None:
    """Return an open request whose patient was not told, locked; None if nothing is to say."""
    return (
        MoveRequest.objects.for_update()
        .select_related("appointment__professional", "appointment__patient")
        .filter(pk=request_id, settled="", told_at=None)
        .first()
    )


def speakers_for(patient_id: UUID) -> QuerySet[ChannelIdentity]:
    """Return through whom a patient is reached: their own phones, and those of their guardians."""
    guardians = Guardian.objects.filter(dependant_id=patient_id).values("guardian_id")
    return ChannelIdentity.objects.select_related("patient").filter(
        Q(patient_id=patient_id) | Q(patient_id__in=guardians)
    )


def reachable(patient_ids: Iterable[UUID | None]) -> set[UUID]:
    """Return which of the patients wrote to us at some time, or whose guardian did."""
    ids = {one for one in patient_ids if one is not None}
    own = set(
        ChannelIdentity.objects.filter(patient_id__in=ids).values_list("patient_id", flat=True)
    )
    return own | set(
        Guardian.objects.filter(
            dependant_id__in=ids, guardian__identities__isnull=False
        ).values_list("dependant_id", flat=True)
    )


def _causes_around(appointments: Sequence[Appointment], *, without: UUID) -> list[Cause]:
    """Return the other causes that may cover one of the appointments, the oldest first."""
    zone = ZoneInfo(current_scope().timezone)
    first = min(one.starts_at for one in appointments)
    last = max(one.ends_at for one in appointments)
    absences = Absence.objects.filter(
        professional_id__in={one.professional_id for one in appointments},
        starts_at__lt=last,
        ends_at__gt=first,
    )
    closures = Closure.objects.filter(
        opens=False,
        starts_on__lte=last.astimezone(zone).date(),
        ends_on__gte=first.astimezone(zone).date(),
    )
    return [
        *map(Cause.of_absence, absences.exclude(pk=without).order_by("created_at", "id")),
        *map(Cause.of_closure, closures.exclude(pk=without).order_by("created_at", "id")),
    ]
