"""The visits of a plan: its items booked and done."""

from __future__ import annotations

import hashlib
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import CONFLICT, check_place
from clinics.api.base import IDEMPOTENCY_KEY
from clinics.api.plans import PlanView, renamed
from clinics.api.plans_serializers import PlanSerializer, PlanStep, PlanVisitWanted
from clinics.models import Appointment, PlanItem, Professional
from clinics.services import plans_visits
from clinics.services.catalog import get_or_refuse
from clinics.tenancy.permissions import Can
from dentalogic.core.errors import NotFound
from dentalogic.core.idempotency import request_hash


class BookItemView(PlanView):
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=PlanVisitWanted,
        responses={201: PlanSerializer, **CONFLICT},
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="book_plan_item",
    )
    def post(self, request: Request, row_id: UUID, item_id: UUID) -> Response:
        """Book an item of an approved plan, in the order of its visits; answers the plan."""
        values = renamed(self.read_body(PlanVisitWanted), "professional", "chair")
        plan = self.find(row_id)
        self._check_item(row_id, item_id)
        professional_id = values.pop("professional_id", plan.professional_id)
        get_or_refuse(Professional, professional_id)
        check_place(self, professional_id, values["chair_id"])
        self.run_once(
            f"plan-items/{item_id}/book",
            lambda: plans_visits.book_item(
                plan_id=row_id,
                item_id=item_id,
                professional_id=professional_id,
                actor=self.actor,
                request_key=self._request_key(item_id),
                **values,
            ),
            lambda made: get_or_refuse(Appointment, made),
            network=True,
        )
        return self.answer(row_id, made=True)

    def _check_item(self, plan_id: UUID, item_id: UUID) -> None:
        if not PlanItem.objects.filter(plan_id=plan_id, pk=item_id).exists():
            raise NotFound

    def _request_key(self, item_id: UUID) -> str | None:
        """Name the request so that a repeat after a crash finds what the first one booked."""
        key = self.idempotency_key
        if key is None:
            return None
        named = f"{self.caller.user_id} {key} {item_id} {request_hash(self.request.data)}"
        return f"plan:{hashlib.sha256(named.encode()).hexdigest()}"


class ItemDoneView(PlanView):
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=PlanStep,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="complete_plan_item",
    )
    def post(self, request: Request, row_id: UUID, item_id: UUID) -> Response:
        """Note that an item is done; the plan ends with its last one. Answers the plan."""
        values = self.read_body(PlanStep)
        self.find(row_id)
        self.run_once(
            f"plan-items/{item_id}/done",
            lambda: plans_visits.complete_item(plan_id=row_id, item_id=item_id, **values),
            self.find,
        )
        return self.answer(row_id)
