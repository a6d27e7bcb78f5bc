"""The gatekeeper: who asked to join, who is in, who was shut out. For the clinic's CEO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.tenancy import gatekeeper
from clinics.tenancy.models import Membership, MembershipStatus, Role
from clinics.tenancy.permissions import Can, Resource
from clinics.tenancy.views import ClinicAPIView
from dentalogic.core.idempotency import once


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    role = serializers.ChoiceField(Role.choices)
    status = serializers.ChoiceField(MembershipStatus.choices)
    specialty = serializers.CharField()
    registration_number = serializers.CharField()
    requested_at = MomentField()
    activated_at = MomentField(allow_null=True)
    suspended_at = MomentField(allow_null=True)


class StaffFilter(serializers.Serializer[Any]):
    status = serializers.ChoiceField(MembershipStatus.choices, required=False)


class StaffView(ClinicAPIView):
    resource = Resource.STAFF

    @extend_schema(
        parameters=[StaffFilter, *list_parameters()],
        responses=page_schema(MemberSerializer),
        tags=["staff"],
        operation_id="list_staff",
    )
    def get(self, request: Request) -> Response:
        """List the members of the clinic, the newest request first."""
        form = StaffFilter(data=request.query_params)
        form.is_valid(raise_exception=True)
        rows: QuerySet[Membership] = Membership.objects.select_related("user").filter(
            clinic_id=self.caller.scope.tenant_id, **form.validated_data
        )
        return Page(rows, request, order="-requested_at").answer(MemberSerializer)


class DecisionView(ClinicAPIView):
    """One decision of a CEO about one member. The same request twice is one decision."""

    resource = Resource.STAFF
    actions = {"POST": Can.CHANGE}

    def decide(self, what: str, decision: Callable[..., Membership], member_id: UUID) -> Response:
        clinic_id, by = self.caller.scope.tenant_id, self.caller.user_id
        once(
            user_id=by,
            route=f"staff.{what} {member_id}",
            key=self.request.headers.get("Idempotency-Key"),
            body=self.request.data,
            work=lambda: decision(clinic_id=clinic_id, membership_id=member_id, by=by).pk,
        )
        # As it is now: a decision that is repeated may have been overtaken by another one.
        membership = Membership.objects.select_related("user").get(
            pk=member_id, clinic_id=clinic_id
        )
        return Response(MemberSerializer(membership).data)


class ActivateView(DecisionView):
    @extend_schema(
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses=MemberSerializer,
        tags=["staff"],
        operation_id="activate_member",
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        """Let a member in."""
        return self.decide("activate", gatekeeper.activate, member_id)


class SuspendView(DecisionView):
    @extend_schema(
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses=MemberSerializer,
        tags=["staff"],
        operation_id="suspend_member",
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        """Shut a member out: their tokens, sessions and sockets end."""
        return self.decide("suspend", gatekeeper.suspend, member_id)
