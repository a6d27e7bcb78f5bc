"""The cash of each day, closed and reopened by a person."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import DayField, MomentField
from clinics.api.money import AmountField, SumField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import CashFlowStep, DailyCashFlow
from clinics.services import cash_flow
from clinics.tenancy.permissions import Can, Resource
from dentalogic.core.errors import Invalid

DAY = OpenApiParameter(
    "day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="Un día, como 2026-11-24."
)
# A count of many days' cash; the sums have their own limit.
COUNT_DIGITS = 13


class CashFlowSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    currency = serializers.CharField()
    closed = serializers.SerializerMethodField()
    opening = SumField(help_text="Lo contado el último día cerrado.")
    previous_counted = SumField(
        allow_null=True,
        help_text="Distinto de `opening` si un día anterior se volvió a contar después.",
    )
    cash_income = SumField()
    card_income = SumField()
    transfer_income = SumField()
    insurer_income = SumField()
    expenses = SumField()
    refunds = SumField()
    cash_out = SumField(help_text="Lo que salió del cajón: egresos y devoluciones en efectivo.")
    net = SumField()
    expected_cash = serializers.SerializerMethodField()
    counted_cash = SumField(allow_null=True)
    difference = SumField(allow_null=True, help_text="Contado menos esperado.")
    closed_at = MomentField(allow_null=True)
    closed_by = serializers.UUIDField(allow_null=True)
    reopened_reason = serializers.CharField()
    version = serializers.IntegerField()

    def get_closed(self, row: DailyCashFlow) -> bool:
        return row.closed_at is not None

    def get_expected_cash(self, row: DailyCashFlow) -> str:
        return f"{cash_flow.expected_cash(row):.2f}"


class CashFlowStepSerializer(serializers.Serializer[Any]):
    at = MomentField()
    closed = serializers.BooleanField()
    by = serializers.UUIDField()
    reason = serializers.CharField()
    net = SumField()
    counted_cash = SumField(allow_null=True)
    difference = SumField(allow_null=True)


class CashFlowDetail(CashFlowSerializer):
    steps = CashFlowStepSerializer(many=True, help_text="Cierres y reaperturas, en orden.")


class CloseDay(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="0 para un día sin movimientos."
    )
    counted_cash = AmountField(min_value=0, max_digits=COUNT_DIGITS)
    opening = AmountField(
        min_value=0,
        max_digits=COUNT_DIGITS,
        required=False,
        help_text="Con cuánto abrió el primer día de todos.",
    )


class ReopenDay(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=200)


class CashFlowFilter(serializers.Serializer[Any]):
    closed = serializers.BooleanField(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name in Python.
        window = {"from": DayField(required=False), "to": DayField(required=False)}
        return {**window, **super().get_fields()}


def read_path(text: str) -> date:
    """Return the day that a path names."""
    field = DayField()
    try:
        return field.run_validation(text)  # type: ignore[no-any-return]
    except serializers.ValidationError:
        raise Invalid({"day": ["Una fecha como 2026-11-24."]}) from None


def show(day: date) -> dict[str, Any]:
    row = cash_flow.read_day(day=day)
    steps = CashFlowStep.objects.filter(cash_flow_id=row.pk).order_by("at", "id")
    shown = render(CashFlowSerializer, row)
    return shown | {"steps": [render(CashFlowStepSerializer, one) for one in steps]}


class CashFlowsView(ResourceView):
    resource = Resource.CASH_FLOW

    @extend_schema(
        parameters=[CashFlowFilter, *list_parameters()],
        responses=page_schema(CashFlowSerializer),
        tags=["money"],
        operation_id="list_cash_flow",
    )
    def get(self, request: Request) -> Response:
        """List the days that had movements or were closed, the latest first."""
        query = self.read_query(CashFlowFilter)
        rows = cash_flow.day_rows()
        if "from" in query:
            rows = rows.filter(day__gte=query["from"])
        if "to" in query:
            rows = rows.filter(day__lte=query["to"])
        if query["closed"] is not None:
            rows = rows.filter(closed_at__isnull=not query["closed"])
        return Page(rows, request, order="-day").answer(CashFlowSerializer)


class CashFlowView(ResourceView):
    resource = Resource.CASH_FLOW

    @extend_schema(
        parameters=[DAY], responses=CashFlowDetail, tags=["money"], operation_id="get_cash_flow"
    )
    def get(self, request: Request, day: str) -> Response:
        """Show a day with its closings and reopenings; one without movements is all zeros."""
        return Response(show(read_path(day)))


class CloseView(ResourceView):
    resource = Resource.CASH_FLOW
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=CloseDay,
        responses=CashFlowDetail,
        parameters=[DAY, IDEMPOTENCY_KEY],
        tags=["money"],
        operation_id="close_cash_flow",
    )
    def post(self, request: Request, day: str) -> Response:
        """Close a day with the cash that was counted. Days are closed in order."""
        on, values = read_path(day), self.read_body(CloseDay)
        self.run_once(
            f"cash-flow/{on}/close",
            lambda: cash_flow.close_day(day=on, actor=self.actor, **values),
            lambda row_id: DailyCashFlow.objects.get(pk=row_id),
        )
        return Response(show(on))


class ReopenView(ResourceView):
    resource = Resource.CASH_FLOW
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=ReopenDay,
        responses=CashFlowDetail,
        parameters=[DAY, IDEMPOTENCY_KEY],
        tags=["money"],
        operation_id="reopen_cash_flow",
    )
    def post(self, request: Request, day: str) -> Response:
        """Open a closed day again, with a reason that stays in its history."""
        on, values = read_path(day), self.read_body(ReopenDay)
        self.run_once(
            f"cash-flow/{on}/reopen",
            lambda: cash_flow.reopen_day(day=on, actor=self.actor, **values),
            lambda row_id: DailyCashFlow.objects.get(pk=row_id),
        )
        return Response(show(on))
