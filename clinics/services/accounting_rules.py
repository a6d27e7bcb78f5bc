"""What a movement of money has to be before it is written: amount, day, currency, what it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics.models import (
    Appointment,
    AppointmentStatus,
    Insurer,
    Patient,
    PaymentMethod,
    PlanStatus,
    TransactionKind,
    TreatmentPlan,
)
from clinics.services.catalog import get_or_refuse
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import current_scope
from dentalogic.core.tenant_models import TenantModel

T = TypeVar("T")
Row = TypeVar("Row", bound=TenantModel)
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Far above any bill of a dentist, far below what the sums of a day can hold.
LARGEST_AMOUNT = Decimal("999999999.99")
# What is older is the accountant's books.
OLDEST_DAYS = 366

K, M = TransactionKind, PaymentMethod
# How each kind can be paid. A claim is owed by an insurer until an income by `insurer` pays it.
METHODS: dict[str, tuple[str, ...]] = {
    K.INCOME: (M.CASH, M.CARD, M.TRANSFER, M.INSURER),
    K.EXPENSE: (M.CASH, M.CARD, M.TRANSFER),
    K.REFUND: (M.CASH, M.CARD, M.TRANSFER),
    K.INSURANCE_CLAIM: (M.INSURER,),
}
# In which states of a plan money may name it. What was paid goes back after a cancellation too.
PLAN_STATES: dict[str, tuple[str, ...]] = {
    K.INCOME: (PlanStatus.APPROVED, PlanStatus.DONE),
    K.INSURANCE_CLAIM: (PlanStatus.APPROVED, PlanStatus.DONE),
    K.REFUND: (PlanStatus.APPROVED, PlanStatus.DONE, PlanStatus.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Links:
    """What a movement is about, every row of this clinic."""

    patient: Patient | None
    appointment: Appointment | None
    plan: TreatmentPlan | None
    insurer: Insurer | None


def clinic_today() -> date:
    """Return today's date on the clinic's wall."""
    return clock.now().astimezone(ZoneInfo(current_scope().timezone)).date()


def clinic_currency() -> str:
    """Return the one currency that the clinic works in."""
    clinic = Clinic.objects.only("settings").get(pk=current_scope().tenant_id)
    return clinic.preferences.currency


def checked_currency(given: str | None) -> str:
    """Return the clinic's currency; refuse another one."""
    own = clinic_currency()
    if given not in {None, own}:
        raise Invalid({"currency": [_("La clínica trabaja en %s.") % own]})
    return own


def checked_day(given: date | None) -> date:
    """Return the day of a movement: today unless said, never in the future, not long gone."""
    today = clinic_today()
    if given is None:
        return today
    if given > today:
        raise Invalid({"occurred_on": [_("Ese día todavía no llegó.")]})
    if given < today - timedelta(days=OLDEST_DAYS):
        raise Invalid({"occurred_on": [_("Ese día quedó demasiado atrás.")]})
    return given


def checked_amount(amount: Decimal) -> Decimal:
    """Return a positive amount of whole cents."""
    if not amount.is_finite() or not ZERO < amount <= LARGEST_AMOUNT:
        raise Invalid({"amount": [_("Debe ser mayor que 0 y menor que mil millones.")]})
    if amount != amount.quantize(CENT):
        raise Invalid({"amount": [_("Como mucho dos decimales.")]})
    return amount.quantize(CENT)


def check_method(kind: str, method: str) -> None:
    """Refuse a way of paying that the kind does not have."""
    if kind not in METHODS:
        raise Invalid({"kind": [_("Tipo de movimiento desconocido.")]})
    if method not in METHODS[kind]:
        raise Invalid({"method": [_("Ese tipo de movimiento no se paga así.")]})


def find_links(
    *,
    kind: str,
    method: str,
    currency: str,
    patient_id: UUID | None,
    appointment_id: UUID | None,
    plan_id: UUID | None,
    insurer_id: UUID | None,
) -> Links:
    """Find what a movement names, and whether it belongs together. Locks the plan.

    The patient of the appointment or the plan is filled in. Raises `NotFound`, `Invalid`.
    """
    patient = _row(Patient, patient_id)
    appointment = _found(_appointment(appointment_id), appointment_id)
    insurer = _row(Insurer, insurer_id)
    # Locked: a plan is not cancelled while somebody pays for it.
    plan = _found(
        TreatmentPlan.objects.for_update().select_related("patient").filter(pk=plan_id).first()
        if plan_id
        else None,
        plan_id,
    )
    for named in (plan, appointment):
        if named is None or named.patient is None:
            continue
        patient = patient or named.patient
        if _one_person(patient) != _one_person(named.patient):
            raise Invalid({"patient": [_("No es el paciente del turno o del plan.")]})
    _check_insurer(kind, method, insurer)
    if plan is not None:
        _check_plan(kind, currency, plan)
    if kind == K.REFUND and patient is None:
        raise Invalid({"patient": [_("¿A quién se le devuelve?")]})
    return Links(patient, appointment, plan, insurer)


def _row(model: type[Row], row_id: UUID | None) -> Row | None:
    return None if row_id is None else get_or_refuse(model, row_id)


def _appointment(appointment_id: UUID | None) -> Appointment | None:
    if appointment_id is None:
        return None
    rows = Appointment.objects.exclude(status=AppointmentStatus.HELD).select_related("patient")
    return rows.filter(pk=appointment_id).first()


def _found(row: T | None, asked: UUID | None) -> T | None:
    if asked is not None and row is None:
        raise NotFound
    return row


def _one_person(patient: Patient) -> UUID:
    """Return the id under which a patient goes on: money stays with the row it was paid for."""
    found: UUID = patient.merged_into_id or patient.pk
    return found


def _check_insurer(kind: str, method: str, insurer: Insurer | None) -> None:
    if method == M.INSURER and insurer is None:
        raise Invalid({"insurer": [_("¿Qué obra social?")]})
    if method != M.INSURER and insurer is not None:
        raise Invalid({"insurer": [_("Solo en reclamos y pagos de una obra social.")]})


def _check_plan(kind: str, currency: str, plan: TreatmentPlan) -> None:
    if plan.status not in PLAN_STATES.get(kind, ()):
        raise Invalid({"plan": [_("Ese plan no admite este movimiento.")]})
    if plan.currency != currency:
        raise Invalid({"plan": [_("Ese plan está en otra moneda.")]})
