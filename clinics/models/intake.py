"""What patients told us, each fact with the words it came from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models.people import Patient
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class FactField(models.TextChoices):
    FULL_NAME = "full_name", "Nombre y apellido"
    DNI = "dni", "DNI"
    INSURANCE = "insurance", "Obra social"
    PHONE = "phone", "Teléfono"
    BIRTH_DATE = "birth_date", "Fecha de nacimiento"


class FactSource(models.TextChoices):
    MESSAGE = "message", "Mensaje del paciente"
    STAFF = "staff", "Equipo"
    CHANNEL = "channel", "Número que escribe"


class PatientFact(TenantModel):
    """A value, where it was said, and by whom. A correction supersedes; nothing is overwritten."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="facts")
    field = models.CharField(max_length=20, choices=FactField)
    value = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=FactSource)
    # Conversations and messages belong to the channel: opaque ids here, with the words quoted.
    conversation_id = models.UUIDField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)
    quoted_text = models.CharField(max_length=500, blank=True, default="")
    recorded_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "patient_facts"
        constraints = [
            models.CheckConstraint(
                name="fact_field_known", condition=Q(field__in=FactField.values)
            ),
            models.CheckConstraint(
                name="fact_has_its_source",
                condition=Q(source=FactSource.MESSAGE, message_id__isnull=False, recorded_by=None)
                | Q(source=FactSource.STAFF, recorded_by__isnull=False)
                | Q(source=FactSource.CHANNEL, conversation_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["patient", "field"],
                name="fact_one_current",
                condition=Q(superseded_at=None),
            ),
        ]
