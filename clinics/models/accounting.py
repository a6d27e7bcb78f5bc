"""Money: immutable transactions and the cash of each day. Amounts are decimals with a currency."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from clinics.models.agenda import Appointment
from clinics.models.catalog import Insurer
from clinics.models.people import Patient
from clinics.models.plans import TreatmentPlan
from dentalogic.core.clock import now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel

ZERO = Decimal("0.00")


class TransactionKind(models.TextChoices):
    INCOME = "income", "Ingreso"
    EXPENSE = "expense", "Egreso"
    INSURANCE_CLAIM = "insurance_claim", "Reclamo a obra social"
    REFUND = "refund", "Devolución"


class PaymentMethod(models.TextChoices):
    CASH = "cash", "Efectivo"
    CARD = "card", "Tarjeta"
    TRANSFER = "transfer", "Transferencia"
    INSURER = "insurer", "Obra social"


class AccountingTransaction(TenantModel):
    """One movement. Never changed: a mistake is reversed by a counter-entry (`reverses`)."""

    occurred_on = models.DateField()
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.UUIDField()
    kind = models.CharField(max_length=16, choices=TransactionKind)
    method = models.CharField(max_length=10, choices=PaymentMethod)
    # Positive; a counter-entry carries the negative of what it reverses.
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=200, blank=True, default="")
    patient = TenantForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    appointment = TenantForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    plan = TenantForeignKey(
        TreatmentPlan, models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    insurer = TenantForeignKey(
        Insurer, models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    # Why it was entered after its day had been closed; the day reopens with it.
    late_reason = models.CharField(max_length=200, blank=True, default="")
    reverses = TenantForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    class Meta(TenantModel.Meta):
        db_table = "accounting_transactions"
        constraints = [
            models.CheckConstraint(
                name="transaction_kind_known", condition=Q(kind__in=TransactionKind.values)
            ),
            models.CheckConstraint(
                name="transaction_method_known", condition=Q(method__in=PaymentMethod.values)
            ),
            models.CheckConstraint(
                name="transaction_sign_matches",
                condition=Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                name="transaction_reversed_once",
                condition=Q(reverses__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["occurred_on", "id"], name="transaction_by_day"),
            models.Index(fields=["patient", "occurred_on"], name="transaction_of_patient"),
            models.Index(fields=["plan"], name="transaction_of_plan", condition=~Q(plan=None)),
        ]


class DailyCashFlow(TenantModel):
    """The cash of one day, computed from its transactions and closed by a person."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    opening = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    cash_income = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    card_income = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    transfer_income = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    insurer_income = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    expenses = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    refunds = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    # The part of expenses and refunds that left the drawer.
    cash_out = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    net = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    counted_cash = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    difference = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.UUIDField(null=True, blank=True)
    reopened_reason = models.CharField(max_length=200, blank=True, default="")
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        db_table = "daily_cash_flow"
        constraints = [
            models.UniqueConstraint(fields=["day", "currency"], name="cash_flow_one_per_day"),
            models.CheckConstraint(
                name="cash_flow_closed_whole",
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False, counted_cash__isnull=False),
            ),
        ]


class CashFlowStep(TenantModel):
    """One closing or reopening of a day, with its figures at that moment. Never changed."""

    cash_flow = TenantForeignKey(DailyCashFlow, models.PROTECT, related_name="steps")
    closed = models.BooleanField()
    at = models.DateTimeField(default=now)
    by = models.UUIDField()
    reason = models.CharField(max_length=200, blank=True, default="")
    net = models.DecimalField(max_digits=14, decimal_places=2)
    counted_cash = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    difference = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "cash_flow_steps"
        constraints = [
            models.CheckConstraint(
                name="cash_flow_step_says_why", condition=Q(closed=True) | ~Q(reason="")
            )
        ]
        indexes = [models.Index(fields=["cash_flow", "at"], name="cash_flow_history")]
