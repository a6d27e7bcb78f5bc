"""The current medical history of a patient. The chart keeps the earlier ones."""

from __future__ import annotations

from typing import Any

from clinics.medical_history import validate_medical_history
from clinics.models import Patient
from clinics.services.facts import save_patient


def set_medical_history(*, patient: Patient, history: dict[str, Any]) -> None:
    """Make a history the current one. The caller has locked the patient, in a transaction.

    The event that follows says that the patient changed, and nothing of the history.
    """
    patient.medical_history = validate_medical_history(history)
    save_patient(patient)
