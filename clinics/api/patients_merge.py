"""Duplicates: what may be one person, and making it one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.api.patients import PatientSerializer
from clinics.models import Patient
from clinics.services import duplicates, finding, merging
from clinics.tenancy.permissions import Can, Resource

REASONS = ("dni", "phone", "name", "birth_date")


class DuplicateSerializer(serializers.Serializer[Any]):
    patient = PatientSerializer(source="*")
    other = PatientSerializer(source="possible_duplicate_of")
    reasons = serializers.SerializerMethodField(help_text="Lo que tienen en común.")

    def get_reasons(self, row: Patient) -> list[str]:
        other = row.possible_duplicate_of
        return [] if other is None else duplicates.reasons(row, other)


class MergeRequest(serializers.Serializer[Any]):
    into = serializers.UUIDField(help_text="La ficha que queda.")
    version = VersionField(help_text="De la ficha que se une.")
    into_version = VersionField(help_text="De la ficha que queda.")


class PutAside(serializers.Serializer[Any]):
    version = VersionField()


class DuplicatesView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(DuplicateSerializer),
        tags=["patients"],
        operation_id="list_duplicates",
    )
    def get(self, request: Request) -> Response:
        """List the patients who may be entered twice, by name, each beside the other one."""
        rows = duplicates.possible_duplicates()
        return Page(rows, request, order="name_key").answer(DuplicateSerializer)


class MergeView(ResourceView):
    resource = Resource.PATIENTS
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=MergeRequest,
        responses=PatientSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="merge_patient",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Merge the patient into another one, and show that one."""
        values = self.read_body(MergeRequest)
        row = self.run_once(
            f"patients/{row_id}/merge",
            lambda: merging.merge_patients(
                patient_id=row_id,
                into_id=values["into"],
                version=values["version"],
                into_version=values["into_version"],
                actor=self.actor,
            ),
            finding.find_patient,
        )
        return Response(render(PatientSerializer, row))


class PutAsideView(ResourceView):
    resource = Resource.PATIENTS
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=PutAside,
        responses=PatientSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="put_duplicate_aside",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Note that the patient is not the one they were taken for."""
        version = self.read_body(PutAside)["version"]
        row = self.run_once(
            f"patients/{row_id}/not-duplicate",
            lambda: duplicates.put_aside(patient_id=row_id, version=version),
            finding.find_patient,
        )
        return Response(render(PatientSerializer, row))
