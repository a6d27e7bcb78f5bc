"""Merging two rows that are one person.

The old row stays, with its facts, records, consents, plans and money: those are never rewritten,
and whoever reads the person reads them by `person_ids`. What lies ahead moves to the survivor:
appointments from today on, who writes from which number, guardians, the waiting list.

There is no automatic undo: what two people's rows did together since then can't be told apart by
rule. Nothing is lost either, the old row still says what it said.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from clinics.models import (
    OCCUPYING,
    Appointment,
    AppointmentStatus,
    ChannelIdentity,
    Event,
    EventType,
    Guardian,
    Patient,
    PatientStatus,
    WaitingEntry,
    WaitingStatus,
)
from clinics.services.actors import Actor
from clinics.services.errors import MergeConflict
from clinics.services.events import wall_time
from clinics.services.facts import patient_snapshot, save_patient
from clinics.services.finding import lock_patient
from clinics.services.guardians import lock_guardians, speaks_for
from clinics.services.histories import union
from clinics.services.locks import lock_patients
from clinics.services.writing import note_change, uses_google
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, StaleVersion
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

_OVER = (AppointmentStatus.COMPLETED, AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
_OPEN = (WaitingStatus.WAITING, WaitingStatus.OFFERED)
# What the survivor takes from the old row where it has nothing of its own.
_BLANKS = (
    *("first_name", "last_name", "dni", "birth_date", "phone", "email", "insurance"),
    *("insurance_plan", "member_number"),
)


def merge_patients(
    *, patient_id: UUID, into_id: UUID, version: int, into_version: int, actor: Actor
) -> Patient:
    """Merge a row into another one, and return that one.

    Raises `NotFound`, `PatientMerged` for a row that was merged before, `StaleVersion` for either,
    and `MergeConflict`: both have appointments at one time (`appointments`), one speaks for the
    other, or one was anonymised. A refusal changes nothing.
    """
    if patient_id == into_id:
        raise Invalid({"into": ["Es la misma ficha."]})

    def work() -> Patient:
        lock_guardians()
        lock_patients([patient_id, into_id])
        old, survivor = lock_patient(patient_id), lock_patient(into_id)
        if (old.version, survivor.version) != (version, into_version):
            raise StaleVersion
        _check(old, survivor)
        ChannelIdentity.objects.filter(patient=old).update(patient=survivor)
        _move_guardians(old, survivor)
        _move_waiting(old, survivor)
        _move_flags(old, survivor)
        _fill_blanks(old, survivor)
        # One step from any old row to the person, however often they are merged.
        Patient.objects.filter(merged_into=old).update(merged_into=survivor)
        old.merged_into, old.possible_duplicate_of = survivor, None
        old.version += 1
        old.save()
        merged = patient_snapshot(old) | {"merged_into": str(survivor.pk)}
        Event.objects.create(type=EventType.PATIENT_UPDATED, data=merged)
        # These owe their delivery to the one row that everybody waits for: last.
        _move_appointments(old, survivor, actor)
        save_patient(survivor)
        return survivor

    return in_transaction(work)


def _check(old: Patient, survivor: Patient) -> None:
    if old.anonymised_at is not None or survivor.anonymised_at is not None:
        raise MergeConflict("Una de las fichas se anonimizó.")
    if speaks_for(old.pk, survivor.pk) or speaks_for(survivor.pk, old.pk):
        raise MergeConflict("Una de las dos personas es responsable de la otra.")
    clashes = _clashes(old, survivor)
    if clashes:
        raise MergeConflict(
            "Las dos fichas tienen turnos a la misma hora.",
            appointments=[[_described(one), _described(other)] for one, other in clashes],
        )


def _clashes(old: Patient, survivor: Patient) -> list[tuple[Appointment, Appointment]]:
    """Return the pairs of appointments that one person can't keep."""
    taken = Q(status__in=OCCUPYING) & ~Q(status=AppointmentStatus.HELD)
    moved = list(_ahead(old).filter(taken).select_related("professional", "treatment"))
    if not moved:
        return []
    others = Appointment.objects.filter(
        taken, patient=survivor, ends_at__gt=min(one.starts_at for one in moved)
    ).select_related("professional", "treatment")
    return [
        (one, other)
        for one in moved
        for other in others
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
    ]


def _described(appointment: Appointment) -> dict[str, Any]:
    return {
        "id": str(appointment.pk),
        "patient_id": str(appointment.patient_id),
        "starts_at": wall_time(appointment.starts_at),
        "ends_at": wall_time(appointment.ends_at),
        "status": appointment.status,
        "professional": appointment.professional.display_name,
        "treatment": appointment.treatment.name,
    }


def _ahead(patient: Patient) -> QuerySet[Appointment]:
    """Return what is not history yet: today's, what comes, and what was never settled."""
    zone = ZoneInfo(current_scope().timezone)
    today = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
    return Appointment.objects.filter(
        Q(starts_at__gte=today) | ~Q(status__in=_OVER), patient=patient
    )


def _move_appointments(old: Patient, survivor: Patient, actor: Actor) -> None:
    rows = _ahead(old).select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("professional", "treatment")
    google = uses_google()
    for appointment in rows.order_by("id"):
        appointment.patient = survivor
        appointment.version += 1
        if appointment.status == AppointmentStatus.HELD:
            # A hold is no news.
            appointment.save()
            continue
        note_change(
            appointment,
            actor=actor,
            from_status=appointment.status,
            changed={"patient": [str(old.pk), str(survivor.pk)]},
            google=google,
        )


def _move_guardians(old: Patient, survivor: Patient) -> None:
    for here, there in (("guardian", "dependant"), ("dependant", "guardian")):
        known = Guardian.objects.filter(**{here: survivor}).values(there)
        links = Guardian.objects.filter(**{here: old})
        links.filter(**{f"{there}__in": known}).delete()
        links.update(**{here: survivor})


def _move_waiting(old: Patient, survivor: Patient) -> None:
    entries = WaitingEntry.objects.filter(patient=old, status__in=_OPEN)
    known = WaitingEntry.objects.filter(patient=survivor, status__in=_OPEN).values("treatment")
    # They wait for it already: once is enough.
    entries.filter(treatment__in=known).update(
        status=WaitingStatus.WITHDRAWN, version=F("version") + 1
    )
    entries.update(patient=survivor, version=F("version") + 1)


def _move_flags(old: Patient, survivor: Patient) -> None:
    flagged = Patient.objects.filter(possible_duplicate_of=old)
    flagged.exclude(pk=survivor.pk).update(possible_duplicate_of=survivor)
    if survivor.possible_duplicate_of_id == old.pk:
        survivor.possible_duplicate_of = None


def _fill_blanks(old: Patient, survivor: Patient) -> None:
    for name in _BLANKS:
        if not getattr(survivor, name):
            setattr(survivor, name, getattr(old, name))
    if survivor.insurer_id is None and survivor.insurance == old.insurance:
        survivor.insurer_id = old.insurer_id
    if old.status == PatientStatus.ACTIVE:
        # Whatever a patient needs to have, the old row had.
        survivor.status = PatientStatus.ACTIVE
    survivor.medical_history = union(survivor.medical_history, old.medical_history)
