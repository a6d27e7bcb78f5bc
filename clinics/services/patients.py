"""Patients as the staff enters and corrects them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from clinics.models import (
    PARTICULAR,
    FactField,
    FactSource,
    Insurer,
    Patient,
    PatientStatus,
)
from clinics.services.facts import save_patient, write_fact
from clinics.services.finding import find_patient, find_twin, lock_patient, search_patients
from clinics.services.phones import e164
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, StaleVersion
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import current_scope

__all__ = ["add_patient", "change_patient", "find_patient", "search_patients"]

_DNI = re.compile(r"[0-9A-Z]{5,15}", re.ASCII)


def add_patient(*, recorded_by: UUID, **values: Any) -> Patient:
    """Enter a person. With name, DNI, insurance and telephone they are a patient, else a guest."""
    with transaction.atomic():
        # The first version is the one that `save_patient` writes.
        patient = Patient(version=0)
        _fill(patient, _checked(values))
        patient.save(force_insert=True)
        _note(patient, values, recorded_by)
        save_patient(patient)
    return patient


def change_patient(*, patient_id: UUID, version: int, recorded_by: UUID, **values: Any) -> Patient:
    """Correct a patient's data; each fact is noted with who typed it."""
    checked = _checked(values)
    with transaction.atomic():
        patient = lock_patient(patient_id)
        if patient.version != version:
            raise StaleVersion
        _fill(patient, checked)
        _note(patient, checked, recorded_by)
        save_patient(patient)
    return patient


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    clean, errors = cleaned(values, country=clinic_country() if values.get("phone") else "")
    if errors:
        raise Invalid(errors)
    return clean


def clinic_country() -> str:
    """Return the country in which the clinic's telephones are dialled."""
    return str(Clinic.objects.values_list("country", flat=True).get(pk=current_scope().tenant_id))


def cleaned(values: dict[str, Any], *, country: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what would be kept of the values, and what is wrong with which."""
    errors: dict[str, list[str]] = {}
    clean = dict(values)
    if clean.get("dni"):
        clean["dni"] = re.sub(r"[\s.\-]", "", clean["dni"]).upper()
        if not _DNI.fullmatch(clean["dni"]):
            errors["dni"] = ["No es un número de documento."]
    elif "dni" in clean:
        clean["dni"] = None
    if clean.get("phone"):
        clean["phone"] = e164(clean["phone"], country=country)
        if clean["phone"] is None:
            errors["phone"] = ["No es un teléfono."]
    elif "phone" in clean:
        clean["phone"] = None
    born: date | None = clean.get("birth_date")
    if born is not None and born > clock.now().date():
        errors["birth_date"] = ["Todavía no llegó ese día."]
    return clean, errors


def _fill(patient: Patient, values: dict[str, Any]) -> None:
    key = name_key(values.get("insurance", ""))
    fill(patient, values, insurer=Insurer.objects.filter(name_key=key).first() if key else None)
    if {"dni", "phone", "first_name", "last_name"} & values.keys():
        patient.possible_duplicate_of = find_twin(patient)


def fill(patient: Patient, values: dict[str, Any], *, insurer: Insurer | None) -> None:
    """Put clean values on a row; with all that makes a patient, it is one. Writes nothing.

    `insurer` is the one that the clinic lists by the given name. Raises `Invalid` where a patient
    would be left without what makes one.
    """
    for name, value in values.items():
        setattr(patient, name, value)
    if "insurance" in values:
        if name_key(patient.insurance) == name_key(PARTICULAR):
            patient.insurance = PARTICULAR
        patient.insurer = insurer
        if insurer is not None:
            patient.insurance = insurer.name
    facts = {
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "dni": patient.dni,
        "insurance": patient.insurance,
        "phone": patient.phone,
    }
    missing = [name for name, value in facts.items() if not value]
    if not missing:
        patient.status = PatientStatus.ACTIVE
    elif patient.status == PatientStatus.ACTIVE:
        raise Invalid({name: ["Un paciente no puede quedar sin este dato."] for name in missing})


def _note(patient: Patient, values: dict[str, Any], recorded_by: UUID) -> None:
    for name, value in known_facts(patient, values).items():
        write_fact(
            patient=patient,
            name=name,
            value=value,
            source=FactSource.STAFF,
            recorded_by=recorded_by,
        )


def known_facts(patient: Patient, values: dict[str, Any]) -> dict[FactField, str]:
    """Return the facts that the given values make of a filled row."""
    named = {"first_name", "last_name"} & values.keys()
    known = {
        FactField.FULL_NAME: patient.display_name if named else "",
        FactField.DNI: (patient.dni or "") if "dni" in values else "",
        FactField.INSURANCE: patient.insurance if "insurance" in values else "",
        FactField.PHONE: (patient.phone or "") if "phone" in values else "",
        FactField.BIRTH_DATE: patient.birth_date.isoformat()
        if "birth_date" in values and patient.birth_date
        else "",
    }
    return {name: value for name, value in known.items() if value}
