"""Reading a chart: the entries of one person, whatever rows they were entered under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from clinics.models import ClinicalRecord, Patient, RecordKind
from clinics.odontogram import Change, differences
from dentalogic.core.errors import Invalid, NotFound

EMPTY_MOUTH: dict[str, Any] = {"version": 1, "teeth": {}, "notes": ""}


def rows_of_person(patient: Patient) -> list[UUID]:
    """Return the patient's id, that of the row it was merged into, and of all merged there.

    Records are never re-pointed: a chart is what stands under all of them.
    """
    root_id, above = patient.pk, patient.merged_into_id
    known = {root_id}
    while above is not None and above not in known:
        root_id = above
        known.add(above)
        above = Patient.objects.filter(pk=above).values_list("merged_into_id", flat=True).first()
    found = [root_id]
    newest = [root_id]
    while newest:
        merged = Patient.objects.filter(merged_into_id__in=newest).values_list("pk", flat=True)
        newest = [one for one in merged if one not in found]
        found += newest
    return found


def chart(patient: Patient) -> QuerySet[ClinicalRecord]:
    """Return all entries of the person."""
    return ClinicalRecord.objects.filter(patient_id__in=rows_of_person(patient))


def find_entry(patient: Patient, record_id: UUID) -> ClinicalRecord:
    """Return an entry of that person's chart; another patient's does not exist."""
    entry = chart(patient).filter(pk=record_id).first()
    if entry is None:
        raise NotFound
    return entry


@dataclass(frozen=True, slots=True)
class MouthDiff:
    """What changed in the mouth between two visits. Without a first one, from an empty chart."""

    before: ClinicalRecord | None
    after: ClinicalRecord
    changes: list[Change]


def current_odontogram(patient: Patient) -> ClinicalRecord | None:
    """Return the last visit's odontogram, if there ever was one."""
    return _mouths(patient).order_by("-signed_at", "-position").first()


def odontogram_diff(
    patient: Patient, *, from_id: UUID | None = None, to_id: UUID | None = None
) -> MouthDiff:
    """Compare two visits: by default the last one, with the one before it."""
    after = current_odontogram(patient) if to_id is None else _mouth(patient, to_id, "to")
    if after is None:
        raise NotFound
    if from_id is not None:
        before: ClinicalRecord | None = _mouth(patient, from_id, "from")
    else:
        before = (
            _mouths(patient)
            .filter(
                Q(signed_at__lt=after.signed_at)
                | Q(signed_at=after.signed_at, position__lt=after.position)
            )
            .order_by("-signed_at", "-position")
            .first()
        )
    return MouthDiff(
        before, after, differences(before.content if before else EMPTY_MOUTH, after.content)
    )


def _mouths(patient: Patient) -> QuerySet[ClinicalRecord]:
    return chart(patient).filter(kind=RecordKind.ODONTOGRAM)


def _mouth(patient: Patient, record_id: UUID, name: str) -> ClinicalRecord:
    entry = find_entry(patient, record_id)
    if entry.kind != RecordKind.ODONTOGRAM:
        raise Invalid({name: ["Esa entrada no es un odontograma."]})
    return entry
