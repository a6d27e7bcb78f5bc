"""How treatment plans are written down for clients, and what clients may say about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.api.appointments import PersonRef, TreatmentRef
from clinics.api.base import render
from clinics.api.fields import DayField, MomentField, VersionField
from clinics.api.money import PriceField, SumField
from clinics.models import AppointmentStatus, PlanItem, PlanItemStatus, PlanStatus, TreatmentPlan
from clinics.services.plans import MOST_ITEMS
from clinics.services.plans_balance import shares

MOST_VISITS, LONGEST_PAUSE = 60, 730


class PlanVisitSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    starts_at = MomentField()
    status = serializers.ChoiceField(AppointmentStatus.choices)


class PlanItemSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    position = serializers.IntegerField()
    treatment = TreatmentRef()
    tooth = serializers.IntegerField(allow_null=True)
    faces = serializers.CharField()
    description = serializers.CharField()
    visit = serializers.IntegerField()
    days_after_previous = serializers.IntegerField()
    price = PriceField()
    insurer_pays = PriceField()
    patient_pays = serializers.SerializerMethodField()
    status = serializers.ChoiceField(PlanItemStatus.choices)
    appointment = PlanVisitSerializer(allow_null=True)
    done_at = MomentField(allow_null=True)

    def get_patient_pays(self, row: PlanItem) -> str:
        return f"{row.price - row.insurer_pays:.2f}"


class PlanMoneySerializer(serializers.Serializer[Any]):
    paid = SumField()
    balance = SumField(help_text="Lo que el paciente todavía debe.")
    claimed = SumField(help_text="Lo reclamado a la obra social.")
    insurer_paid = SumField()


class PlanSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(PlanStatus.choices)
    title = serializers.CharField()
    patient = PersonRef()
    professional = PersonRef()
    currency = serializers.CharField()
    valid_until = serializers.DateField(allow_null=True)
    notes = serializers.CharField()
    patient_share = serializers.SerializerMethodField()
    insurer_share = serializers.SerializerMethodField()
    money = PlanMoneySerializer(
        allow_null=True, help_text="Vacío para quien no ve los movimientos de la clínica."
    )
    items = serializers.SerializerMethodField()
    created_by = serializers.UUIDField()
    created_at = MomentField()
    decided_at = MomentField(allow_null=True)
    decided_by = serializers.UUIDField(allow_null=True)
    decision_note = serializers.CharField()

    def get_patient_share(self, row: TreatmentPlan) -> str:
        return f"{shares(row.items.all())[0]:.2f}"

    def get_insurer_share(self, row: TreatmentPlan) -> str:
        return f"{shares(row.items.all())[1]:.2f}"

    @extend_schema_field(PlanItemSerializer(many=True))
    def get_items(self, row: TreatmentPlan) -> list[dict[str, Any]]:
        return [render(PlanItemSerializer, one) for one in row.items.all()]


class _ItemFields(serializers.Serializer[Any]):
    tooth = serializers.IntegerField(min_value=11, max_value=85, required=False, allow_null=True)
    faces = serializers.RegexField(r"^[MDVLO]{0,5}$", required=False, allow_blank=True)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    visit = serializers.IntegerField(min_value=1, max_value=MOST_VISITS, required=False)
    days_after_previous = serializers.IntegerField(
        min_value=0, max_value=LONGEST_PAUSE, required=False
    )
    price = PriceField(required=False, help_text="El del tratamiento, si no se dice otro.")
    insurer_pays = PriceField(
        required=False, help_text="Lo que cubre la obra social del paciente, si no se dice otro."
    )


class NewItemOfPlan(_ItemFields):
    treatment = serializers.UUIDField()


class NewPlanItem(NewItemOfPlan):
    version = VersionField(help_text="Del plan.")


class PlanItemChange(_ItemFields):
    version = VersionField(help_text="Del plan.")
    treatment = serializers.UUIDField(required=False)


class NewPlan(serializers.Serializer[Any]):
    patient = serializers.UUIDField()
    professional = serializers.UUIDField()
    title = serializers.CharField(max_length=120)
    valid_until = DayField(required=False, allow_null=True)
    notes = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    items = NewItemOfPlan(many=True, required=False, default=list, max_length=MOST_ITEMS)  # type: ignore[call-arg]


class PlanChange(serializers.Serializer[Any]):
    version = VersionField()
    professional = serializers.UUIDField(required=False)
    title = serializers.CharField(max_length=120, required=False)
    valid_until = DayField(required=False, allow_null=True)
    notes = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class PlanStep(serializers.Serializer[Any]):
    version = VersionField()


class PlanDecision(PlanStep):
    note = serializers.CharField(max_length=200, help_text="Cómo lo dijo: «firmado en papel».")


class PlanRejection(PlanStep):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class PlanCancellation(PlanStep):
    reason = serializers.CharField(max_length=200)


class PlanVisitWanted(serializers.Serializer[Any]):
    version = VersionField(help_text="Del plan.")
    starts_at = MomentField()
    professional = serializers.UUIDField(required=False, help_text="El del plan, si no se dice.")
    chair = serializers.UUIDField(required=False, allow_null=True, default=None)
    urgent = serializers.BooleanField(required=False, default=False)
    override_hold = serializers.BooleanField(required=False, default=False)
    overbook_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )
    notes = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PlanFilter(serializers.Serializer[Any]):
    patient = serializers.UUIDField(required=False)
    professional = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(PlanStatus.choices, required=False)
