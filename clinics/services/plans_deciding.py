"""A plan's way: proposed to the patient, decided by them, written down by the desk."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import PlanItem, PlanItemStatus, PlanStatus, TreatmentPlan
from clinics.services.accounting_rules import clinic_today
from clinics.services.actors import Actor
from clinics.services.errors import ReasonRequired
from clinics.services.plans import lock_plan, save_plan
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid, NotAllowed

S = PlanStatus
# Whose visits still stand in somebody's agenda.
STILL_THERE = ("pending_confirmation", "scheduled", "confirmed", "arrived", "in_chair")


class PlanExpired(DomainError):
    code = "plan_expired"
    message = gettext_lazy("El presupuesto venció: hay que hacer uno nuevo.")  # type: ignore[assignment]


class VisitsBooked(DomainError):
    """The plan has visits in the agenda (`appointments`), which are cancelled first."""

    code = "visits_booked"
    message = gettext_lazy("El plan tiene turnos dados: hay que cancelarlos antes.")  # type: ignore[assignment]


def propose_plan(*, plan_id: UUID, version: int) -> TreatmentPlan:
    """Close the draft: from here on its items and prices stand as the patient sees them."""
    with transaction.atomic():
        plan = lock_plan(plan_id, version, S.DRAFT)
        _check_valid(plan)
        visits = set(PlanItem.objects.filter(plan=plan).values_list("visit", flat=True))
        if not visits:
            raise Invalid({"items": [_("El plan no tiene ningún ítem.")]})
        if visits != set(range(1, len(visits) + 1)):
            raise Invalid({"items": [_("Las visitas van de 1 en adelante, sin saltos.")]})
        plan.status = S.PROPOSED
        return save_plan(plan)


def approve_plan(*, plan_id: UUID, version: int, actor: Actor, note: str) -> TreatmentPlan:
    """Write down that the patient said yes, and how; their part is owed from now on."""
    note = note.strip()
    if not note:
        raise ReasonRequired(_("¿Cómo aceptó el paciente?"))
    with transaction.atomic():
        plan = lock_plan(plan_id, version, S.PROPOSED)
        _check_valid(plan)
        return _decide(plan, S.APPROVED, actor, note)


def reject_plan(*, plan_id: UUID, version: int, actor: Actor, note: str = "") -> TreatmentPlan:
    """Write down that the patient said no."""
    with transaction.atomic():
        return _decide(lock_plan(plan_id, version, S.PROPOSED), S.REJECTED, actor, note.strip())


def cancel_plan(*, plan_id: UUID, version: int, actor: Actor, reason: str) -> TreatmentPlan:
    """Give a plan up: what is done stays owed, the rest is cancelled.

    Raises `VisitsBooked` while something of it is in the agenda.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonRequired
    with transaction.atomic():
        plan = lock_plan(plan_id, version, S.DRAFT, S.PROPOSED, S.APPROVED)
        pending = PlanItem.objects.filter(plan=plan, status=PlanItemStatus.PENDING)
        booked = pending.filter(appointment__status__in=STILL_THERE)
        there = [str(one) for one in booked.values_list("appointment_id", flat=True)]
        if there:
            raise VisitsBooked(appointments=there)
        pending.update(status=PlanItemStatus.CANCELLED)
        return _decide(plan, S.CANCELLED, actor, reason)


def finish_if_done(plan: TreatmentPlan) -> None:
    """Finish a locked, approved plan that has nothing left to do."""
    left = PlanItem.objects.filter(plan=plan, status=PlanItemStatus.PENDING)
    if not left.exists():
        plan.status = S.DONE


def _decide(plan: TreatmentPlan, status: str, actor: Actor, note: str) -> TreatmentPlan:
    if actor.user_id is None:
        raise NotAllowed
    plan.status = status
    plan.decided_at, plan.decided_by, plan.decision_note = clock.now(), actor.user_id, note
    return save_plan(plan)


def _check_valid(plan: TreatmentPlan) -> None:
    if plan.valid_until is not None and plan.valid_until < clinic_today():
        raise PlanExpired(valid_until=plan.valid_until.isoformat())
