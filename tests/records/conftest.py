"""A chart to work with: alfa's own professional, and a patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clinics.models import ClinicalRecord, Patient, Professional
from clinics.services.records.writing import add_entry
from clinics.tenancy.models import Clinic

MOUTH: dict[str, Any] = {
    "version": 1,
    "teeth": {"16": {"tooth": [], "faces": {"O": [{"finding": "caries", "status": "pending"}]}}},
    "notes": "",
}
TREATED: dict[str, Any] = {
    "version": 1,
    "teeth": {
        "16": {"tooth": [], "faces": {"O": [{"finding": "restoration", "status": "done"}]}},
        "85": {"tooth": [{"finding": "absent", "status": "done"}], "faces": {}},
    },
    "notes": "",
}
HISTORY: dict[str, Any] = {
    "version": 1,
    "allergies": [{"substance": "penicilina", "severity": "severe"}],
    "medication": [{"name": "acenocumarol", "dose": "4 mg", "anticoagulant": True}],
    "conditions": [],
    "smoking": {"status": "never"},
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200
PDF = b"%PDF-1.7\n" + b"0" * 300


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def doctor(in_alfa: Clinic) -> Professional:
    """Alfa's professional with a row; they sign."""
    from tests.fixtures.api import own_row

    return own_row(in_alfa, title="Dra.", registration_number="12345")


def written(patient: Patient, doctor: Professional, text: str) -> ClinicalRecord:
    assert doctor.user_id is not None
    return add_entry(patient_id=patient.pk, user_id=doctor.user_id, kind="evolution", text=text)
