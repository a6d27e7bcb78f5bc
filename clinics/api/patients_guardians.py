"""Who may speak for a patient, and for whom a patient may speak."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Guardian, PatientStatus
from clinics.services import finding, guardians
from clinics.tenancy.permissions import Resource


class GuardedPersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    birth_date = serializers.DateField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(PatientStatus.choices)


class GuardianSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    relation = serializers.CharField()
    guardian = GuardedPersonSerializer()
    dependant = GuardedPersonSerializer()
    created_at = MomentField()


class NewGuardian(serializers.Serializer[Any]):
    guardian = serializers.UUIDField()
    relation = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="Madre, tutor, ..."
    )


class NewDependant(serializers.Serializer[Any]):
    dependant = serializers.UUIDField()
    relation = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="Hija, abuelo, ..."
    )


class GuardiansView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(GuardianSerializer),
        tags=["patients"],
        operation_id="list_guardians",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List who may speak for the patient, in the order in which they were named."""
        rows = Guardian.objects.filter(dependant=finding.find_patient(row_id))
        rows = rows.select_related("guardian", "dependant")
        return Page(rows, request, order="created_at").answer(GuardianSerializer)

    @extend_schema(
        request=NewGuardian,
        responses={201: GuardianSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="add_guardian",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Let somebody speak for the patient; again, the relation is changed."""
        values = self.read_body(NewGuardian)
        link = self.run_once(
            f"patients/{row_id}/guardians",
            lambda: guardians.add_guardian(
                dependant_id=row_id, guardian_id=values["guardian"], relation=values["relation"]
            ),
            guardians.find_link,
        )
        return Response(render(GuardianSerializer, link), status=status.HTTP_201_CREATED)


class GuardianView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        responses={204: None},
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="remove_guardian",
    )
    def delete(self, request: Request, row_id: UUID, other_id: UUID) -> Response:
        """End that somebody speaks for the patient."""
        self.do_once(
            f"patients/{row_id}/guardians/{other_id}/remove",
            lambda: guardians.remove_guardian(dependant_id=row_id, guardian_id=other_id),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class DependantsView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(GuardianSerializer),
        tags=["patients"],
        operation_id="list_dependants",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List for whom the patient may speak, in the order in which they were named."""
        rows = Guardian.objects.filter(guardian=finding.find_patient(row_id))
        rows = rows.select_related("guardian", "dependant")
        return Page(rows, request, order="created_at").answer(GuardianSerializer)

    @extend_schema(
        request=NewDependant,
        responses={201: GuardianSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="add_dependant",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Let the patient speak for somebody; again, the relation is changed."""
        values = self.read_body(NewDependant)
        link = self.run_once(
            f"patients/{row_id}/dependants",
            lambda: guardians.add_guardian(
                dependant_id=values["dependant"], guardian_id=row_id, relation=values["relation"]
            ),
            guardians.find_link,
        )
        return Response(render(GuardianSerializer, link), status=status.HTTP_201_CREATED)


class DependantView(ResourceView):
    resource = Resource.PATIENTS

    @extend_schema(
        responses={204: None},
        parameters=[IDEMPOTENCY_KEY],
        tags=["patients"],
        operation_id="remove_dependant",
    )
    def delete(self, request: Request, row_id: UUID, other_id: UUID) -> Response:
        """End that the patient speaks for somebody."""
        self.do_once(
            f"patients/{row_id}/dependants/{other_id}/remove",
            lambda: guardians.remove_guardian(dependant_id=other_id, guardian_id=row_id),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
