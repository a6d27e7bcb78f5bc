"""Rows that may be one person: flagged when they are written, listed, and put aside."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from clinics.models import Patient
from clinics.services.facts import save_patient
from clinics.services.finding import lock_patient
from dentalogic.core.errors import StaleVersion
from dentalogic.core.transactions import in_transaction


def possible_duplicates() -> QuerySet[Patient]:
    """Return the rows that may be somebody else's, each with that one."""
    rows = Patient.objects.filter(possible_duplicate_of__isnull=False, merged_into=None)
    return rows.select_related("possible_duplicate_of")


def reasons(one: Patient, other: Patient) -> list[str]:
    """Return what two rows have in common: `dni`, `phone`, `name`, `birth_date`."""
    same = {
        "dni": one.dni is not None and one.dni == other.dni,
        "phone": one.phone is not None and one.phone == other.phone,
        "name": one.name_key != "" and one.name_key == other.name_key,
        "birth_date": one.birth_date is not None and one.birth_date == other.birth_date,
    }
    return [name for name, holds in same.items() if holds]


def put_aside(*, patient_id: UUID, version: int) -> Patient:
    """Note that the patient is not the one they were flagged for; again, nothing changes."""

    def work() -> Patient:
        patient = lock_patient(patient_id)
        if patient.version != version:
            raise StaleVersion
        if patient.possible_duplicate_of_id is not None:
            patient.possible_duplicate_of = None
            save_patient(patient)
        return patient

    return in_transaction(work)
