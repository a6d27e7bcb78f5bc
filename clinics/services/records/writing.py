"""Writing to a chart: signed, numbered and chained; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from clinics.medical_history import InvalidMedicalHistory, validate_medical_history
from clinics.models import (
    Appointment,
    ClinicalRecord,
    Patient,
    Professional,
    RecordHead,
    RecordKind,
)
from clinics.odontogram import InvalidOdontogram, validate_odontogram
from clinics.services.medical_histories import set_medical_history
from clinics.services.records.chain import entry_hash, seal_of
from clinics.services.records.charts import find_entry, rows_of_person
from clinics.services.records.errors import NotAProfessional, PatientMerged
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import current_scope

LONGEST_TEXT = 20_000
REQUIRED = "Este campo es obligatorio."


def add_entry(
    *,
    patient_id: UUID,
    user_id: UUID,
    kind: str,
    text: str = "",
    content: Mapping[str, Any] | None = None,
    appointment_id: UUID | None = None,
) -> ClinicalRecord:
    """Sign an entry as the caller's own professional.

    `evolution` takes a text; `odontogram` the whole mouth as `clinics.odontogram` has it;
    `anamnesis` the history as `clinics.medical_history` has it (without who and when, which are
    filled in), and makes it the patient's current one. Addenda have a function of their own.
    Two writers at once follow one another.
    """
    now = clock.now()
    match kind:
        case RecordKind.EVOLUTION:
            checked: dict[str, Any] = _nothing(content)
            if not text.strip():
                raise Invalid({"text": [REQUIRED]})
        case RecordKind.ODONTOGRAM:
            checked = _odontogram(content)
        case RecordKind.ANAMNESIS:
            checked = _anamnesis(content, now.isoformat(), user_id)
        case _:
            raise Invalid({"kind": ["No es un tipo de entrada."]})
    with transaction.atomic():
        patient = _locked(patient_id)
        entry = _append(
            patient,
            user_id,
            kind=kind,
            text=_clean(text),
            content=checked,
            signed_at=now,
            appointment_id=_appointment(patient, appointment_id),
        )
        if kind == RecordKind.ANAMNESIS:
            set_medical_history(patient=patient, history=checked)
    return entry


def add_addendum(*, patient_id: UUID, record_id: UUID, user_id: UUID, text: str) -> ClinicalRecord:
    """Correct or complete an entry of the same chart, an addendum included, by a later one."""
    if not text.strip():
        raise Invalid({"text": [REQUIRED]})
    with transaction.atomic():
        return append_addendum(
            patient_id=patient_id, record_id=record_id, user_id=user_id, text=text, content={}
        )


def append_addendum(
    *, patient_id: UUID, record_id: UUID, user_id: UUID, text: str, content: dict[str, Any]
) -> ClinicalRecord:
    """Do what `add_addendum` does inside the caller's transaction, with content or without."""
    patient = _locked(patient_id)
    entry = find_entry(patient, record_id)
    return _append(
        patient,
        user_id,
        kind=RecordKind.ADDENDUM,
        text=_clean(text),
        content=content,
        signed_at=clock.now(),
        addendum_to_id=entry.pk,
    )


def _locked(patient_id: UUID) -> Patient:
    """Lock the patient: whoever writes to the same chart waits here."""
    patient = Patient.objects.for_update().filter(pk=patient_id).first()
    if patient is None:
        raise NotFound
    if patient.merged_into_id is not None:
        raise PatientMerged(merged_into=str(patient.merged_into_id))
    return patient


def _append(patient: Patient, user_id: UUID, **values: Any) -> ClinicalRecord:
    professional = Professional.objects.filter(user_id=user_id, is_active=True).first()
    if professional is None:
        raise NotAProfessional
    head = RecordHead.objects.filter(patient=patient).first()
    if head is None:
        last = ClinicalRecord.objects.filter(patient=patient).order_by("-position").first()
        ended = (last.position, last.hash) if last else (0, "")
    else:
        ended = (head.entries, head.last_hash)
    entry = ClinicalRecord(
        tenant_id=current_scope().tenant_id,
        patient=patient,
        professional=professional,
        author_user_id=user_id,
        position=ended[0] + 1,
        previous_hash=ended[1],
        signed_as=_signature(professional),
        **values,
    )
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    head = head or RecordHead(tenant_id=entry.tenant_id, patient=patient)
    head.entries, head.last_hash = entry.position, entry.hash
    head.seal = seal_of(head)
    head.save()
    return entry


def _signature(professional: Professional) -> str:
    number = professional.registration_number
    name = professional.display_name
    return f"{name} (M. {number})"[:200] if number else name[:200]


def _appointment(patient: Patient, appointment_id: UUID | None) -> UUID | None:
    if appointment_id is None:
        return None
    known = Appointment.objects.filter(pk=appointment_id, patient_id__in=rows_of_person(patient))
    if not known.exists():
        raise Invalid({"appointment": ["No es un turno de este paciente."]})
    return appointment_id


def _clean(text: str) -> str:
    """Return the text to keep: it is hashed as it will be read."""
    if len(text) > LONGEST_TEXT:
        raise Invalid({"text": [f"A lo sumo {LONGEST_TEXT} caracteres."]})
    if "\0" in text:
        raise Invalid({"text": ["No se permiten caracteres nulos."]})
    return text.strip()


def _nothing(content: Mapping[str, Any] | None) -> dict[str, Any]:
    if content:
        raise Invalid({"content": ["Una evolución lleva solo texto."]})
    return {}


def _odontogram(content: Mapping[str, Any] | None) -> dict[str, Any]:
    _refuse_nulls(content)
    try:
        return validate_odontogram(content)
    except InvalidOdontogram as refusal:
        raise Invalid(_by_path(refusal.errors)) from None


def _anamnesis(content: Mapping[str, Any] | None, at: str, user_id: UUID) -> dict[str, Any]:
    given = content if isinstance(content, Mapping) else {}
    if not given:
        raise Invalid({"content": [REQUIRED]})
    _refuse_nulls(given)
    ours = {"updated_at": at, "updated_by": str(user_id)}
    if ours.keys() & given.keys():
        raise Invalid({f"content.{name}": ["Lo completa el sistema."] for name in ours})
    try:
        return validate_medical_history({**given, **ours})
    except InvalidMedicalHistory as refusal:
        raise Invalid(_by_path(refusal.errors)) from None


def _by_path(errors: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, message in errors:
        found.setdefault(f"content.{path}".removesuffix(".."), []).append(message)
    return found


def _refuse_nulls(value: Any) -> None:
    """Refuse what JSON can hold and PostgreSQL can't."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str) and "\0" in one:
            raise Invalid({"content": ["No se permiten caracteres nulos."]})
        if isinstance(one, Mapping):
            pending += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            pending += one
