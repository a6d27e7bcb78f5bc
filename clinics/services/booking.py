"""Booking: one transaction that either makes the appointment and all that follows, or nothing.

The database refuses overlaps by itself; the rest is asked again under the locks, by the function
that also answers availability, so that what is offered can be booked and what is not can't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from clinics.models import Appointment, AppointmentStatus, EventType, Patient, Source, Treatment
from clinics.services.actors import Actor
from clinics.services.agenda import Hold
from clinics.services.attempts import attempt
from clinics.services.availability import External
from clinics.services.errors import (
    CalendarNotTrusted,
    FactsMissing,
    NotFound,
    PatientMerged,
    ReasonRequired,
    RequestKeyReused,
)
from clinics.services.facts import activate, missing_facts
from clinics.services.lifecycle import (
    cancel_appointment,
    change_status,
    confirm_appointment,
    undo_status,
)
from clinics.services.locks import lock_chairs, lock_patients, lock_professionals
from clinics.services.moving import reschedule_appointment
from clinics.services.placing import Place, Wish, find_place, remove_holds
from clinics.services.writing import insert_booked, note_change, owe
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotAllowed

__all__ = [
    "book_appointment",
    "cancel_appointment",
    "change_status",
    "confirm_appointment",
    "hold_slot",
    "reschedule_appointment",
    "undo_status",
]


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for besides the place."""

    wish: Wish
    patient: Patient
    source: str
    request_key: str | None
    kind: str
    notes: str
    also: Callable[[Appointment], None] | None = None


def book_appointment(
    *,
    patient: Patient,
    professional_id: UUID,
    treatment: Treatment,
    starts_at: datetime,
    actor: Actor,
    source: str,
    chair_id: UUID | None = None,
    request_key: str | None = None,
    kind: str = "slot",
    urgent: bool = False,
    override_hold: bool = False,
    overbook_reason: str = "",
    notes: str = "",
    also: Callable[[Appointment], None] | None = None,
) -> Appointment:
    """Book a time for a patient; its hold in this conversation becomes the appointment.

    A patient passes the gate first: a guest whose facts are missing gets `FactsMissing` while the
    slot is kept for some minutes, and becomes a patient with this booking otherwise. Staff may
    leave the grid, and with a reason overbook or leave the working hours. What staff does `also`
    with a new appointment is one transaction with it.

    The same `request_key` again returns the same appointment; for anything else it is
    `RequestKeyReused`. Raises `SlotTaken` with alternatives, `PatientBusy`, `OutsideHours`,
    `NoticeTooShort`, `BeyondHorizon`, `UrgentNeedsTriage`, `NotOffered`, `CalendarNotTrusted`.
    """
    _check_source(source)
    if overbook_reason and not actor.is_staff:
        raise NotAllowed
    if starts_at.second or starts_at.microsecond:
        raise Invalid({"starts_at": ["Debe ser un minuto exacto."]})
    request = _Request(
        Wish(
            treatment=treatment,
            professional_id=professional_id,
            starts_at=starts_at,
            actor=actor,
            chair_id=chair_id,
            conversation_id=actor.conversation_id,
            urgent=urgent,
            override_hold=override_hold,
            overbook_reason=overbook_reason.strip(),
        ),
        patient,
        source,
        request_key or None,
        kind,
        notes,
        also,
    )
    outcome = attempt(request.wish, lambda external: _book(request, external))
    if isinstance(outcome, FactsMissing):
        # Raised here, after the commit: the hold that keeps the slot has to stay.
        raise outcome
    return outcome


def hold_slot(
    *,
    conversation_id: UUID,
    professional_id: UUID,
    treatment: Treatment,
    starts_at: datetime,
    actor: Actor,
    chair_id: UUID | None = None,
    patient: Patient | None = None,
    urgent: bool = False,
) -> Appointment:
    """Keep a slot for a conversation for a few minutes; it replaces the hold that there was.

    Emits nothing: a hold is no news, and expires by itself.
    """
    wish = Wish(
        treatment=treatment,
        professional_id=professional_id,
        starts_at=starts_at,
        actor=actor,
        chair_id=chair_id,
        conversation_id=conversation_id,
        urgent=urgent,
    )

    def work(external: External | None) -> Appointment:
        lock_professionals([professional_id])
        place = find_place(wish, external)
        lock_chairs([place.chair_id])
        return _keep(wish, place, patient)

    return attempt(wish, work)


