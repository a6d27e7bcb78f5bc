"""Treatment plans: drawn up, proposed and decided. Professionals see and draw up their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.api.plans_serializers import (
    NewPlan,
    NewPlanItem,
    PlanCancellation,
    PlanChange,
    PlanDecision,
    PlanFilter,
    PlanItemChange,
    PlanRejection,
    PlanSerializer,
    PlanStep,
)
from clinics.models import PlanItem, Professional, TreatmentPlan
from clinics.services import plans, plans_deciding
from clinics.services.catalog import get_or_refuse
from clinics.services.plans_balance import balances
from clinics.tenancy.permissions import Can, Resource, allowed
from dentalogic.core.errors import NotAllowed, NotFound


class PlanView(ResourceView):
    """What the views of plans share."""

    resource = Resource.PLANS

    def rows(self) -> QuerySet[TreatmentPlan]:
        """Return the plans that the caller may see, with their items."""
        items = PlanItem.objects.select_related("treatment", "appointment").order_by("position")
        found = TreatmentPlan.objects.select_related("patient", "professional").prefetch_related(
            Prefetch("items", queryset=items)
        )
        if self.only_own:
            own = self.own_professional_id()
            found = found.none() if own is None else found.filter(professional_id=own)
        return found

    def find(self, plan_id: UUID) -> TreatmentPlan:
        plan = self.rows().filter(pk=plan_id).first()
        if plan is None:
            raise NotFound
        return plan

    def with_money(self, rows: list[TreatmentPlan]) -> None:
        """Add what was paid, for who may see the clinic's movements."""
        shown = allowed(self.caller.role, Resource.TRANSACTIONS, Can.READ)
        sums = balances(rows) if shown else {}
        for one in rows:
            one.money = sums.get(one.pk)  # type: ignore[attr-defined]

    def answer(self, plan_id: UUID, *, made: bool = False) -> Response:
        plan = self.find(plan_id)
        self.with_money([plan])
        code = status.HTTP_201_CREATED if made else status.HTTP_200_OK
        return Response(render(PlanSerializer, plan), status=code)

    def check_professional(self, professional_id: UUID | None) -> None:
        """Refuse colleagues' plans to who has just their own."""
        if professional_id is None:
            return
        if self.only_own and professional_id != self.own_professional_id():
            get_or_refuse(Professional, professional_id)
            raise NotAllowed("Solo podés armar planes propios.")


