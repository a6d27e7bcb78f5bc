"""The waiting list: who would come sooner, or at a time that is taken now.

Staff, REST and the agent's tool write it through here. Who is let in when time gets free is
`waiting_matches`; booking goes through the booking service, gate included.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clinics.hours import InvalidWorkingHours, day_range, validate_working_hours
from clinics.models import (
    Appointment,
    EventType,
    Patient,
    Professional,
    ProfessionalTreatment,
    Treatment,
    WaitingEntry,
    WaitingStatus,
)
from clinics.services.actors import Actor
from clinics.services.agenda import moment
from clinics.services.availability import find_slots
from clinics.services.booking import book_appointment, reschedule_appointment
from clinics.services.errors import RequestKeyReused, SlotTaken
from clinics.services.events import record_event
from clinics.services.facts import patient_snapshot
from clinics.services.transitions import MOVABLE
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid, NotFound, StaleVersion
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import violated_constraint

OPEN = (WaitingStatus.WAITING, WaitingStatus.OFFERED)
USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)


class AlreadyWaiting(DomainError):
    code = "already_waiting"
    message = "El paciente ya está en la lista de espera para ese tratamiento."


class NoLongerWaiting(DomainError):
    code = "no_longer_waiting"
    message = "El paciente ya no está en la lista de espera."


def join_waiting_list(
    *,
    patient_id: UUID,
    treatment_id: UUID,
    source: str,
    professional_id: UUID | None = None,
    from_day: date | None = None,
    until_day: date | None = None,
    preferred_hours: Any = None,
    instead_of_id: UUID | None = None,
    conversation_id: UUID | None = None,
    note: str = "",
) -> WaitingEntry:
    """Put a patient on the list for a treatment, from today and for a month if nothing is said.

    `preferred_hours` has the shape of working hours; none means any time. `instead_of_id` is an
    appointment of theirs that they would give up for an earlier one. A second open entry for the
    same treatment is `AlreadyWaiting`. Raises `NotFound` and `Invalid`.
    """
    today = _today()
    first = from_day or today
    last = until_day or first + USUAL
    hours = _checked(first, last, today, preferred_hours)
    try:
        with transaction.atomic():
            patient = Patient.objects.filter(pk=patient_id, merged_into=None).first()
            treatment = Treatment.objects.filter(pk=treatment_id).first()
            if patient is None or treatment is None:
                raise NotFound
            if not treatment.is_active:
                raise Invalid({"treatment": [_("Ese tratamiento ya no se ofrece.")]})
            _check_professional(professional_id, treatment_id)
            _check_instead_of(instead_of_id, patient_id, treatment_id)
            # What has run out must not stand in the way.
            _expire(patient_id=patient_id, treatment_id=treatment_id)
            entry = WaitingEntry.objects.create(
                patient=patient,
                treatment=treatment,
                professional_id=professional_id,
                instead_of_id=instead_of_id,
                from_day=first,
                until_day=last,
                preferred_hours=hours,
                source=source,
                conversation_id=conversation_id,
                note=note,
            )
            _owe_expiry(last)
            record_event(EventType.PATIENT_UPDATED, patient_snapshot(patient))
    except IntegrityError as error:
        if violated_constraint(error) != "waiting_once":
            raise
        raise AlreadyWaiting from None
    return find_entry(entry.pk)


def find_entry(entry_id: UUID, *, lock: bool = False) -> WaitingEntry:
    """Return an entry with everybody on it; another clinic's does not exist."""
    rows = WaitingEntry.objects.for_update() if lock else WaitingEntry.objects.all()
    found = (
        rows.select_related("patient", "treatment", "professional", "instead_of")
        .filter(pk=entry_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def offer_time(
    *, entry_id: UUID, professional_id: UUID, starts_at: datetime, version: int | None = None
) -> WaitingEntry:
    """Note that a free time was offered to who waits. Raises `SlotTaken` where it is not free.

    Offers nothing by itself and keeps nothing: who accepts is booked, and may find it gone.
    """
    entry = _open(find_entry(entry_id), version)
    window = starts_at, starts_at + timedelta(minutes=entry.treatment.minutes)
    free = find_slots(
        treatment=entry.treatment,
        window=window,
        professional_ids=[professional_id],
        exclude=entry.instead_of,
    )
    if not any(slot.starts_at == starts_at and slot.kind == "slot" for slot in free.slots):
        raise SlotTaken
    return _change(
        entry_id,
        entry.version,
        status=WaitingStatus.OFFERED,
        offered_at=clock.now(),
        offered_starts_at=starts_at,
    )


def withdraw(*, entry_id: UUID, version: int | None = None) -> WaitingEntry:
    """Take somebody off the list, because they or the staff say so."""
    return _change(entry_id, version, status=WaitingStatus.WITHDRAWN)


def book_entry(
    *,
    entry_id: UUID,
    professional_id: UUID,
    starts_at: datetime,
    actor: Actor,
    source: str,
    version: int | None = None,
    urgent: bool = False,
) -> WaitingEntry:
    """Book a time for who waits, or move the appointment that they have, and close the entry.

    Whatever booking refuses is refused here: the gate for patients, a taken time with its
    alternatives. Who dies between the booking and the list finds the same appointment again.
    Opens its own transactions; call it outside of any where the clinic uses Google.
    """
    entry = _open(find_entry(entry_id), version)
    have = entry.instead_of
    if have is not None and have.status in MOVABLE and have.starts_at > clock.now():
        booked = reschedule_appointment(
            appointment_id=have.pk,
            professional_id=professional_id,
            starts_at=starts_at,
            actor=actor,
            version=have.version,
            urgent=urgent,
        )
    else:
        booked = _book(entry, professional_id, starts_at, actor, source, urgent=urgent)
    return _change(entry_id, None, status=WaitingStatus.BOOKED, booked_id=booked.pk)


def expire_entries() -> None:
    """Outbox sink: close the entries whose last day is over. A second run finds none."""
    with transaction.atomic():
        _expire()


def _book(
    entry: WaitingEntry,
    professional_id: UUID,
    starts_at: datetime,
    actor: Actor,
    source: str,
    *,
    urgent: bool,
) -> Appointment:
    try:
        return book_appointment(
            patient=entry.patient,
            professional_id=professional_id,
            treatment=entry.treatment,
            starts_at=starts_at,
            actor=actor,
            source=source,
            urgent=urgent,
            request_key=f"waiting:{entry.pk}:{entry.version}",
        )
    except RequestKeyReused:
        # Somebody else booked this very entry, for another time.
        raise StaleVersion from None


def _open(entry: WaitingEntry, version: int | None) -> WaitingEntry:
    if version is not None and entry.version != version:
        raise StaleVersion
    if entry.status not in OPEN:
        raise NoLongerWaiting
    return entry


def _change(entry_id: UUID, version: int | None, **values: Any) -> WaitingEntry:
    with transaction.atomic():
        entry = _open(find_entry(entry_id, lock=True), version)
        for name, value in values.items():
            setattr(entry, name, value)
        entry.version += 1
        entry.save(update_fields=[*values, "version"])
        record_event(EventType.PATIENT_UPDATED, patient_snapshot(entry.patient))
    return entry


def _expire(**whose: UUID) -> None:
    WaitingEntry.objects.filter(status__in=OPEN, until_day__lt=_today(), **whose).update(
        status=WaitingStatus.EXPIRED
    )


def _owe_expiry(last: date) -> None:
    """Owe one look at the list when that day is over, however many entries end on it."""
    scope = current_scope()
    over = moment(day_range(last, ZoneInfo(scope.timezone))[1])
    emit("waiting.expires", key=last.isoformat(), due_at=over - scope.clock_offset)


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(current_scope().timezone)).date()


def _checked(first: date, last: date, today: date, preferred_hours: Any) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    if last < first:
        errors["until_day"] = [_("Debe ser el mismo día o posterior.")]
    elif last < today:
        errors["until_day"] = [_("Ya pasó.")]
    elif last - today > LONGEST:
        errors["until_day"] = [_("Es más de un año.")]
    hours: dict[str, Any] = {}
    try:
        hours = dict(validate_working_hours({} if preferred_hours is None else preferred_hours))
    except InvalidWorkingHours as error:
        errors |= {
            f"preferred_hours.{path}".rstrip("."): [str(said)] for path, said in error.errors
        }
    if errors:
        raise Invalid(errors)
    return hours


def _check_professional(professional_id: UUID | None, treatment_id: UUID) -> None:
    if professional_id is None:
        return
    if not Professional.objects.filter(pk=professional_id).exists():
        raise NotFound
    offers = ProfessionalTreatment.objects.filter(
        professional_id=professional_id, treatment_id=treatment_id, professional__is_active=True
    )
    if not offers.exists():
        raise Invalid({"professional": [_("No da ese tratamiento.")]})


def _check_instead_of(appointment_id: UUID | None, patient_id: UUID, treatment_id: UUID) -> None:
    if appointment_id is None:
        return
    found = Appointment.objects.filter(pk=appointment_id, patient_id__isnull=False).first()
    if found is None:
        raise NotFound
    theirs = (found.patient_id, found.treatment_id) == (patient_id, treatment_id)
    if not theirs or found.status not in MOVABLE or found.starts_at <= clock.now():
        raise Invalid({"instead_of": [_("No es un turno que se pueda cambiar por otro.")]})
