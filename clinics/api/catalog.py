"""Treatments and insurers: the staff reads, the CEO writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Insurer, Treatment
from clinics.services import catalog
from clinics.tenancy.permissions import Resource

CODE = r"^[-a-zA-Z0-9_]+$"


class TreatmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    urgent = serializers.BooleanField()
    price = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    price_public = serializers.BooleanField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()


class NewTreatment(serializers.Serializer[Any]):
    code = serializers.RegexField(CODE, max_length=40)
    name = serializers.CharField(max_length=120)
    minutes = serializers.IntegerField(min_value=5, max_value=480)
    urgent = serializers.BooleanField(required=False)
    price = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, allow_null=True, required=False
    )
    price_public = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class TreatmentChange(serializers.Serializer[Any]):
    version = VersionField()
    name = serializers.CharField(max_length=120, required=False)
    minutes = serializers.IntegerField(min_value=5, max_value=480, required=False)
    urgent = serializers.BooleanField(required=False)
    price = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, allow_null=True, required=False
    )
    price_public = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class ActiveFilter(serializers.Serializer[Any]):
    active = serializers.BooleanField(required=False, allow_null=True, default=None)


def only_active(rows: Any, query: dict[str, Any]) -> Any:
    return rows if query["active"] is None else rows.filter(is_active=query["active"])


class TreatmentsView(ResourceView):
    resource = Resource.TREATMENTS

    @extend_schema(
        parameters=[ActiveFilter, *list_parameters()],
        responses=page_schema(TreatmentSerializer),
        tags=["catalog"],
        operation_id="list_treatments",
    )
    def get(self, request: Request) -> Response:
        """List the treatments by name."""
        rows = only_active(Treatment.objects.all(), self.read_query(ActiveFilter))
        return Page(rows, request, order="name_key").answer(TreatmentSerializer)

    @extend_schema(
        request=NewTreatment,
        responses={201: TreatmentSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="add_treatment",
    )
    def post(self, request: Request) -> Response:
        """Add a treatment."""
        values = self.read_body(NewTreatment)
        row = self.run_once(
            "treatments",
            lambda: catalog.add_treatment(**values),
            lambda row_id: catalog.get_or_refuse(Treatment, row_id),
        )
        return Response(render(TreatmentSerializer, row), status=status.HTTP_201_CREATED)


class TreatmentView(ResourceView):
    resource = Resource.TREATMENTS

    @extend_schema(responses=TreatmentSerializer, tags=["catalog"], operation_id="get_treatment")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a treatment."""
        return Response(render(TreatmentSerializer, catalog.get_or_refuse(Treatment, row_id)))

    @extend_schema(
        request=TreatmentChange,
        responses=TreatmentSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="change_treatment",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Change a treatment."""
        values = self.read_body(TreatmentChange)
        row = self.run_once(
            f"treatments/{row_id}",
            lambda: catalog.change_treatment(treatment_id=row_id, **values),
            lambda done: catalog.get_or_refuse(Treatment, done),
        )
        return Response(render(TreatmentSerializer, row))


class InsurerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    synonyms = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()


class NewInsurer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    synonyms = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=30, required=False, default=list
    )
    is_active = serializers.BooleanField(required=False, default=True)


class InsurerChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    synonyms = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=30, required=False
    )
    is_active = serializers.BooleanField(required=False)


class InsurersView(ResourceView):
    resource = Resource.INSURERS

    @extend_schema(
        parameters=[ActiveFilter, *list_parameters()],
        responses=page_schema(InsurerSerializer),
        tags=["catalog"],
        operation_id="list_insurers",
    )
    def get(self, request: Request) -> Response:
        """List the obras sociales that the clinic works with, by name."""
        rows = only_active(Insurer.objects.all(), self.read_query(ActiveFilter))
        return Page(rows, request, order="name_key").answer(InsurerSerializer)

    @extend_schema(
        request=NewInsurer,
        responses={201: InsurerSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="add_insurer",
    )
    def post(self, request: Request) -> Response:
        """Add an obra social."""
        values = self.read_body(NewInsurer)
        row = self.run_once(
            "insurers",
            lambda: catalog.add_insurer(**values),
            lambda row_id: catalog.get_or_refuse(Insurer, row_id),
        )
        return Response(render(InsurerSerializer, row), status=status.HTTP_201_CREATED)


class InsurerView(ResourceView):
    resource = Resource.INSURERS

    @extend_schema(responses=InsurerSerializer, tags=["catalog"], operation_id="get_insurer")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show an obra social."""
        return Response(render(InsurerSerializer, catalog.get_or_refuse(Insurer, row_id)))

    @extend_schema(
        request=InsurerChange,
        responses=InsurerSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="change_insurer",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Change an obra social."""
        values = self.read_body(InsurerChange)
        row = self.run_once(
            f"insurers/{row_id}",
            lambda: catalog.change_insurer(insurer_id=row_id, **values),
            lambda done: catalog.get_or_refuse(Insurer, done),
        )
        return Response(render(InsurerSerializer, row))
