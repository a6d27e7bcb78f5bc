"""Movements of money: the secretary and the CEO write them, nobody changes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import DayField, MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import AccountingTransaction, PaymentMethod, TransactionKind
from clinics.services import accounting
from clinics.services.accounting_rules import CENT, LARGEST_AMOUNT
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import NotFound


class AmountField(serializers.DecimalField):
    """Money with two decimals, as text: a float would lose cents."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 11)
        super().__init__(decimal_places=2, **kwargs)


class PriceField(AmountField):
    """An amount of a price list: nothing is a price too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, **kwargs)


class SumField(serializers.DecimalField):
    """A sum of a day or a plan, which may be negative."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **kwargs)


class TransactionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    occurred_on = serializers.DateField()
    recorded_at = MomentField()
    recorded_by = serializers.UUIDField()
    kind = serializers.ChoiceField(TransactionKind.choices)
    method = serializers.ChoiceField(PaymentMethod.choices)
    amount = SumField(help_text="Un contraasiento lleva el importe con signo menos.")
    currency = serializers.CharField()
    description = serializers.CharField()
    patient_id = serializers.UUIDField(allow_null=True)
    patient_name = serializers.SerializerMethodField()
    appointment_id = serializers.UUIDField(allow_null=True)
    plan_id = serializers.UUIDField(allow_null=True)
    insurer_id = serializers.UUIDField(allow_null=True)
    late_reason = serializers.CharField()
    reverses_id = serializers.UUIDField(allow_null=True)
    reversed_by_id = serializers.SerializerMethodField()

    def get_patient_name(self, row: AccountingTransaction) -> str:
        return row.patient.display_name if row.patient else ""

    def get_reversed_by_id(self, row: AccountingTransaction) -> UUID | None:
        # Prefetched for lists; the database allows one.
        return next((one.pk for one in row.reversed_by.all()), None)


class NewTransaction(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(TransactionKind.choices)
    method = serializers.ChoiceField(PaymentMethod.choices)
    amount = AmountField(min_value=CENT, max_value=LARGEST_AMOUNT)
    currency = serializers.RegexField(
        r"^[A-Z]{3}$", required=False, help_text="Solo la de la clínica."
    )
    occurred_on = DayField(required=False, help_text="Hoy, si no se dice otro día.")
    description = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )
    patient = serializers.UUIDField(required=False, allow_null=True)
    appointment = serializers.UUIDField(required=False, allow_null=True)
    plan = serializers.UUIDField(required=False, allow_null=True)
    insurer = serializers.UUIDField(required=False, allow_null=True)
    late_reason = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Reabre la caja de un día ya cerrado.",
    )


class Reversal(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)
    late_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )


class TransactionFilter(serializers.Serializer[Any]):
    day = DayField(required=False)
    kind = serializers.ChoiceField(TransactionKind.choices, required=False)
    method = serializers.ChoiceField(PaymentMethod.choices, required=False)
    patient = serializers.UUIDField(required=False)
    appointment = serializers.UUIDField(required=False)
    plan = serializers.UUIDField(required=False)
    insurer = serializers.UUIDField(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name in Python.
        window = {"from": DayField(required=False), "to": DayField(required=False)}
        return {**window, **super().get_fields()}


CONDITIONS = {
    "day": "occurred_on",
    "from": "occurred_on__gte",
    "to": "occurred_on__lte",
    "kind": "kind",
    "method": "method",
    "patient": "patient_id",
    "appointment": "appointment_id",
    "plan": "plan_id",
    "insurer": "insurer_id",
}
LINKS = ("patient", "appointment", "plan", "insurer")


def transaction_rows() -> QuerySet[AccountingTransaction]:
    return AccountingTransaction.objects.select_related("patient").prefetch_related("reversed_by")


def find_transaction(row_id: UUID) -> AccountingTransaction:
    found = transaction_rows().filter(pk=row_id).first()
    if found is None:
        raise NotFound
    return found


class TransactionsView(ResourceView):
    resource = Resource.TRANSACTIONS

    @extend_schema(
        parameters=[TransactionFilter, *list_parameters()],
        responses=page_schema(TransactionSerializer),
        tags=["money"],
        operation_id="list_transactions",
    )
    def get(self, request: Request) -> Response:
        """List the movements, the latest day first; `from` and `to` are days, both included."""
        query = self.read_query(TransactionFilter)
        rows = transaction_rows().filter(
            **{CONDITIONS[name]: value for name, value in query.items()}
        )
        return Page(rows, request, order="-occurred_on").answer(TransactionSerializer)

    @extend_schema(
        request=NewTransaction,
        responses={201: TransactionSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["money"],
        operation_id="record_transaction",
    )
    def post(self, request: Request) -> Response:
        """Record a movement. A closed day answers 409 `day-closed` without a `late_reason`."""
        values = self.read_body(NewTransaction)
        links = {f"{name}_id": values.pop(name, None) for name in LINKS}
        row = self.run_once(
            "transactions",
            lambda: accounting.record_transaction(actor=self.actor, **values, **links),
            find_transaction,
        )
        return Response(render(TransactionSerializer, row), status=status.HTTP_201_CREATED)


class TransactionView(ResourceView):
    resource = Resource.TRANSACTIONS

    @extend_schema(responses=TransactionSerializer, tags=["money"], operation_id="get_transaction")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a movement."""
        return Response(render(TransactionSerializer, find_transaction(row_id)))


class ReverseView(ResourceView):
    resource = Resource.TRANSACTIONS

    @extend_schema(
        request=Reversal,
        responses={201: TransactionSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["money"],
        operation_id="reverse_transaction",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Reverse a movement by a counter-entry of today, for its whole amount, once."""
        values = self.read_body(Reversal)
        row = self.run_once(
            f"transactions/{row_id}/reverse",
            lambda: accounting.reverse_transaction(
                transaction_id=row_id, actor=self.actor, **values
            ),
            find_transaction,
        )
        return Response(render(TransactionSerializer, row), status=status.HTTP_201_CREATED)
