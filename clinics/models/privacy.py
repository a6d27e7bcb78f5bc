"""Consent, requests of the persons whose data this is, and breaches (Ley 25.326, Ley 26.529)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models.people import Patient
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class ConsentKind(models.TextChoices):
    DATA = "data", "Tratamiento de datos"
    MESSAGING = "messaging", "Mensajes por WhatsApp"
    TREATMENT = "treatment", "Consentimiento informado"
    IMAGES = "images", "Uso de imágenes"


class ConsentText(TenantModel):
    """A text that patients consent to. A new wording is a new version; none is ever changed."""

    kind = models.CharField(max_length=12, choices=ConsentKind)
    text_version = models.IntegerField()
    text = models.TextField()
    published_at = models.DateTimeField(default=now)
    published_by = models.UUIDField()

    class Meta(TenantModel.Meta):
        db_table = "consent_texts"
        constraints = [
            models.UniqueConstraint(fields=["kind", "text_version"], name="consent_text_once"),
            models.CheckConstraint(
                name="consent_text_kind_known", condition=Q(kind__in=ConsentKind.values)
            ),
        ]


class Consent(TenantModel):
    """That a patient consented to one version of a text, or withdrew."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="consents")
    text = TenantForeignKey(ConsentText, models.PROTECT, related_name="consents")
    given_at = models.DateTimeField(default=now)
    # How it was given ("en papel", "por WhatsApp") and, where it was said, in which message.
    how = models.CharField(max_length=60)
    message_id = models.UUIDField(null=True, blank=True)
    recorded_by = models.UUIDField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.UUIDField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "consents"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "text"],
                name="consent_one_current",
                condition=Q(withdrawn_at=None),
            )
        ]


class PrivacyRequestKind(models.TextChoices):
    ACCESS = "access", "Acceso"
    RECTIFICATION = "rectification", "Rectificación"
    ERASURE = "erasure", "Supresión"


class PrivacyRequest(TenantModel):
    """What a person asked about their data, and what was done. The law sets the term."""

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="privacy_requests")
    kind = models.CharField(max_length=13, choices=PrivacyRequestKind)
    asked_at = models.DateTimeField(default=now)
    due_on = models.DateField()
    recorded_by = models.UUIDField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.UUIDField(null=True, blank=True)
    # What was kept and by which law, what was removed: codes and counts, no personal data.
    outcome = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta(TenantModel.Meta):
        db_table = "privacy_requests"
        constraints = [
            models.CheckConstraint(
                name="privacy_request_kind_known",
                condition=Q(kind__in=PrivacyRequestKind.values),
            ),
            models.CheckConstraint(
                name="privacy_request_settled_whole",
                condition=Q(settled_at=None, settled_by=None)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="privacy_request_due")]


class Breach(TenantModel):
    """A security incident: what happened, whom it touched, what was done. Never changed."""

    found_at = models.DateTimeField()
    happened_at = models.DateTimeField(null=True, blank=True)
    description = models.TextField()
    affected = models.CharField(max_length=300)
    measures = models.TextField(blank=True, default="")
    authority_told_at = models.DateTimeField(null=True, blank=True)
    people_told_at = models.DateTimeField(null=True, blank=True)
    # A later entry on the same incident.
    follows = TenantForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    recorded_by = models.UUIDField()
    recorded_at = models.DateTimeField(default=now)

    class Meta(TenantModel.Meta):
        db_table = "breaches"
        indexes = [models.Index(fields=["found_at"], name="breach_by_time")]
