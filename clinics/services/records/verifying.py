"""Finding what somebody changed behind our back: in rows, in their order, in files.

Three books are held against each other. The **chain**: each entry's hash covers the entry and the
hash before. The **head**: how many entries there are and which hash is the last, sealed with a key
that the database does not have. The **audit**: that an entry was written, with its hash. To pass,
whoever changes an entry has to rewrite every later one, forge the seal, and rewrite the audit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from clinics.models import (
    AuditAction,
    AuditEntry,
    ClinicalRecord,
    Patient,
    RecordAttachment,
    RecordHead,
)
from clinics.services.records.chain import entry_hash, is_sealed
from clinics.services.records.files import digest_of, path_of

BATCH = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. Ids and numbers only, nothing clinical."""

    code: str
    patient_id: UUID
    what: str
    record_id: UUID | None = None
    position: int | None = None

    def __str__(self) -> str:
        place = "" if self.position is None else f", entry {self.position}"
        named = "" if self.record_id is None else f" ({self.record_id})"
        return f"{self.code}: patient {self.patient_id}{place}{named}: {self.what}"


@dataclass(slots=True)
class Verified:
    """What was looked at, and what was found."""

    patients: int = 0
    entries: int = 0
    files: int = 0
    findings: tuple[Finding, ...] = ()


def verify_clinic(
    *, files: bool = True, progress: Callable[[Verified], None] | None = None
) -> Verified:
    """Verify every chart of the clinic in scope; `progress` hears of each batch of patients.

    A patient with a finding is looked at again under the lock that writers take, so that an entry
    written meanwhile is none.
    """
    done = Verified()
    gone = _gone()
    everybody = _with_records(gone)
    for first in range(0, len(everybody), BATCH):
        ids = everybody[first : first + BATCH]
        suspects = dict.fromkeys(finding.patient_id for finding in _of_patients(ids, gone, done))
        for patient_id in suspects:
            with transaction.atomic():
                Patient.objects.for_update().filter(pk=patient_id).first()
                done.findings += tuple(_of_patients([patient_id], gone, Verified()))
        if files:
            done.findings += tuple(_of_files(ids, done))
        if progress is not None:
            progress(done)
    return done


def _gone() -> dict[UUID, list[Finding]]:
    """Return the entries that the audit knows and nobody else, by patient."""
    found: dict[UUID, list[Finding]] = defaultdict(list)
    there = ClinicalRecord.objects.filter(pk=OuterRef("row_id"))
    for record_id, after in (
        _written().filter(~Exists(there)).values_list("row_id", "after").order_by("at")
    ):
        if after is None:
            continue
        patient_id = UUID(after["patient_id"])
        found[patient_id].append(
            Finding("removed", patient_id, "it is not there", record_id, after["position"])
        )
    return found


def _with_records(gone: Iterable[UUID]) -> list[UUID]:
    return sorted(
        {
            *ClinicalRecord.objects.values_list("patient_id", flat=True).distinct(),
            *RecordHead.objects.values_list("patient_id", flat=True),
            *gone,
        }
    )


def _written() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(
        table_name=ClinicalRecord._meta.db_table, action=AuditAction.INSERT
    )


def _of_patients(
    ids: Sequence[UUID], gone: dict[UUID, list[Finding]], done: Verified
) -> list[Finding]:
    # Heads first: an entry written in between makes one too many, and never one too few.
    heads = {head.patient_id: head for head in RecordHead.objects.filter(patient_id__in=ids)}
    entries: dict[UUID, list[ClinicalRecord]] = defaultdict(list)
    for entry in ClinicalRecord.objects.filter(patient_id__in=ids).order_by("position"):
        entries[entry.patient_id].append(entry)
    written = _written().filter(row_id__in=[one.pk for row in entries.values() for one in row])
    hashes = dict(written.values_list("row_id", "after__hash"))
    found: dict[tuple[str, UUID, int | None], Finding] = {}
    for patient_id in ids:
        done.patients += 1
        done.entries += len(entries[patient_id])
        for finding in chain(
            gone.get(patient_id, ()),
            _of_chain(patient_id, entries[patient_id]),
            _of_head(patient_id, entries[patient_id], heads.get(patient_id)),
            _of_audit(patient_id, entries[patient_id], hashes),
        ):
            # The books see the same thing; it is said once.
            found.setdefault((finding.code, patient_id, finding.position), finding)
    return list(found.values())


