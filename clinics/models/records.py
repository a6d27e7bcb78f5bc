"""Clinical records: append-only, chained by hash. Triggers refuse UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models.people import Patient, Professional
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class RecordKind(models.TextChoices):
    EVOLUTION = "evolution", "Evolución"
    ODONTOGRAM = "odontogram", "Odontograma"
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
