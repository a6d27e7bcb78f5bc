"""Professionals: who treats, when, and what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.catalog import ActiveFilter, only_active
from clinics.api.fields import VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Professional
from clinics.services import catalog
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import NotFound


class BlockSerializer(serializers.Serializer[Any]):
    start = serializers.CharField(help_text="HH:MM")
    end = serializers.CharField(help_text="HH:MM, hasta 24:00")


class ProfessionalSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField(allow_null=True)
    title = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    name = serializers.CharField(source="display_name")
    specialty = serializers.CharField()
    registration_number = serializers.CharField()
    working_hours = serializers.DictField(
        child=BlockSerializer(many=True), help_text="«0» lunes … «6» domingo."
    )
    treatments = serializers.SerializerMethodField()
    google_calendar_id = serializers.CharField()
    google_read_calendars = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()

    def get_treatments(self, row: Professional) -> list[UUID]:
        return sorted(one.treatment_id for one in row.offered_treatments.all())


class NewProfessional(serializers.Serializer[Any]):
    user_id = serializers.UUIDField(required=False, allow_null=True)
    title = serializers.CharField(max_length=20, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=80)
    last_name = serializers.CharField(max_length=80)
    specialty = serializers.CharField(max_length=80, required=False, allow_blank=True)
    registration_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    working_hours = serializers.JSONField(required=False)
    treatments = serializers.ListField(
        child=serializers.UUIDField(), max_length=200, required=False, default=list
    )
    google_calendar_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    google_read_calendars = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=20, required=False
    )
    is_active = serializers.BooleanField(required=False)


class ProfessionalChange(serializers.Serializer[Any]):
    version = VersionField()
    user_id = serializers.UUIDField(required=False, allow_null=True)
    title = serializers.CharField(max_length=20, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=80, required=False)
    last_name = serializers.CharField(max_length=80, required=False)
    specialty = serializers.CharField(max_length=80, required=False, allow_blank=True)
    registration_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    working_hours = serializers.JSONField(required=False)
    treatments = serializers.ListField(
        child=serializers.UUIDField(), max_length=200, required=False
    )
    google_calendar_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    google_read_calendars = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=20, required=False
    )
    is_active = serializers.BooleanField(required=False)


def find_professional(row_id: UUID) -> Professional:
    row = Professional.objects.filter(pk=row_id).prefetch_related("offered_treatments").first()
    if row is None:
        raise NotFound
    return row


class ProfessionalsView(ResourceView):
    resource = Resource.PROFESSIONALS

    @extend_schema(
        parameters=[ActiveFilter, *list_parameters()],
        responses=page_schema(ProfessionalSerializer),
        tags=["professionals"],
        operation_id="list_professionals",
    )
    def get(self, request: Request) -> Response:
        """List the professionals by name."""
        rows = only_active(
            Professional.objects.prefetch_related("offered_treatments"),
            self.read_query(ActiveFilter),
        )
        return Page(rows, request, order="name_key").answer(ProfessionalSerializer)

    @extend_schema(
        request=NewProfessional,
        responses={201: ProfessionalSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["professionals"],
        operation_id="add_professional",
    )
    def post(self, request: Request) -> Response:
        """Add a professional."""
        values = self.read_body(NewProfessional)
        row = self.run_once(
            "professionals", lambda: catalog.add_professional(**values), find_professional
        )
        return Response(render(ProfessionalSerializer, row), status=status.HTTP_201_CREATED)


class ProfessionalView(ResourceView):
    resource = Resource.PROFESSIONALS

    @extend_schema(
        responses=ProfessionalSerializer, tags=["professionals"], operation_id="get_professional"
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a professional."""
        return Response(render(ProfessionalSerializer, find_professional(row_id)))

    @extend_schema(
        request=ProfessionalChange,
        responses=ProfessionalSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["professionals"],
        operation_id="change_professional",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Change a professional; professionals change their own working hours alone."""
        values = self.read_body(ProfessionalChange)
        own_only = self.caller.user_id if self.only_own else None
        row = self.run_once(
            f"professionals/{row_id}",
            lambda: catalog.change_professional(
                professional_id=row_id, own_only=own_only, **values
            ),
            find_professional,
        )
        return Response(render(ProfessionalSerializer, row))
