"""Facts: what a patient is known by, each with where it was said. The gate asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from clinics.models import (
    ChannelIdentity,
    Event,
    EventType,
    FactField,
    FactSource,
    Guardian,
    Insurer,
    Patient,
    PatientFact,
    PatientStatus,
)
from clinics.services import saying
from clinics.services.events import owe_publication
from clinics.services.finding import find_twin
from clinics.services.saying import Found, InsurerNames, Reading, Said
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import NotFound
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import current_scope

REQUIRED = (FactField.FULL_NAME, FactField.DNI, FactField.INSURANCE, FactField.PHONE)


@dataclass(slots=True)
class FactsRecorded:
    """What was taken, what was refused and with which code, and what the gate still misses."""

    recorded: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def record_facts(
    *, patient: Patient, conversation_id: UUID, values: Mapping[str, str], said: Sequence[Said]
) -> FactsRecorded:
    """Record what a patient said of themselves, or of a dependant, with the words it stands in.

    A value that none of the messages holds is refused; a correction supersedes. A DNI that is
    known from somebody else flags a possible duplicate and discloses nothing. Recording the same
    value again changes nothing.
    """
    outcome = FactsRecorded()
    with transaction.atomic():
        person = _locked(patient)
        _note_channel_phone(person, conversation_id)
        changed = False
        for name, value in values.items():
            reading = _read(name, value, said, person)
            if not isinstance(reading, Found):
                outcome.refused[name] = reading
                continue
            outcome.recorded.append(name)
            changed |= _write_fact(person, name, reading, conversation_id)
        if changed:
            fill_columns(person)
            save_patient(person)
        outcome.missing = missing_facts(person)
    patient.refresh_from_db()
    return outcome


def missing_facts(patient: Patient) -> list[str]:
    """Return which of full_name, dni, insurance and phone nobody has said yet, in that order.

    Columns are no facts. Whoever is a patient already, entered by staff or past the gate, misses
    nothing; a phone that writes to us is known, and reaches a dependant too.
    """
    if patient.status == PatientStatus.ACTIVE:
        return []
    known = set(_current(patient))
    if FactField.PHONE not in known and _channel_phone(patient):
        known.add(FactField.PHONE)
    return [str(name) for name in REQUIRED if name not in known]


def activate(patient: Patient) -> None:
    """Make a guest with all facts a patient, inside the caller's transaction.

    Records the event but owes no publication: the caller does, last.
    """
    if patient.status == PatientStatus.ACTIVE:
        return
    fill_columns(patient)
    patient.status = PatientStatus.ACTIVE
    save_patient(patient, publish=False)


def fill_columns(patient: Patient) -> None:
    """Copy the current facts to a guest's row. A patient's own row is the staff's: insurance alone
    follows what they say."""
    facts = _current(patient)
    guest = patient.status == PatientStatus.GUEST
    if guest and (name := facts.get(FactField.FULL_NAME)):
        patient.first_name, patient.last_name = saying.split_name(name)
    if guest and (dni := facts.get(FactField.DNI)):
        patient.dni = dni
    if insurance := facts.get(FactField.INSURANCE):
        patient.insurance = insurance
        patient.insurer = Insurer.objects.filter(name_key=name_key(insurance)).first()
    if guest:
        patient.phone = facts.get(FactField.PHONE) or patient.phone or _channel_phone(patient)
    if guest and (born := facts.get(FactField.BIRTH_DATE)):
        patient.birth_date = date.fromisoformat(born)
    if guest:
        _flag_duplicate(patient)


def save_patient(patient: Patient, *, publish: bool = True) -> None:
    """Write a changed patient as the next version and tell the staff pages."""
    patient.name_key = name_key(patient.display_name)
    patient.version += 1
    patient.save()
    Event.objects.create(type=EventType.PATIENT_UPDATED, data=patient_snapshot(patient))
    if publish:
        owe_publication()


def patient_snapshot(patient: Patient) -> dict[str, object]:
    """Return what an event says of a patient: no DNI, no phone, nothing clinical."""
    return {
        "id": str(patient.pk),
        "version": patient.version,
        "status": str(patient.status),
        "name": patient.display_name,
    }


def write_fact(
    *,
    patient: Patient,
    name: str,
    value: str,
    source: FactSource,
    conversation_id: UUID | None = None,
    message: Said | None = None,
    recorded_by: UUID | None = None,
) -> bool:
    """Make a value the current one; whether it is another than before. Nothing is overwritten."""
    current = PatientFact.objects.filter(patient=patient, field=name, superseded_at=None)
    if current.filter(value=value).exists():
        return False
    current.update(superseded_at=clock.now())
    PatientFact.objects.create(
        patient=patient,
        field=name,
        value=value,
        source=source,
        conversation_id=conversation_id,
        message_id=None if message is None else message.message_id,
        quoted_text="" if message is None else message.text[:500],
        recorded_by=recorded_by,
    )
    return True


def _locked(patient: Patient) -> Patient:
    found = Patient.objects.for_update().filter(pk=patient.pk).first()
    if found is not None and found.merged_into_id is not None:
        # Merged while they were writing: what they say is said of the person.
        found = Patient.objects.for_update().filter(pk=found.merged_into_id).first()
    if found is None:
        raise NotFound
    return found


def _current(patient: Patient) -> dict[str, str]:
    return dict(
        PatientFact.objects.filter(patient=patient, superseded_at=None).values_list(
            "field", "value"
        )
    )


def _own_phone(patient: Patient) -> str | None:
    """Return the number from which this person writes, if they write from one."""
    return (
        ChannelIdentity.objects.filter(patient=patient)
        .exclude(phone=None)
        .order_by("-created_at")
        .values_list("phone", flat=True)
        .first()
    )


def _channel_phone(patient: Patient) -> str | None:
    """Return the number through which this person is reached: their own, else their guardian's.

    A child has none, and whoever writes for somebody may give another one.
    """
    phone = _own_phone(patient)
    if phone is None:
        link = Guardian.objects.filter(dependant=patient).select_related("guardian").first()
        phone = _own_phone(link.guardian) if link is not None else None
    return phone


def _note_channel_phone(patient: Patient, conversation_id: UUID) -> None:
    phone = _channel_phone(patient)
    if phone is not None and FactField.PHONE not in _current(patient):
        write_fact(
            patient=patient,
            name=FactField.PHONE,
            value=phone,
            source=FactSource.CHANNEL,
            conversation_id=conversation_id,
        )


def _write_fact(patient: Patient, name: str, found: Found, conversation_id: UUID) -> bool:
    return write_fact(
        patient=patient,
        name=name,
        value=found.value,
        source=FactSource.MESSAGE,
        conversation_id=conversation_id,
        message=found.message,
    )


def _read(  # noqa: PLR0911  # one return a field
    name: str, value: str, said: Sequence[Said], person: Patient
) -> Reading:
    if not value.strip():
        return saying.INVALID
    match name:
        case FactField.FULL_NAME:
            return saying.read_full_name(value, said)
        case FactField.DNI:
            return saying.read_dni(value, said)
        case FactField.INSURANCE:
            return saying.read_insurance(value, said, _insurers())
        case FactField.PHONE:
            return saying.read_phone(value, said, country=_country(), own=_guardian_phone(person))
        case FactField.BIRTH_DATE:
            zone = ZoneInfo(current_scope().timezone)
            return saying.read_birth_date(value, said, today=clock.now().astimezone(zone).date())
        case _:
            return saying.INVALID


def _insurers() -> list[InsurerNames]:
    return [
        InsurerNames(name, (key, *(name_key(synonym) for synonym in synonyms)))
        for name, key, synonyms in Insurer.objects.filter(is_active=True).values_list(
            "name", "name_key", "synonyms"
        )
    ]


def _country() -> str:
    return str(Clinic.objects.values_list("country", flat=True).get(pk=current_scope().tenant_id))


def _guardian_phone(person: Patient) -> str | None:
    link = Guardian.objects.filter(dependant=person).select_related("guardian").first()
    if link is None:
        return _own_phone(person)
    return _own_phone(link.guardian) or link.guardian.phone


def _flag_duplicate(patient: Patient) -> None:
    if patient.possible_duplicate_of_id is not None:
        return
    patient.possible_duplicate_of = find_twin(patient)
