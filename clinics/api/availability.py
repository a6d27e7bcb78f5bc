"""Free times, and why the others are not free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import ResourceView, render
from clinics.api.fields import MomentField
from clinics.models import Professional, Treatment
from clinics.services.availability import find_slots
from clinics.services.catalog import get_or_refuse
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import Invalid, NotFound

LONGEST_WINDOW = timedelta(days=31)


class SlotSerializer(serializers.Serializer[Any]):
    professional_id = serializers.UUIDField()
    starts_at = MomentField()
    ends_at = MomentField()
    chair_id = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(
        [("slot", "Turno"), ("request", "Pedido a confirmar")],
        help_text="`request`: no se pudo leer el calendario; la clínica confirma.",
    )
    urgent = serializers.BooleanField()


class ReasonSerializer(serializers.Serializer[Any]):
    professional_id = serializers.UUIDField()
    starts_at = MomentField()
    ends_at = MomentField()
    code = serializers.CharField()


class CalendarSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    trust = serializers.CharField(help_text="local, live, delayed o broken")


class AvailabilitySerializer(serializers.Serializer[Any]):
    professionals = CalendarSerializer(many=True)
    slots = SlotSerializer(many=True)
    reasons = ReasonSerializer(many=True)


class AvailabilityQuery(serializers.Serializer[Any]):
    treatment = serializers.UUIDField()
    professional = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50
    )
    urgent = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, Any]:
        return {"from": MomentField(), "to": MomentField(), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["to"] <= attrs["from"]:
            raise Invalid({"to": ["Debe ser posterior a «from»."]})
        if attrs["to"] - attrs["from"] > LONGEST_WINDOW:
            raise Invalid({"to": [f"Hasta {LONGEST_WINDOW.days} días por pedido."]})
        return attrs


class AvailabilityView(ResourceView):
    resource = Resource.AVAILABILITY

    @extend_schema(
        parameters=[AvailabilityQuery],
        responses=AvailabilitySerializer,
        tags=["appointments"],
        operation_id="check_availability",
    )
    def get(self, request: Request) -> Response:
        """Return the free times of a window, the reasons for the rest, and the calendars' trust."""
        query = self.read_query(AvailabilityQuery)
        asked = query.get("professional") or None
        if asked and Professional.objects.filter(pk__in=asked).count() < len(set(asked)):
            raise NotFound
        found = find_slots(
            treatment=get_or_refuse(Treatment, query["treatment"]),
            window=(query["from"], query["to"]),
            professional_ids=asked,
            urgent=query["urgent"],
        )
        calendars = [
            {"id": one, "name": name, "trust": found.trust.get(one, "local")}
            for one, name in found.names.items()
        ]
        body = {"professionals": calendars, "slots": found.slots, "reasons": found.reasons}
        return Response(render(AvailabilitySerializer, body))
