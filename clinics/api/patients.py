"""Patients: found by name, DNI or telephone, entered and corrected by the staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import AppointmentSerializer, appointment_rows
from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import DayField, MomentField, VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import FactField, FactSource, PatientFact, PatientStatus
from clinics.services import finding, patients
from clinics.tenancy.permissions import Resource

_OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}


class PatientSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    name = serializers.CharField(source="display_name")
    document_type = serializers.CharField()
    dni = serializers.CharField(allow_null=True)
    birth_date = serializers.DateField(allow_null=True)
    insurance = serializers.CharField()
    insurer_id = serializers.UUIDField(allow_null=True)
    insurance_plan = serializers.CharField()
    member_number = serializers.CharField()
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField()
    status = serializers.ChoiceField(PatientStatus.choices)
    possible_duplicate_of = serializers.UUIDField(
        source="possible_duplicate_of_id", allow_null=True
    )
    merged_into = serializers.UUIDField(source="merged_into_id", allow_null=True)
    version = serializers.IntegerField()
    created_at = MomentField()


class _PatientData(serializers.Serializer[Any]):
    document_type = serializers.CharField(max_length=10, required=False)
    dni = serializers.CharField(max_length=20, allow_null=True, **_OPTIONAL)
    birth_date = DayField(required=False, allow_null=True)
    insurance = serializers.CharField(max_length=80, **_OPTIONAL)
    insurance_plan = serializers.CharField(max_length=80, **_OPTIONAL)
    member_number = serializers.CharField(max_length=40, **_OPTIONAL)
    phone = serializers.CharField(max_length=30, allow_null=True, **_OPTIONAL)
    email = serializers.EmailField(max_length=254, **_OPTIONAL)


class NewPatient(_PatientData):
    first_name = serializers.CharField(max_length=80)
    last_name = serializers.CharField(max_length=80)


class PatientChange(_PatientData):
    version = VersionField()
    first_name = serializers.CharField(max_length=80, required=False)
    last_name = serializers.CharField(max_length=80, required=False)


class FactSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    field = serializers.ChoiceField(FactField.choices)
    value = serializers.CharField()
    source = serializers.ChoiceField(FactSource.choices)  # type: ignore[assignment]
    quoted_text = serializers.CharField()
    recorded_by = serializers.UUIDField(allow_null=True)
    created_at = MomentField()
    superseded_at = MomentField(allow_null=True)


class PatientSearch(serializers.Serializer[Any]):
    q = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Nombre, DNI o teléfono."
    )
    status = serializers.ChoiceField(PatientStatus.choices, required=False)
    merged = serializers.BooleanField(
        required=False, default=False, help_text="También las fichas que se unieron a otras."
    )


class PatientsView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=[PatientSearch, *list_parameters()],
        responses=page_schema(PatientSerializer),
        tags=["patients"],
        operation_id="list_patients",
    )
    def get(self, request: Request) -> Response:
        """Search patients by any part of a name, DNI or telephone; all by name without a search."""
        query = self.read_query(PatientSearch)
        search = finding.search_patients(query.get("q", ""), merged=query["merged"])
        first, *then = [
            rows.filter(status=query["status"]) if "status" in query else rows
            for rows in search.lists
        ]
        page = Page(first, request, order="name_key", then=then, sort=not search.scattered)
        return page.answer(PatientSerializer)

    @extend_schema(
        request=NewPatient,
        responses={201: PatientSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="add_patient",
    )
    def post(self, request: Request) -> Response:
        """Enter a person; with name, DNI, insurance and telephone they are a patient."""
        values = self.read_body(NewPatient)
        row = self.run_once(
            "patients",
            lambda: patients.add_patient(recorded_by=self.caller.user_id, **values),
            finding.find_patient,
        )
        return Response(render(PatientSerializer, row), status=status.HTTP_201_CREATED)


class PatientView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(responses=PatientSerializer, tags=["patients"], operation_id="get_patient")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a patient; by the id of a row that was merged, whom it was merged into."""
        return Response(render(PatientSerializer, finding.find_patient(row_id)))

    @extend_schema(
        request=PatientChange,
        responses=PatientSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="change_patient",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Correct a patient's data."""
        values = self.read_body(PatientChange)
        row = self.run_once(
            f"patients/{row_id}",
            lambda: patients.change_patient(
                patient_id=row_id, recorded_by=self.caller.user_id, **values
            ),
            finding.find_patient,
        )
        return Response(render(PatientSerializer, row))


def _person(row_id: UUID) -> list[UUID]:
    return finding.person_ids(finding.find_patient(row_id))


class PatientAppointmentsView(ResourceView):
    resource = Resource.APPOINTMENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(AppointmentSerializer),
        tags=["patients"],
        operation_id="list_patient_appointments",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List the patient's appointments, the latest first; professionals see their own."""
        rows = appointment_rows(self).filter(patient__in=_person(row_id))
        return Page(rows, request, order="-starts_at").answer(AppointmentSerializer)


class PatientFactsView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(FactSerializer),
        tags=["patients"],
        operation_id="list_patient_facts",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List what was said of the patient, with its source, the latest first."""
        rows = PatientFact.objects.filter(patient__in=_person(row_id))
        return Page(rows, request, order="-created_at").answer(FactSerializer)
