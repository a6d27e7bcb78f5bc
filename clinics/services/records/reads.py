"""That somebody saw a chart: noted before anything of it is shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from clinics.models import Appointment, ClinicalRecord, Patient, RecordRead
from clinics.services.records.charts import rows_of_person
from clinics.tenancy.models import User
from dentalogic.core import clock

CARE = "atención del paciente"
_NEAR = timedelta(days=1)


def note_read(
    *,
    patient: Patient,
    user_id: UUID,
    role: str,
    what: str,
    why: str = "",
    record: ClinicalRecord | None = None,
) -> None:
    """Note who sees what of whose chart, and why.

    `what`: list, entry, attachment, odontogram, pdf, export. Where no reason is given, a
    professional who has the patient in their agenda around that day is taken to care for them.
    """
    RecordRead.objects.create(
        patient=patient,
        record=record,
        user_id=user_id,
        role=role,
        what=what,
        why=why.strip()[:200] or (CARE if _cares(patient, user_id) else ""),
    )


def reads_of(patient: Patient) -> QuerySet[RecordRead]:
    """Return who saw the person's chart, under all their rows."""
    return RecordRead.objects.filter(patient_id__in=rows_of_person(patient))


def reader_names(reads: list[RecordRead]) -> dict[UUID, str]:
    """Return the readers' names."""
    ids = {read.user_id for read in reads}
    return {user.pk: user.full_name for user in User.objects.filter(pk__in=ids)}


def _cares(patient: Patient, user_id: UUID) -> bool:
    now = clock.now()
    return Appointment.objects.filter(
        patient=patient,
        professional__user_id=user_id,
        starts_at__range=(now - _NEAR, now + _NEAR),
    ).exists()
