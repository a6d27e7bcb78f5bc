"""Who and what an appointment is about, in one round trip."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from clinics.models import Patient, Professional, Treatment
from dentalogic.core.errors import NotFound
from dentalogic.core.tenancy import current_scope

_PATIENT = ("id", "tenant_id", "first_name", "last_name", "status", "merged_into_id")
_TREATMENT = ("id", "tenant_id", "name", "minutes", "urgent", "is_active")
_PROFESSIONAL = ("id", "tenant_id", "title", "first_name", "last_name")

_LOAD = """
SELECT {columns}
FROM patients patient
JOIN treatments treatment
  ON treatment.tenant_id = patient.tenant_id AND treatment.id = %s
JOIN professionals professional
  ON professional.tenant_id = patient.tenant_id AND professional.id = %s
WHERE patient.tenant_id = %s AND patient.id = %s
""".format(
    columns=", ".join(
        f"{alias}.{column}"
        for alias, columns in (
            ("patient", _PATIENT),
            ("treatment", _TREATMENT),
            ("professional", _PROFESSIONAL),
        )
        for column in columns
    )
)


def load_parties(
    *, patient_id: UUID, treatment_id: UUID, professional_id: UUID
) -> tuple[Patient, Treatment, Professional]:
    """Return the three, with what booking and its answer read; the rest is fetched when asked for.

    Any of them missing, or another clinic's, is `NotFound`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LOAD, [treatment_id, professional_id, current_scope().tenant_id, patient_id]
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise NotFound
    first, second = len(_PATIENT), len(_PATIENT) + len(_TREATMENT)
    return (
        Patient.from_db("default", _PATIENT, row[:first]),
        Treatment.from_db("default", _TREATMENT, row[first:second]),
        Professional.from_db("default", _PROFESSIONAL, row[second:]),
    )
