"""Patients to call again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import ResourceView
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.services.recall import patients_to_recall
from clinics.tenancy.permissions import Resource


class RecallSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    phone = serializers.CharField(allow_null=True)
    last_visit = MomentField()


class RecallFilter(serializers.Serializer[Any]):
    months = serializers.IntegerField(
        min_value=1, max_value=120, required=False, help_text="Sin él: lo que diga la clínica."
    )


class RecallView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=[RecallFilter, *list_parameters()],
        responses=page_schema(RecallSerializer),
        tags=["patients"],
        operation_id="list_patients_to_recall",
    )
    def get(self, request: Request) -> Response:
        """List by name whose last visit is long over, with nothing booked or waited for."""
        months = self.read_query(RecallFilter).get("months")
        return Page(patients_to_recall(months=months), request, order="name_key").answer(
            RecallSerializer
        )
