"""Treatment plans while they are drawn up: items, visits, prices and who pays which part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import Patient, PlanItem, PlanStatus, Professional, Treatment, TreatmentPlan
from clinics.odontogram import FACES, TEETH
from clinics.services.accounting_rules import CENT, LARGEST_AMOUNT, ZERO, clinic_currency
from clinics.services.actors import Actor
from clinics.services.catalog import get_or_refuse
from clinics.services.coverage import terms_of_patient
from dentalogic.core.errors import DomainError, Invalid, NotAllowed, NotFound, StaleVersion

MOST_ITEMS = 100


class PlanRefused(DomainError):
    """The plan or the item is not in a state for this; the detail `state` is the plan's."""

    code = "plan_refused"
    message = gettext_lazy("El plan ya no está en ese estado.")  # type: ignore[assignment]


def draft_plan(
    *,
    patient_id: UUID,
    professional_id: UUID,
    title: str,
    actor: Actor,
    valid_until: date | None = None,
    notes: str = "",
    items: Sequence[dict[str, Any]] = (),
) -> TreatmentPlan:
    """Begin a plan for a patient, in the clinic's currency. Raises `NotFound`, `Invalid`."""
    if actor.user_id is None:
        raise NotAllowed
    with transaction.atomic():
        patient = get_or_refuse(Patient, patient_id)
        if patient.merged_into_id is not None:
            raise Invalid({"patient": [_("Esa ficha se unió a otra.")]})
        plan = TreatmentPlan.objects.create(
            patient=patient,
            professional=get_or_refuse(Professional, professional_id),
            title=title.strip(),
            currency=clinic_currency(),
            valid_until=valid_until,
            notes=notes,
            created_by=actor.user_id,
        )
        for values in items:
            _append(plan, values)
    return plan


def change_plan(*, plan_id: UUID, version: int, **values: Any) -> TreatmentPlan:
    """Change a draft's title, notes, professional or until when it holds."""
    with transaction.atomic():
        plan = lock_plan(plan_id, version, PlanStatus.DRAFT)
        if "professional_id" in values:
            plan.professional = get_or_refuse(Professional, values.pop("professional_id"))
        for name, value in values.items():
            setattr(plan, name, value)
        return save_plan(plan)


def add_item(*, plan_id: UUID, version: int, **values: Any) -> PlanItem:
    """Add an item to a draft.

    Without a `price` it is the treatment's; without `insurer_pays` the part is what the patient's
    insurance covers of that price, nothing where that is not known.
    """
    with transaction.atomic():
        plan = lock_plan(plan_id, version, PlanStatus.DRAFT)
        item = _append(plan, values)
        save_plan(plan)
    return item


def change_item(*, plan_id: UUID, item_id: UUID, version: int, **values: Any) -> PlanItem:
    """Change an item of a draft. A new price keeps the insurer's part, as far as it goes."""
    with transaction.atomic():
        plan = lock_plan(plan_id, version, PlanStatus.DRAFT)
        item = find_item(plan, item_id)
        if "treatment_id" in values:
            item.treatment = _treatment(values.pop("treatment_id"))
        for name, value in values.items():
            setattr(item, name, value)
        if "price" in values and "insurer_pays" not in values:
            item.insurer_pays = min(item.insurer_pays, item.price)
        _check(item)
        item.save()
        save_plan(plan)
    return item


def remove_item(*, plan_id: UUID, item_id: UUID, version: int) -> None:
    """Take an item out of a draft."""
    with transaction.atomic():
        plan = lock_plan(plan_id, version, PlanStatus.DRAFT)
        PlanItem.objects.filter(pk=find_item(plan, item_id).pk).delete()
        save_plan(plan)


def lock_plan(plan_id: UUID, version: int | None, *states: str) -> TreatmentPlan:
    """Lock a plan that stands at that version, in one of these states."""
    plan = (
        TreatmentPlan.objects.for_update()
        .select_related("patient", "professional")
        .filter(pk=plan_id)
        .first()
    )
    if plan is None:
        raise NotFound
    if version is not None and plan.version != version:
        raise StaleVersion
    if plan.status not in states:
        raise PlanRefused(state=plan.status)
    return plan


def save_plan(plan: TreatmentPlan) -> TreatmentPlan:
    """Save a locked plan. Its version also grows with its items': what was seen is one thing."""
    plan.version += 1
    plan.save()
    return plan


def find_item(plan: TreatmentPlan, item_id: UUID) -> PlanItem:
    item = (
        PlanItem.objects.select_related("treatment", "appointment")
        .filter(plan=plan, pk=item_id)
        .first()
    )
    if item is None:
        raise NotFound
    return item


def _append(plan: TreatmentPlan, values: dict[str, Any]) -> PlanItem:
    given = dict(values)
    positions = list(
        PlanItem.objects.filter(plan=plan).order_by("-position").values_list("position", flat=True)
    )
    if len(positions) >= MOST_ITEMS:
        raise Invalid({"items": [_("Como mucho %d ítems.") % MOST_ITEMS]})
    treatment = _treatment(given.pop("treatment_id"))
    price = given.pop("price", None)
    price = treatment.price if price is None else price
    if price is None:
        raise Invalid({"price": [_("El tratamiento no tiene precio: hay que ponerlo acá.")]})
    share = given.pop("insurer_pays", None)
    item = PlanItem(
        plan=plan,
        position=positions[0] + 1 if positions else 1,
        treatment=treatment,
        price=price,
        insurer_pays=_covered(plan, treatment, price) if share is None else share,
        **given,
    )
    _check(item)
    item.save(force_insert=True)
    return item


def _treatment(treatment_id: UUID) -> Treatment:
    treatment = get_or_refuse(Treatment, treatment_id)
    if not treatment.is_active:
        raise Invalid({"treatment": [_("Ese tratamiento ya no se ofrece.")]})
    return treatment


def _covered(plan: TreatmentPlan, treatment: Treatment, price: Decimal) -> Decimal:
    terms = terms_of_patient(
        patient=plan.patient, professional=plan.professional, treatment=treatment
    )
    return ZERO if terms is None else terms.insurer_pays(price)


def _check(item: PlanItem) -> None:
    errors: dict[str, list[str]] = {}
    for name in ("price", "insurer_pays"):
        amount = getattr(item, name)
        if not amount.is_finite() or not 0 <= amount <= LARGEST_AMOUNT:
            errors[name] = [_("Debe ser un importe.")]
        elif amount != amount.quantize(CENT):
            errors[name] = [_("Como mucho dos decimales.")]
    if not errors and item.insurer_pays > item.price:
        errors["insurer_pays"] = [_("Es más que el precio.")]
    if item.tooth is not None and item.tooth not in TEETH:
        errors["tooth"] = [_("No es una pieza dentaria (numeración FDI).")]
    faces = list(item.faces)
    if len(set(faces)) != len(faces) or not set(faces) <= set(FACES):
        errors["faces"] = [_("Las caras son M, D, V, L y O, cada una una vez.")]
    elif faces and item.tooth is None:
        errors["faces"] = [_("Las caras son de una pieza.")]
    if errors:
        raise Invalid(errors)