def renamed(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Call ids what services call them."""
    return {f"{name}_id" if name in names else name: value for name, value in values.items()}


class PlansView(PlanView):
    @extend_schema(
        parameters=[PlanFilter, *list_parameters()],
        responses=page_schema(PlanSerializer),
        tags=["plans"],
        operation_id="list_plans",
    )
    def get(self, request: Request) -> Response:
        """List plans with their items, the latest first."""
        query = renamed(self.read_query(PlanFilter), "patient", "professional")
        page = Page(self.rows().filter(**query), request, order="-created_at")
        self.with_money(page.rows)
        return page.answer(PlanSerializer)

    @extend_schema(
        request=NewPlan,
        responses={201: PlanSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="draft_plan",
    )
    def post(self, request: Request) -> Response:
        """Draw a plan up, with its items or without."""
        values = renamed(self.read_body(NewPlan), "patient", "professional")
        self.check_professional(values["professional_id"])
        values["items"] = [renamed(one, "treatment") for one in values["items"]]
        row = self.run_once(
            "plans", lambda: plans.draft_plan(actor=self.actor, **values), self.find
        )
        return self.answer(row.pk, made=True)


class OnePlanView(PlanView):
    @extend_schema(responses=PlanSerializer, tags=["plans"], operation_id="get_plan")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a plan with its items, what was paid and what is owed."""
        return self.answer(row_id)

    @extend_schema(
        request=PlanChange,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="change_plan",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Change a draft."""
        values = renamed(self.read_body(PlanChange), "professional")
        self.find(row_id)
        self.check_professional(values.get("professional_id"))
        self.do_once(f"plans/{row_id}", lambda: plans.change_plan(plan_id=row_id, **values))
        return self.answer(row_id)


class PlanItemsView(PlanView):
    # An item more is a change of the plan.
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=NewPlanItem,
        responses={201: PlanSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="add_plan_item",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Add an item to a draft; answers the plan."""
        values = renamed(self.read_body(NewPlanItem), "treatment")
        self.find(row_id)
        self.run_once(
            f"plans/{row_id}/items",
            lambda: plans.add_item(plan_id=row_id, **values),
            lambda made: get_or_refuse(PlanItem, made),
        )
        return self.answer(row_id, made=True)


class PlanItemView(PlanView):
    @extend_schema(
        request=PlanItemChange,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="change_plan_item",
    )
    def patch(self, request: Request, row_id: UUID, item_id: UUID) -> Response:
        """Change an item of a draft; answers the plan."""
        values = renamed(self.read_body(PlanItemChange), "treatment")
        self.find(row_id)
        self.do_once(
            f"plans/{row_id}/items/{item_id}",
            lambda: plans.change_item(plan_id=row_id, item_id=item_id, **values),
        )
        return self.answer(row_id)

    @extend_schema(
        parameters=[OpenApiParameter("version", int, required=True), IDEMPOTENCY_KEY],
        responses=PlanSerializer,
        tags=["plans"],
        operation_id="remove_plan_item",
    )
    def delete(self, request: Request, row_id: UUID, item_id: UUID) -> Response:
        """Take an item out of a draft; answers the plan."""
        version = self.read_query(_AtVersion)["version"]
        self.find(row_id)
        self.do_once(
            f"plans/{row_id}/items/{item_id}/remove",
            lambda: plans.remove_item(plan_id=row_id, item_id=item_id, version=version),
            version=version,
        )
        return self.answer(row_id)


class _AtVersion(serializers.Serializer[Any]):
    version = VersionField()


class _PlanStepView(PlanView):
    actions = {"POST": Can.CHANGE}
    step: str

    def change(self, row_id: UUID, work: Callable[[], TreatmentPlan]) -> Response:
        self.find(row_id)
        self.run_once(f"plans/{row_id}/{self.step}", work, self.find)
        return self.answer(row_id)


class ProposeView(_PlanStepView):
    step = "propose"

    @extend_schema(
        request=PlanStep,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="propose_plan",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Propose a draft to the patient: its items and prices stand from here on."""
        values = self.read_body(PlanStep)
        return self.change(row_id, lambda: plans_deciding.propose_plan(plan_id=row_id, **values))


class ApproveView(_PlanStepView):
    resource = Resource.PLAN_DECISIONS
    step = "approve"

    @extend_schema(
        request=PlanDecision,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="approve_plan",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Write down that the patient said yes, and how."""
        values = self.read_body(PlanDecision)
        return self.change(
            row_id,
            lambda: plans_deciding.approve_plan(plan_id=row_id, actor=self.actor, **values),
        )


class RejectView(_PlanStepView):
    resource = Resource.PLAN_DECISIONS
    step = "reject"

    @extend_schema(
        request=PlanRejection,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="reject_plan",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Write down that the patient said no."""
        values = self.read_body(PlanRejection)
        return self.change(
            row_id,
            lambda: plans_deciding.reject_plan(plan_id=row_id, actor=self.actor, **values),
        )


class CancelPlanView(_PlanStepView):
    resource = Resource.PLAN_DECISIONS
    step = "cancel"

    @extend_schema(
        request=PlanCancellation,
        responses=PlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["plans"],
        operation_id="cancel_plan",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Give a plan up; what was done of it stays owed."""
        values = self.read_body(PlanCancellation)
        return self.change(
            row_id,
            lambda: plans_deciding.cancel_plan(plan_id=row_id, actor=self.actor, **values),
        )
