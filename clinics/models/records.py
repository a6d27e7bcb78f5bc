"""Clinical records: append-only, chained by hash. Triggers refuse UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models.agenda import Appointment
from clinics.models.people import Patient, Professional
from dentalogic.core.clock import now, real_now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class RecordKind(models.TextChoices):
    EVOLUTION = "evolution", "Evolución"
    ODONTOGRAM = "odontogram", "Odontograma"
    ANAMNESIS = "anamnesis", "Anamnesis"
    ADDENDUM = "addendum", "Addenda"


class ClinicalRecord(TenantModel):
    """One signed entry. `hash` covers the entry and `previous_hash`: a chain per patient."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="records")
    professional = TenantForeignKey(Professional, models.PROTECT, related_name="records")
    author_user_id = models.UUIDField()
    position = models.IntegerField()
    kind = models.CharField(max_length=12, choices=RecordKind)
    addendum_to = TenantForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="addenda"
    )
    text = models.TextField(blank=True, default="")
    content = models.JSONField(default=dict, blank=True)
    signed_at = models.DateTimeField(default=now)
    # Name and registration number of the professional at that moment.
    signed_as = models.CharField(max_length=200, blank=True, default="")
    appointment = TenantForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="records"
    )
    previous_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta(TenantModel.Meta):
        db_table = "clinical_records"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "position"], name="clinical_record_position_once"
            ),
            models.CheckConstraint(
                name="clinical_record_kind_known", condition=Q(kind__in=RecordKind.values)
            ),
            models.CheckConstraint(
                name="clinical_record_addendum_names_its_entry",
                condition=Q(kind=RecordKind.ADDENDUM, addendum_to__isnull=False)
                | (~Q(kind=RecordKind.ADDENDUM) & Q(addendum_to=None)),
            ),
        ]


class RecordHead(TenantModel):
    """Where a patient's chain ends: how many entries, and the hash of the last one.

    The chain alone can't tell that its last entry is gone. `seal` is an HMAC with a key that the
    database does not have: whoever rewrites the rows can't write the head that goes with them.
    """

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="record_heads")
    entries = models.IntegerField()
    last_hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta(TenantModel.Meta):
        db_table = "record_heads"
        constraints = [
            models.UniqueConstraint(fields=["patient"], name="record_head_once"),
            models.CheckConstraint(name="record_head_counts", condition=Q(entries__gt=0)),
        ]


class RecordAttachment(TenantModel):
    """A file that belongs to an entry. Its digest is part of the entry's `content`."""

    record = TenantForeignKey(ClinicalRecord, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    # Below the clinic's folder in the media store; random, so that it can't be guessed.
    stored_as = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=now)

    class Meta(TenantModel.Meta):
        db_table = "record_attachments"
        constraints = [
            models.UniqueConstraint(fields=["stored_as"], name="attachment_stored_once"),
            models.CheckConstraint(name="attachment_not_empty", condition=Q(size__gt=0)),
        ]


class RecordRead(TenantModel):
    """That somebody saw a chart: who, when, what, why. Never changed."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="record_reads")
    record = TenantForeignKey(
        ClinicalRecord, models.PROTECT, null=True, blank=True, related_name="reads"
    )
    user_id = models.UUIDField()
    role = models.CharField(max_length=12)
    # "list", "entry", "attachment", "odontogram", "pdf", "export".
    what = models.CharField(max_length=12)
    why = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "record_reads"
        indexes = [models.Index(fields=["patient", "at"], name="record_read_of_patient")]