def _book(request: _Request, external: External | None) -> Appointment | FactsMissing:
    wish = request.wish
    lock_professionals([wish.professional_id])
    # Under the lock: a repeat that overtakes its original waits for it here, then finds it.
    before = _booked_with(request)
    if before is not None:
        return before
    place = find_place(wish, external)
    status = _status(request, place)
    lock_chairs([place.chair_id])
    patient = request.patient
    if wish.actor.is_patient:
        patient = _locked_patient(patient)
        missing = missing_facts(patient)
        if missing:
            return FactsMissing(missing, _keep(wish, place, patient).hold_expires_at)
        activate(patient)
    else:
        _lock_for_staff(patient)
    booked = _appointment(request, place, patient, status)
    own = place.own_hold
    if own is not None and _same_slot(own, wish):
        remove_holds(place.holds_in_the_way)
        return _convert(own, booked, place, wish.actor)
    remove_holds((*place.holds_in_the_way, *([own.id] if own else [])))
    insert_booked(
        booked,
        professional_name=place.professional_name,
        actor=wish.actor,
        reason=wish.overbook_reason,
    )
    if request.also is not None:
        request.also(booked)
    owe(booked, google=place.clinic.uses_google)
    return booked


def _check_source(source: str) -> None:
    if source not in Source.values:
        raise Invalid({"source": ["Origen desconocido."]})


def _booked_with(request: _Request) -> Appointment | None:
    """Return what the request key made before, or refuse it where that was something else."""
    if request.request_key is None:
        return None
    found = (
        Appointment.objects.select_related("patient", "treatment", "professional")
        .filter(request_key=request.request_key)
        .first()
    )
    if found is None:
        return None
    asked = (request.patient.pk, request.wish.treatment.pk, request.wish.professional_id)
    same = (found.patient_id, found.treatment_id, found.professional_id) == asked
    if not same or found.starts_at != request.wish.starts_at:
        raise RequestKeyReused
    return found


def _status(request: _Request, place: Place) -> str:
    """Return the state that the calendar's trust and the kind of the offer lead to."""
    if request.kind == "request":
        return AppointmentStatus.PENDING_CONFIRMATION
    if request.wish.actor.is_patient:
        if place.trust == "broken":
            raise CalendarNotTrusted
        if place.trust == "delayed":
            # Offered on what Google said a while ago, and it could not be asked again now.
            return AppointmentStatus.PENDING_CONFIRMATION
    return AppointmentStatus.SCHEDULED


def _locked_patient(patient: Patient) -> Patient:
    found = Patient.objects.for_update().filter(pk=patient.pk).first()
    if found is not None and found.merged_into_id is not None:
        # Merged since the conversation looked them up.
        found = Patient.objects.for_update().filter(pk=found.merged_into_id).first()
    if found is None:
        raise NotFound
    return found


def _lock_for_staff(patient: Patient) -> None:
    if patient.pk in lock_patients([patient.pk]):
        return
    merged_into = Patient.objects.filter(pk=patient.pk).values_list("merged_into", flat=True)
    for survivor in merged_into:
        raise PatientMerged(into=str(survivor))
    raise NotFound


def _appointment(request: _Request, place: Place, patient: Patient, status: str) -> Appointment:
    wish = request.wish
    return Appointment(
        patient=patient,
        professional_id=wish.professional_id,
        treatment=wish.treatment,
        chair_id=place.chair_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        status=str(status),
        conversation_id=wish.conversation_id,
        source=request.source,
        request_key=request.request_key,
        notes=request.notes,
        overbooked=wish.overbooks,
        overbook_reason=wish.overbook_reason if wish.overbooks else "",
    )


def _same_slot(hold: Hold, wish: Wish) -> bool:
    return (hold.professional_id, hold.starts, hold.ends) == (
        wish.professional_id,
        int(wish.starts_at.timestamp()),
        int(wish.ends_at.timestamp()),
    )


def _convert(hold: Hold, booked: Appointment, place: Place, actor: Actor) -> Appointment:
    """Make the conversation's hold the appointment: the same row, so that nobody slips between."""
    row = Appointment.objects.for_update().filter(pk=hold.id).first()
    if row is None:
        insert_booked(booked, professional_name=place.professional_name, actor=actor)
        owe(booked, google=place.clinic.uses_google)
        return booked
    booked.pk, booked.tenant_id, booked.created_at = row.pk, row.tenant_id, row.created_at
    booked.version = row.version + 1
    booked._state.adding = False
    booked._state.db = row._state.db
    note_change(
        booked,
        actor=actor,
        from_status=AppointmentStatus.HELD,
        event=EventType.NEW_APPOINTMENT,
        google=place.clinic.uses_google,
    )
    return booked


def _keep(wish: Wish, place: Place, patient: Patient | None) -> Appointment:
    """Write the hold of the wish's conversation, in place of the one it had."""
    if wish.conversation_id is None:
        raise ReasonRequired("Una reserva pasajera pertenece a una conversación.")
    remove_holds((*place.holds_in_the_way, *([place.own_hold.id] if place.own_hold else [])))
    return Appointment.objects.create(
        patient=patient,
        professional_id=wish.professional_id,
        treatment=wish.treatment,
        chair_id=place.chair_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        status=AppointmentStatus.HELD,
        hold_expires_at=clock.now() + timedelta(minutes=place.clinic.preferences.hold_minutes),
        conversation_id=wish.conversation_id,
        source=Source.AGENT,
    )
