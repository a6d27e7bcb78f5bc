"""What persons ask about their data, with the law's terms; and the log of incidents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import PersonRef
from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import PrivacyRequest, PrivacyRequestKind
from clinics.services import breaches, privacy_requests
from clinics.services.finding import find_patient
from clinics.tenancy.permissions import Can, Resource

_NOTE: dict[str, Any] = {
    "max_length": 300,
    "required": False,
    "allow_blank": True,
    "default": "",
}
_MOMENT: dict[str, Any] = {"required": False, "allow_null": True, "default": None}


class PrivacyRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = PersonRef()
    kind = serializers.ChoiceField(PrivacyRequestKind.choices)
    kind_label = serializers.CharField(source="get_kind_display")
    asked_at = MomentField()
    due_on = serializers.DateField(help_text="El último día que da la ley 25.326.")
    overdue = serializers.SerializerMethodField()
    recorded_by = serializers.UUIDField()
    settled_at = MomentField(allow_null=True)
    settled_by = serializers.UUIDField(allow_null=True)
    outcome = serializers.DictField(
        help_text="Qué se suprimió y qué se conserva, por qué ley; sin datos personales."
    )
    note = serializers.CharField()

    def get_overdue(self, row: PrivacyRequest) -> bool:
        return privacy_requests.is_overdue(row)


class NewPrivacyRequest(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(PrivacyRequestKind.choices)
    note = serializers.CharField(**_NOTE)


class Settlement(serializers.Serializer[Any]):
    note = serializers.CharField(**_NOTE)


class PrivacyRequestFilter(serializers.Serializer[Any]):
    settled = serializers.BooleanField(required=False, allow_null=True, default=None)


class PatientPrivacyRequestsView(ResourceView):
    resource = Resource.PRIVACY

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(PrivacyRequestSerializer),
        tags=["privacy"],
        operation_id="list_patient_privacy_requests",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List what the person asked about their data, the latest first."""
        rows = privacy_requests.requests_of(find_patient(row_id))
        return Page(rows, request, order="-asked_at").answer(PrivacyRequestSerializer)

    @extend_schema(
        request=NewPrivacyRequest,
        responses={201: PrivacyRequestSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="open_privacy_request",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Write down what a person asks; the answer says by when it is due."""
        values = self.read_body(NewPrivacyRequest)
        row = self.run_once(
            f"patients/{row_id}/privacy-requests",
            lambda: privacy_requests.open_request(
                patient_id=row_id, recorded_by=self.caller.user_id, **values
            ),
            privacy_requests.find_request,
        )
        return Response(render(PrivacyRequestSerializer, row), status=status.HTTP_201_CREATED)


class PrivacyRequestsView(ResourceView):
    resource = Resource.PRIVACY

    @extend_schema(
        parameters=[PrivacyRequestFilter, *list_parameters()],
        responses=page_schema(PrivacyRequestSerializer),
        tags=["privacy"],
        operation_id="list_privacy_requests",
    )
    def get(self, request: Request) -> Response:
        """List the clinic's requests, what is due first at the top."""
        rows = privacy_requests.request_rows(**self.read_query(PrivacyRequestFilter))
        return Page(rows, request, order="due_on").answer(PrivacyRequestSerializer)


class SettleView(ResourceView):
    resource = Resource.PRIVACY
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=Settlement,
        responses=PrivacyRequestSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="settle_privacy_request",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Close a request. One for erasure is carried out: there is no way back.

        409 `erasure-blocked` while appointments lie ahead or a plan is not paid.
        """
        values = self.read_body(Settlement)
        row = self.run_once(
            f"privacy-requests/{row_id}/settle",
            lambda: privacy_requests.settle_request(
                request_id=row_id, settled_by=self.caller.user_id, **values
            ),
            privacy_requests.find_request,
        )
        return Response(render(PrivacyRequestSerializer, row))


class BreachSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    found_at = MomentField()
    happened_at = MomentField(allow_null=True)
    description = serializers.CharField()
    affected = serializers.CharField()
    measures = serializers.CharField()
    authority_told_at = MomentField(allow_null=True)
    people_told_at = MomentField(allow_null=True)
    follows = serializers.UUIDField(source="follows_id", allow_null=True)
    recorded_by = serializers.UUIDField()
    recorded_at = MomentField()


class NewBreach(serializers.Serializer[Any]):
    found_at = MomentField()
    happened_at = MomentField(**_MOMENT)
    description = serializers.CharField(max_length=10_000)
    affected = serializers.CharField(max_length=300, help_text="Qué datos y de cuántas personas.")
    measures = serializers.CharField(
        max_length=10_000, required=False, allow_blank=True, default=""
    )
    authority_told_at = MomentField(**_MOMENT)
    people_told_at = MomentField(**_MOMENT)
    follows = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="El incidente que continúa."
    )


class BreachesView(ResourceView):
    resource = Resource.BREACHES

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(BreachSerializer),
        tags=["privacy"],
        operation_id="list_breaches",
    )
    def get(self, request: Request) -> Response:
        """List security incidents, the latest first."""
        return Page(breaches.breach_rows(), request, order="-found_at").answer(BreachSerializer)

    @extend_schema(
        request=NewBreach,
        responses={201: BreachSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="record_breach",
    )
    def post(self, request: Request) -> Response:
        """Write an incident down; it is never changed, a later entry `follows` it."""
        values = self.read_body(NewBreach)
        row = self.run_once(
            "breaches",
            lambda: breaches.record_breach(recorded_by=self.caller.user_id, **values),
            breaches.find_breach,
        )
        return Response(render(BreachSerializer, row), status=status.HTTP_201_CREATED)
