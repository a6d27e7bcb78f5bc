"""Treatment plans: what is proposed to a patient, at what price, in how many visits."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from clinics.models.agenda import Appointment
from clinics.models.catalog import Treatment
from clinics.models.people import Patient, Professional
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class PlanStatus(models.TextChoices):
    DRAFT = "draft", "Borrador"
    PROPOSED = "proposed", "Presupuestado"
    APPROVED = "approved", "Aprobado"
    DONE = "done", "Terminado"
    REJECTED = "rejected", "Rechazado"
    CANCELLED = "cancelled", "Cancelado"


class PlanItemStatus(models.TextChoices):
    PENDING = "pending", "Pendiente"
    DONE = "done", "Hecho"
    CANCELLED = "cancelled", "Cancelado"


class TreatmentPlan(TenantModel):
    """A budget and its course: several items, one or more visits, approved as a whole.

    The balance is the approved items' patient share minus the transactions that name the plan.
    """

    patient = TenantForeignKey(Patient, models.PROTECT, related_name="plans")
    professional = TenantForeignKey(Professional, models.PROTECT, related_name="plans")
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=PlanStatus, default=PlanStatus.DRAFT)
    currency = models.CharField(max_length=3)
    valid_until = models.DateField(null=True, blank=True)
    notes = models.CharField(max_length=1000, blank=True, default="")
    created_by = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Who wrote the patient's decision down, and how it was given ("firmado en papel").
    decided_by = models.UUIDField(null=True, blank=True)
    decision_note = models.CharField(max_length=200, blank=True, default="")
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        db_table = "treatment_plans"
        constraints = [
            models.CheckConstraint(
                name="plan_status_known", condition=Q(status__in=PlanStatus.values)
            ),
            models.CheckConstraint(
                name="plan_decided_whole",
                condition=Q(decided_at=None, decided_by=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "created_at"], name="plan_of_patient"),
            models.Index(fields=["status", "created_at"], name="plan_by_status"),
        ]


class PlanItem(TenantModel):
    """One treatment of a plan: on which tooth, in which visit, what it costs and who pays."""

    plan = TenantForeignKey(TreatmentPlan, models.PROTECT, related_name="items")
    position = models.IntegerField()
    treatment = TenantForeignKey(Treatment, models.PROTECT, related_name="plan_items")
    # FDI tooth number, 11-48 and 51-85; NULL = the whole mouth.
    tooth = models.IntegerField(null=True, blank=True)
    # Any of M, D, V, L, O: mesial, distal, vestibular, lingual or palatal, occlusal or incisal.
    faces = models.CharField(max_length=5, blank=True, default="")
    description = models.CharField(max_length=200, blank=True, default="")
    # Visits are numbered from 1; the next one comes at least so many days after the one before.
    visit = models.IntegerField(default=1)
    days_after_previous = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    insurer_pays = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal("0.00"))
    status = models.CharField(max_length=10, choices=PlanItemStatus, default=PlanItemStatus.PENDING)
    appointment = TenantForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="plan_items"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "plan_items"
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_item_position_once"),
            models.CheckConstraint(
                name="plan_item_status_known", condition=Q(status__in=PlanItemStatus.values)
            ),
            models.CheckConstraint(
                name="plan_item_shares_within_price",
                condition=Q(price__gte=0, insurer_pays__gte=0, insurer_pays__lte=F("price")),
            ),
            models.CheckConstraint(
                name="plan_item_visit_sane",
                condition=Q(visit__gte=1, visit__lte=60, days_after_previous__gte=0),
            ),
            models.CheckConstraint(
                name="plan_item_tooth_fdi",
                condition=Q(tooth=None)
                | Q(tooth__range=(11, 18))
                | Q(tooth__range=(21, 28))
                | Q(tooth__range=(31, 38))
                | Q(tooth__range=(41, 48))
                | Q(tooth__range=(51, 55))
                | Q(tooth__range=(61, 65))
                | Q(tooth__range=(71, 75))
                | Q(tooth__range=(81, 85)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["appointment"],
                name="plan_item_of_appointment",
                condition=~Q(appointment=None),
            )
        ]
