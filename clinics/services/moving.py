"""Moving an appointment: one transaction, which keeps the old time until the new one is theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from clinics.models import Appointment, AppointmentStatus
from clinics.services.actors import Actor
from clinics.services.attempts import attempt
from clinics.services.availability import External
from clinics.services.errors import (
    CalendarNotTrusted,
    NoticeTooShort,
    StaleVersion,
    TransitionRefused,
)
from clinics.services.events import wall_time
from clinics.services.lifecycle import find_appointment
from clinics.services.locks import lock_chairs, lock_patients, lock_professionals
from clinics.services.moves import settle_moves
from clinics.services.placing import Place, Wish, find_place, remove_holds
from clinics.services.transitions import MOVABLE, allowed_from
from clinics.services.waiting_matches import owe_matching
from clinics.services.writing import note_change
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotAllowed


def reschedule_appointment(
    *,
    appointment_id: UUID,
    professional_id: UUID,
    starts_at: datetime,
    actor: Actor,
    chair_id: UUID | None = None,
    version: int | None = None,
    urgent: bool = False,
    override_hold: bool = False,
    overbook_reason: str = "",
    kind: str = "slot",
) -> Appointment:
    """Move an appointment to another time or professional; the treatment stays.

    What the patient had confirmed is to be confirmed again. Raises what booking raises, and
    `StaleVersion`, `TransitionRefused`.
    """
    if overbook_reason and not actor.is_staff:
        raise NotAllowed
    if starts_at.second or starts_at.microsecond:
        raise Invalid({"starts_at": ["Debe ser un minuto exacto."]})
    before = find_appointment(appointment_id)
    _check_movable(before, actor, version)
    wish = Wish(
        treatment=before.treatment,
        professional_id=professional_id,
        starts_at=starts_at,
        actor=actor,
        chair_id=chair_id,
        conversation_id=actor.conversation_id,
        urgent=urgent,
        override_hold=override_hold,
        overbook_reason=overbook_reason.strip(),
        moved=before,
    )

    def work(external: External | None) -> Appointment:
        lock_professionals({before.professional_id, professional_id})
        place = find_place(wish, external)
        lock_chairs({before.chair_id, place.chair_id})
        lock_patients([before.patient_id])
        appointment = find_appointment(appointment_id, lock=True)
        if appointment.version != before.version:
            raise StaleVersion
        return _move(appointment, wish, place, kind)

    return attempt(wish, work)


def _check_movable(appointment: Appointment, actor: Actor, version: int | None) -> None:
    if version is not None and version != appointment.version:
        raise StaleVersion
    if appointment.status not in MOVABLE:
        raise TransitionRefused(
            allowed_from(appointment.status, actor), "Este turno ya no se puede mover."
        )
    if actor.is_patient and appointment.starts_at <= clock.now():
        raise NoticeTooShort("Ese turno ya pasó.")


def _move(appointment: Appointment, wish: Wish, place: Place, kind: str) -> Appointment:
    status = MOVABLE[appointment.status]
    if kind == "request":
        status = AppointmentStatus.PENDING_CONFIRMATION
    elif wish.actor.is_patient and place.trust == "broken":
        raise CalendarNotTrusted
    elif wish.actor.is_patient and place.trust == "delayed":
        status = AppointmentStatus.PENDING_CONFIRMATION
    own = [place.own_hold.id] if place.own_hold else []
    remove_holds((*place.holds_in_the_way, *own))
    changed = _changes(appointment, wish, place)
    from_status = appointment.status
    freed = appointment.professional_id, appointment.starts_at, appointment.ends_at
    appointment.professional_id = wish.professional_id
    appointment.chair_id = place.chair_id
    appointment.starts_at, appointment.ends_at = wish.starts_at, wish.ends_at
    appointment.status = str(status)
    appointment.overbooked = wish.overbooks
    appointment.overbook_reason = wish.overbook_reason if wish.overbooks else ""
    appointment.version += 1
    settle_moves(appointment, "moved")
    owe_matching(professional_id=freed[0], starts_at=freed[1], ends_at=freed[2])
    note_change(
        appointment,
        actor=wish.actor,
        from_status=from_status,
        reason=wish.overbook_reason,
        changed=changed,
        google=place.clinic.uses_google,
    )
    return appointment


def _changes(appointment: Appointment, wish: Wish, place: Place) -> dict[str, list[Any]]:
    pairs: dict[str, tuple[Any, Any]] = {
        "starts_at": (wall_time(appointment.starts_at), wall_time(wish.starts_at)),
        "ends_at": (wall_time(appointment.ends_at), wall_time(wish.ends_at)),
        "professional": (str(appointment.professional_id), str(wish.professional_id)),
        "chair": (
            appointment.chair_id and str(appointment.chair_id),
            place.chair_id and str(place.chair_id),
        ),
    }
    return {name: list(pair) for name, pair in pairs.items() if pair[0] != pair[1]}