def _of_chain(patient_id: UUID, entries: list[ClinicalRecord]) -> Iterator[Finding]:
    wrong = [entry for entry in entries if entry.hash != entry_hash(entry)]
    places = [entry.position for entry in wrong]
    for entry in wrong:
        before = next(
            (place for place in places if entry_hash(entry, position=place) == entry.hash), None
        )
        if before is None:
            yield Finding(
                "changed", patient_id, "its hash is another one", entry.pk, entry.position
            )
        else:
            yield Finding(
                "reordered", patient_id, f"it was entry {before}", entry.pk, entry.position
            )
    expected, previous = 1, ""
    for entry in entries:
        for missing in range(expected, entry.position):
            yield Finding("removed", patient_id, "it is not there", position=missing)
        if entry.position == expected and entry.previous_hash != previous:
            yield Finding(
                "unchained", patient_id, "it does not follow the one before", entry.pk, expected
            )
        expected, previous = entry.position + 1, entry.hash


def _of_head(
    patient_id: UUID, entries: list[ClinicalRecord], head: RecordHead | None
) -> Iterator[Finding]:
    last = entries[-1] if entries else None
    if head is None:
        if last is not None:
            yield Finding("no_head", patient_id, "the end of the chart is not kept")
        return
    if not is_sealed(head):
        yield Finding("forged", patient_id, "the seal of the chart's end is not ours")
    at = last.position if last else 0
    for missing in range(at + 1, head.entries + 1):
        yield Finding("removed", patient_id, "it is not there", position=missing)
    for entry in entries:
        if entry.position > head.entries:
            yield Finding("added", patient_id, "nobody signed it", entry.pk, entry.position)
    if last is not None and at == head.entries and last.hash != head.last_hash:
        yield Finding("rewritten", patient_id, "it is not the one that was last", last.pk, at)


def _of_audit(
    patient_id: UUID, entries: list[ClinicalRecord], hashes: dict[UUID, str]
) -> Iterator[Finding]:
    for entry in entries:
        if hashes.get(entry.pk, entry.hash) != entry.hash:
            what = "the audit knows another hash"
            yield Finding("rewritten", patient_id, what, entry.pk, entry.position)


def _of_files(ids: Sequence[UUID], done: Verified) -> Iterator[Finding]:
    rows = {
        row.pk: row
        for row in RecordAttachment.objects.select_related("record").filter(
            record__patient_id__in=ids
        )
    }
    signed = {
        UUID(one["id"]): (entry, one)
        for entry in ClinicalRecord.objects.filter(
            patient_id__in=ids, content__has_key="attachments"
        )
        for one in entry.content["attachments"]
    }
    for attachment_id, (entry, one) in signed.items():
        row = rows.get(attachment_id)
        done.files += 1
        what = None
        if row is None:
            what = "attachment_removed", "its row is not there"
        elif (row.sha256, row.size, row.record_id) != (one["sha256"], one["size"], entry.pk):
            what = "attachment_changed", "its row is not what was signed"
        else:
            found = digest_of(path_of(row.stored_as))
            if found is None:
                what = "file_missing", "its file is not in the store"
            elif found != (one["size"], one["sha256"]):
                what = "file_changed", "its file is not what was signed"
        if what is not None:
            yield Finding(
                what[0], entry.patient_id, f"attachment {attachment_id}: {what[1]}", entry.pk,
                entry.position,
            )  # fmt: skip
    for row in rows.values():
        if row.pk not in signed:
            yield Finding(
                "attachment_added", row.record.patient_id, f"attachment {row.pk}: nobody signed it",
                row.record_id, row.record.position,
            )  # fmt: skip
