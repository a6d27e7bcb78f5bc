"""The visits of an approved plan: booked in their order, with the days between them, and done."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import (
    Appointment,
    PlanItem,
    PlanItemStatus,
    PlanStatus,
    Source,
    TreatmentPlan,
)
from clinics.models.agenda import FREES_ITS_TIME
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.plans import PlanRefused, find_item, lock_plan, save_plan
from clinics.services.plans_deciding import finish_if_done
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, NotFound, StaleVersion
from dentalogic.core.tenancy import current_scope


class ItemRefused(DomainError):
    """The item is done, cancelled or booked already; the detail `state` says which."""

    code = "plan_item_refused"
    message = gettext_lazy("Ese ítem ya no está pendiente.")  # type: ignore[assignment]


class VisitOutOfOrder(DomainError):
    """Visits follow each other: `earliest` and `latest` are the days that this one may be on."""

    code = "visit_out_of_order"
    message = gettext_lazy("Ese día no respeta el orden de las visitas.")  # type: ignore[assignment]

    def __init__(
        self,
        message: str | None = None,
        *,
        earliest: date | None = None,
        latest: date | None = None,
    ) -> None:
        days = {"earliest": earliest, "latest": latest}
        super().__init__(message, **{name: day.isoformat() for name, day in days.items() if day})


def book_item(
    *,
    plan_id: UUID,
    item_id: UUID,
    version: int,
    starts_at: datetime,
    actor: Actor,
    professional_id: UUID | None = None,
    chair_id: UUID | None = None,
    request_key: str | None = None,
    **wishes: Any,
) -> Appointment:
    """Book a pending item of an approved plan, for the plan's patient and professional.

    Earlier visits come first, done or booked, and so many days before; a visit's items share a
    day. The item is tied to the appointment in the transaction that books it. When the appointment
    is cancelled or missed the item can be booked again. Raises `ItemRefused`, `VisitOutOfOrder`,
    and whatever booking raises.
    """
    plan = _approved(plan_id)
    item = find_item(plan, item_id)
    before: Appointment | None = item.appointment
    if request_key is not None and before is not None and before.request_key == request_key:
        return before
    if plan.version != version:
        raise StaleVersion
    _check(plan, item, starts_at)

    def tie(made: Appointment) -> None:
        locked = lock_plan(plan_id, version, PlanStatus.APPROVED)
        mine = find_item(locked, item_id)
        _check(locked, mine, made.starts_at)
        mine.appointment = made
        mine.save()
        save_plan(locked)

    return booking.book_appointment(
        patient=plan.patient.merged_into or plan.patient,
        professional_id=professional_id or plan.professional_id,
        treatment=item.treatment,
        starts_at=starts_at,
        chair_id=chair_id,
        actor=actor,
        source=Source.STAFF,
        request_key=request_key,
        also=tie,
        **wishes,
    )


def complete_item(*, plan_id: UUID, item_id: UUID, version: int) -> TreatmentPlan:
    """Note that an item is done; the plan is finished with its last one."""
    with transaction.atomic():
        plan = lock_plan(plan_id, version, PlanStatus.APPROVED)
        item = find_item(plan, item_id)
        if item.status != PlanItemStatus.PENDING:
            raise ItemRefused(state=item.status)
        if _booked(item) and item.appointment.starts_at > clock.now():
            raise ItemRefused(_("Su turno todavía no llegó."), state="booked")
        item.status, item.done_at = PlanItemStatus.DONE, clock.now()
        item.save()
        finish_if_done(plan)
        return save_plan(plan)


def _approved(plan_id: UUID) -> TreatmentPlan:
    plan = TreatmentPlan.objects.select_related("patient__merged_into").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound
    if plan.status != PlanStatus.APPROVED:
        raise PlanRefused(state=plan.status)
    return plan


def _booked(item: PlanItem) -> bool:
    return item.appointment is not None and item.appointment.status not in FREES_ITS_TIME


def _check(plan: TreatmentPlan, item: PlanItem, starts_at: datetime) -> None:
    if item.status != PlanItemStatus.PENDING:
        raise ItemRefused(state=item.status)
    if _booked(item):
        raise ItemRefused(_("Ese ítem ya tiene turno."), state="booked")
    others = list(
        PlanItem.objects.select_related("appointment")
        .filter(plan=plan)
        .exclude(status=PlanItemStatus.CANCELLED)
        .exclude(pk=item.pk)
    )
    day = _day(starts_at)
    earliest, latest = _window(item, others)
    if (earliest and day < earliest) or (latest and day > latest):
        raise VisitOutOfOrder(earliest=earliest, latest=latest)


def _window(item: PlanItem, others: list[PlanItem]) -> tuple[date | None, date | None]:
    """Return the first and the last day that the item's visit may be on, None for no bound."""
    earlier = [one for one in others if one.visit < item.visit]
    if any(_when(one) is None for one in earlier):
        raise VisitOutOfOrder(_("Las visitas anteriores van primero."))
    same = [one for one in others if one.visit == item.visit]
    pause = max(one.days_after_previous for one in [item, *same])
    before = [when for one in earlier if (when := _when(one))]
    booked = [_day(one.appointment.starts_at) for one in same if _booked(one)]
    after = [
        when - timedelta(days=_pause_before(one.visit, others))
        for one in others
        if one.visit > item.visit and (when := _when(one))
    ]
    earliest = max(before) + timedelta(days=pause) if before else None
    starts = [one for one in (earliest, *booked) if one]
    return (max(starts) if starts else None), (min((*after, *booked)) if after or booked else None)


def _pause_before(visit: int, others: list[PlanItem]) -> int:
    return max(one.days_after_previous for one in others if one.visit == visit)


def _when(item: PlanItem) -> date | None:
    """Return the day on which an item is or was done, None where that is open."""
    if item.status == PlanItemStatus.DONE and item.done_at is not None:
        return _day(item.done_at)
    return _day(item.appointment.starts_at) if _booked(item) else None


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(current_scope().timezone)).date()
