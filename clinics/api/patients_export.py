"""Everything that is kept of one patient, to be handed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from clinics.api.base import ResourceView
from clinics.api.records_serializers import ObjectField
from clinics.services.export_document import export_pdf
from clinics.services.exporting import Reader, export_patient
from clinics.services.finding import find_patient
from clinics.tenancy.permissions import Can, Resource, allowed, reach
from dentalogic.core.pdf import CONTENT_TYPE


class ExportParameters(serializers.Serializer[Any]):
    format = serializers.ChoiceField(["json", "pdf"], required=False, default="json")
    why = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Por qué se lee la historia clínica; queda anotado.",
    )


class ExportSerializer(serializers.Serializer[Any]):
    """Version 1. A section that the caller may not see is null and named in `left_out`."""

    format = serializers.CharField()
    version = serializers.IntegerField()
    exported_at = serializers.DateTimeField()
    exported_by = serializers.UUIDField()
    clinic = ObjectField()
    patient = ObjectField()
    merged_rows = serializers.ListField(child=ObjectField())
    identities = serializers.ListField(child=ObjectField())
    guardians = serializers.ListField(child=ObjectField())
    dependants = serializers.ListField(child=ObjectField())
    facts = serializers.ListField(child=ObjectField())
    appointments = serializers.ListField(child=ObjectField(), allow_null=True)
    waiting_list = serializers.ListField(child=ObjectField(), allow_null=True)
    consents = serializers.ListField(child=ObjectField(), allow_null=True)
    plans = serializers.ListField(child=ObjectField(), allow_null=True)
    transactions = serializers.ListField(child=ObjectField(), allow_null=True)
    medical_history = ObjectField(allow_null=True)
    records = serializers.ListField(child=ObjectField(), allow_null=True)
    left_out = serializers.ListField(child=serializers.CharField())


class AsAsked(BaseContentNegotiation):
    """Leave `?format=` to the view: DRF would look for a renderer of that name."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportView(ResourceView):
    resource = Resource.PATIENTS
    actions = {"GET": Can.EXPORT}
    content_negotiation_class = AsAsked

    @extend_schema(
        parameters=[ExportParameters],
        responses={
            (200, "application/json"): ExportSerializer,
            (200, CONTENT_TYPE): OpenApiTypes.BINARY,
        },
        tags=["patients"],
        operation_id="export_patient",
    )
    def get(self, request: Request, row_id: UUID) -> HttpResponse:
        """Hand over what is kept of a patient, as far as the caller may see it."""
        query = self.read_query(ExportParameters)
        exported = export_patient(
            patient=find_patient(row_id), reader=self._reader(), why=query["why"]
        )
        pdf = query["format"] == "pdf"
        response = (
            HttpResponse(export_pdf(exported), content_type=CONTENT_TYPE)
            if pdf
            else JsonResponse(exported, json_dumps_params={"ensure_ascii": False})
        )
        # No name in it: a download's name stays in histories and lists.
        name = f"paciente-{exported['patient']['id']}.{query['format']}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def _reader(self) -> Reader:
        role = self.caller.role
        return Reader(
            user_id=self.caller.user_id,
            role=role,
            appointments=reach(role, Resource.APPOINTMENTS, Can.READ),
            plans=reach(role, Resource.PLANS, Can.READ),
            consents=allowed(role, Resource.CONSENTS, Can.READ),
            money=allowed(role, Resource.TRANSACTIONS, Can.READ),
            records=allowed(role, Resource.RECORDS, Can.READ),
        )
