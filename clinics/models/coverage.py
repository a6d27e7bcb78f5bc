"""What insurers cover here: their plans, who takes them, with what authorisation, at what price."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models.catalog import Insurer, Treatment
from clinics.models.people import Professional
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class InsurerPlan(TenantModel):
    """A plan of an insurer ("210", "Black")."""

    insurer = TenantForeignKey(Insurer, models.PROTECT, related_name="plans")
    name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=200, editable=False)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        db_table = "insurer_plans"
        constraints = [
            models.UniqueConstraint(fields=["insurer", "name_key"], name="insurer_plan_once")
        ]


class Coverage(TenantModel):
    """One rule: whether an insurer is taken, and on what terms. The most exact rule wins.

    NULL stands for any: any professional, any plan, any treatment. Where no rule fits, the insurer
    is taken by nobody.
    """

    insurer = TenantForeignKey(Insurer, models.PROTECT, related_name="coverages")
    plan = TenantForeignKey(
        InsurerPlan, models.PROTECT, null=True, blank=True, related_name="coverages"
    )
    professional = TenantForeignKey(
        Professional, models.PROTECT, null=True, blank=True, related_name="coverages"
    )
    treatment = TenantForeignKey(
        Treatment, models.PROTECT, null=True, blank=True, related_name="coverages"
    )
    accepted = models.BooleanField(default=True)
    needs_authorisation = models.BooleanField(default=False)
    # What the patient has to bring or ask for, in their words.
    authorisation_note = models.CharField(max_length=300, blank=True, default="")
    # What the patient pays: an amount, or a share of the price in percent; neither = nothing known.
    copay_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    copay_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        db_table = "coverages"
        constraints = [
            models.UniqueConstraint(
                fields=["insurer", "plan", "professional", "treatment"],
                name="coverage_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="coverage_one_copay",
                condition=Q(copay_amount=None) | Q(copay_percent=None),
            ),
            models.CheckConstraint(
                name="coverage_copay_sane",
                condition=(Q(copay_amount=None) | Q(copay_amount__gte=0))
                & (Q(copay_percent=None) | Q(copay_percent__gte=0, copay_percent__lte=100)),
            ),
        ]
