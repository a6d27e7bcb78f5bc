"""Who has to be moved, and telling them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import AppointmentSerializer
from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import MoveCause, MoveRequest
from clinics.services import moves
from clinics.tenancy.permissions import Can, Resource

STATES = ("open", "moved", "cancelled", "kept")
MOST_AT_ONCE = 500


class MoveRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    appointment = AppointmentSerializer()
    cause = serializers.ChoiceField(MoveCause.choices)
    cause_id = serializers.UUIDField()
    created_at = MomentField()
    told_at = MomentField(allow_null=True, help_text="Cuándo se le avisó al paciente.")
    state = serializers.SerializerMethodField()
    settled_at = MomentField(allow_null=True)

    def get_state(self, row: MoveRequest) -> str:
        return row.settled or "open"


class MoveFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(STATES, required=False, default="open")
    cause = serializers.ChoiceField(MoveCause.choices, required=False)
    cause_id = serializers.UUIDField(required=False)
    told = serializers.BooleanField(required=False, allow_null=True, default=None)


class Telling(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_AT_ONCE
    )
    cause_id = serializers.UUIDField(required=False, help_text="Los de esa causa.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("ids") and "cause_id" not in attrs:
            raise serializers.ValidationError({"ids": ["Hacen falta los pedidos o su causa."]})
        return attrs


class ToldSerializer(serializers.Serializer[Any]):
    queued = serializers.ListField(
        child=serializers.UUIDField(), help_text="Pedidos cuyo aviso sale ahora."
    )
    without_channel = serializers.ListField(
        child=serializers.UUIDField(), help_text="Pedidos de quienes nunca nos escribieron."
    )


def move_rows(view: ResourceView) -> QuerySet[MoveRequest]:
    """Return the requests that the caller may see."""
    rows = MoveRequest.objects.select_related(
        "appointment__professional", "appointment__patient", "appointment__treatment"
    )
    if view.only_own:
        own = view.own_professional_id()
        rows = rows.none() if own is None else rows.filter(appointment__professional_id=own)
    return rows


class MoveRequestsView(ResourceView):
    resource = Resource.MOVES

    @extend_schema(
        parameters=[MoveFilter, *list_parameters()],
        responses=page_schema(MoveRequestSerializer),
        tags=["reception"],
        operation_id="list_move_requests",
    )
    def get(self, request: Request) -> Response:
        """List the appointments that can't be kept; professionals see their own."""
        query = self.read_query(MoveFilter)
        state = query["state"]
        rows = move_rows(self).filter(settled="" if state == "open" else state)
        for name in ("cause", "cause_id"):
            if name in query:
                rows = rows.filter(**{name: query[name]})
        if query["told"] is not None:
            rows = rows.filter(told_at__isnull=not query["told"])
        return Page(rows, request, order="created_at").answer(MoveRequestSerializer)


class TellView(ResourceView):
    resource = Resource.MOVES
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=Telling,
        responses=ToldSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["reception"],
        operation_id="tell_moved_patients",
    )
    def post(self, request: Request) -> Response:
        """Write to the patients that their time can't be kept. Asked twice, each is told once."""
        values = self.read_body(Telling)
        named = {"ids": values.get("ids"), "cause_id": values.get("cause_id")}
        asked: list[MoveRequest] | None = None

        def ask() -> None:
            nonlocal asked
            asked = moves.ask_to_tell(**named)

        self.do_once("move-requests/tell", ask)
        if asked is None:
            asked = list(moves.named_requests(**named))
        known = moves.reachable(one.appointment.patient_id for one in asked)
        return Response(
            {
                "queued": [one.pk for one in asked if one.appointment.patient_id in known],
                "without_channel": [
                    one.pk for one in asked if one.appointment.patient_id not in known
                ],
            }
        )


class ToldView(ResourceView):
    resource = Resource.MOVES
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=None,
        responses=MoveRequestSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["reception"],
        operation_id="mark_patient_told",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Note that somebody told the patient, by telephone or at the desk."""
        row = self.run_once(
            f"move-requests/{row_id}/told",
            lambda: moves.mark_told(request_id=row_id),
            moves.find_request,
        )
        return Response(render(MoveRequestSerializer, row))
