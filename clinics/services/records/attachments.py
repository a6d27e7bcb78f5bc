"""Attachments: each comes with an addendum that names it and its digest, and is chained with it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction

from clinics.models import Patient, RecordAttachment
from clinics.services.records.charts import rows_of_person
from clinics.services.records.errors import AttachmentGone
from clinics.services.records.files import KeptFile, path_of
from clinics.services.records.writing import append_addendum
from dentalogic.core.errors import NotFound


def add_attachment(
    *, patient_id: UUID, record_id: UUID, user_id: UUID, file: KeptFile, text: str = ""
) -> RecordAttachment:
    """Add a file that is in the store to an entry of the chart.

    The entry itself can't change: an addendum to it carries the file. The caller marks the file
    as `referred` once this is committed.
    """
    attachment_id = uuid4()
    described = {
        "id": str(attachment_id),
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
    }
    with transaction.atomic():
        addendum = append_addendum(
            patient_id=patient_id,
            record_id=record_id,
            user_id=user_id,
            text=text,
            content={"attachments": [described]},
        )
        attachment = RecordAttachment(
            id=attachment_id,
            record=addendum,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            stored_as=file.stored_as,
            created_at=addendum.signed_at,
        )
        attachment.save(force_insert=True)
    return attachment


def find_attachment(patient: Patient, record_id: UUID, attachment_id: UUID) -> RecordAttachment:
    """Return an attachment of an entry, or of the entry that its addendum belongs to."""
    attachment = (
        RecordAttachment.objects.select_related("record")
        .filter(pk=attachment_id, record__patient_id__in=rows_of_person(patient))
        .first()
    )
    if attachment is None:
        raise NotFound
    if record_id not in {attachment.record_id, attachment.record.addendum_to_id}:
        raise NotFound
    return attachment


def stored_file(attachment: RecordAttachment) -> Path:
    """Return where the file is, of the size that its row says."""
    path = path_of(attachment.stored_as)
    try:
        there = path.stat().st_size == attachment.size
    except FileNotFoundError:
        there = False
    if not there:
        raise AttachmentGone
    return path
