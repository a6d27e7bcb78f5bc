"""What happens to an appointment after it was booked, time and place left alone."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from clinics.models import Appointment, AppointmentChange
from clinics.models import AppointmentStatus as S
from clinics.models.agenda import FREES_ITS_TIME
from clinics.services.actors import Actor
from clinics.services.errors import (
    NotFound,
    NoticeTooShort,
    ReasonRequired,
    StaleVersion,
    TransitionRefused,
)
from clinics.services.locks import lock_chairs, lock_patients, lock_professionals
from clinics.services.moves import settle_moves
from clinics.services.transitions import UNDOABLE, allowed_from
from clinics.services.waiting_matches import owe_matching
from clinics.services.writing import note_change, refusal_of
from dentalogic.core import clock
from dentalogic.core.errors import NotAllowed
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction


def find_appointment(appointment_id: UUID, *, lock: bool = False) -> Appointment:
    """Return an appointment with everybody on it; a hold is nobody's appointment."""
    rows = Appointment.objects.for_update() if lock else Appointment.objects.all()
    found = (
        rows.select_related("patient", "professional", "treatment")
        .filter(pk=appointment_id)
        .exclude(status=S.HELD)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def change_status(
    *,
    appointment_id: UUID,
    to: str,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
) -> Appointment:
    """Move an appointment along the transition table.

    From `completed` and `no_show` it goes back to the state before, the same day, with a reason.
    Raises `TransitionRefused` with what is allowed, `StaleVersion`, `ReasonRequired`.
    """
    reason = reason.strip()

    def work() -> Appointment:
        appointment = find_appointment(appointment_id)
        if appointment.status == S.NO_SHOW:
            # It occupies its time again, which somebody else may have by now.
            lock_professionals([appointment.professional_id])
            lock_chairs([appointment.chair_id])
            lock_patients([appointment.patient_id])
        appointment = find_appointment(appointment_id, lock=True)
        if version is not None and version != appointment.version:
            raise StaleVersion
        _check(appointment, to, actor, reason)
        return _step(appointment, to, actor, reason)

    try:
        return in_transaction(work)
    except IntegrityError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from None


def cancel_appointment(
    *, appointment_id: UUID, actor: Actor, reason: str = "", version: int | None = None
) -> Appointment:
    """Cancel for good; the time is free again at once."""
    return change_status(
        appointment_id=appointment_id, to=S.CANCELLED, actor=actor, reason=reason, version=version
    )


def confirm_appointment(
    *, appointment_id: UUID, actor: Actor, version: int | None = None
) -> Appointment:
    """Confirm: a request becomes an appointment (staff), an appointment is confirmed."""
    waiting = find_appointment(appointment_id).status == S.PENDING_CONFIRMATION
    return change_status(
        appointment_id=appointment_id,
        to=S.SCHEDULED if waiting else S.CONFIRMED,
        actor=actor,
        version=version,
    )


def undo_status(
    *, appointment_id: UUID, actor: Actor, reason: str, version: int | None = None
) -> Appointment:
    """Take back `completed` or `no_show`, the same day, with a reason."""
    appointment = find_appointment(appointment_id)
    before = state_before(appointment)
    if before is None:
        raise TransitionRefused(allowed_next(appointment, actor), "No hay nada que deshacer.")
    return change_status(
        appointment_id=appointment_id, to=before, actor=actor, reason=reason, version=version
    )


def allowed_next(appointment: Appointment, actor: Actor) -> list[str]:
    """Return every state that the actor may move this appointment to now, undoing included."""
    before = state_before(appointment) if not actor.is_patient else None
    return [*allowed_from(appointment.status, actor), *([before] if before else [])]


def state_before(appointment: Appointment) -> str | None:
    """Return the state that `completed` or `no_show` may still go back to today, if any."""
    if appointment.status not in UNDOABLE:
        return None
    last = (
        AppointmentChange.objects.filter(appointment=appointment, to_status=appointment.status)
        # Changes of something else, which left the state alone.
        .exclude(from_status=appointment.status)
        .order_by("-at", "-id")
        .first()
    )
    if last is None or not last.from_status:
        return None
    timezone = ZoneInfo(current_scope().timezone)
    same_day = last.at.astimezone(timezone).date() == clock.now().astimezone(timezone).date()
    return last.from_status if same_day else None


def _check(appointment: Appointment, to: str, actor: Actor, reason: str) -> None:
    if actor.is_patient:
        if to not in {S.CANCELLED, S.CONFIRMED}:
            raise NotAllowed
        if appointment.starts_at <= clock.now():
            raise NoticeTooShort("Ese turno ya pasó.")
    allowed = allowed_next(appointment, actor)
    if to not in allowed:
        raise TransitionRefused(allowed)
    if appointment.status in UNDOABLE and not reason:
        raise ReasonRequired


def _step(appointment: Appointment, to: str, actor: Actor, reason: str) -> Appointment:
    from_status = appointment.status
    now = clock.now()
    appointment.status = str(to)
    appointment.version += 1
    match to:
        case S.ARRIVED if from_status not in UNDOABLE:
            appointment.arrived_at = now
        case S.IN_CHAIR if from_status not in UNDOABLE:
            appointment.seated_at = now
        case S.COMPLETED:
            appointment.completed_at = now
        case S.CANCELLED:
            appointment.cancelled_by = actor.label
            appointment.cancel_reason = reason[:200]
        case _:
            pass
    if from_status == S.COMPLETED:
        appointment.completed_at = None
    settle_moves(appointment)
    if to in FREES_ITS_TIME:
        owe_matching(
            professional_id=appointment.professional_id,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
        )
    note_change(appointment, actor=actor, from_status=from_status, reason=reason[:200])
    return appointment
