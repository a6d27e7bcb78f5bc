"""What insurers cover here: their plans, the rules, and one answer to what the patient pays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from clinics.models import Coverage, Insurer, InsurerPlan, Patient, Professional, Treatment
from clinics.services.accounting_rules import CENT, ZERO
from clinics.services.catalog import get_or_refuse
from dentalogic.core.errors import Invalid, NotFound, StaleVersion
from dentalogic.core.names import name_key
from dentalogic.core.transactions import violated_constraint


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody insured gets here. `rule` is None where no rule fits: taken by nobody.

    `copay_amount` or `copay_percent` is what the patient pays; neither where nothing is known.
    """

    accepted: bool
    needs_authorisation: bool = False
    authorisation_note: str = ""
    copay_amount: Decimal | None = None
    copay_percent: Decimal | None = None
    rule: UUID | None = None

    def patient_pays(self, price: Decimal | None) -> Decimal | None:
        """Return the patient's part of a price; None where it is not known."""
        if not self.accepted:
            return price
        if self.copay_amount is not None:
            return self.copay_amount if price is None else min(self.copay_amount, price)
        if self.copay_percent is not None and price is not None:
            return (price * self.copay_percent / 100).quantize(CENT, ROUND_HALF_UP)
        return None

    def insurer_pays(self, price: Decimal) -> Decimal:
        """Return the insurer's part of a price: nothing where nothing is known."""
        own = self.patient_pays(price)
        return ZERO if own is None else price - own


def terms_for(
    *,
    insurer: Insurer,
    plan: InsurerPlan | None,
    professional: Professional | None,
    treatment: Treatment | None,
) -> Terms:
    """Return the terms by the most exact rule that fits.

    A rule fits where each of plan, professional and treatment is the one asked for or left open.
    The one that names most of them wins; among equals one that names the professional, then one
    that names the treatment, then the plan. No two rules name the same (`coverage_once`), so that
    there is always one answer. An insurer or a plan that is not active is taken by nobody.
    """
    if not insurer.is_active or (plan is not None and not plan.is_active):
        return Terms(accepted=False)
    fits = Q(insurer=insurer)
    for name, asked in (("plan", plan), ("professional", professional), ("treatment", treatment)):
        left_open = Q(**{name: None})
        fits &= left_open if asked is None else left_open | Q(**{name: asked})
    rule = max(Coverage.objects.filter(fits), key=_exactness, default=None)
    if rule is None:
        return Terms(accepted=False)
    return Terms(
        accepted=rule.accepted,
        needs_authorisation=rule.needs_authorisation,
        authorisation_note=rule.authorisation_note,
        copay_amount=rule.copay_amount,
        copay_percent=rule.copay_percent,
        rule=rule.pk,
    )


def terms_of_patient(
    *, patient: Patient, professional: Professional, treatment: Treatment
) -> Terms | None:
    """Return the terms of a patient's own insurance; None for one that is not listed here."""
    if patient.insurer is None:
        return None
    named = name_key(patient.insurance_plan)
    plan = InsurerPlan.objects.filter(insurer=patient.insurer, name_key=named).first()
    return terms_for(
        insurer=patient.insurer, plan=plan, professional=professional, treatment=treatment
    )


def add_insurer_plan(*, insurer_id: UUID, name: str, is_active: bool = True) -> InsurerPlan:
    """Add a plan of an insurer. Raises `Invalid` for one that differs in accents or case alone."""
    insurer = get_or_refuse(Insurer, insurer_id)
    plan = InsurerPlan(
        insurer=insurer, name=name.strip(), name_key=name_key(name), is_active=is_active
    )
    return _saved_plan(plan, new=True)


def change_insurer_plan(*, insurer_id: UUID, plan_id: UUID, **values: Any) -> InsurerPlan:
    """Rename a plan, or stop and start taking it."""
    with transaction.atomic():
        plan = InsurerPlan.objects.for_update().filter(pk=plan_id, insurer_id=insurer_id).first()
        if plan is None:
            raise NotFound
        for name, value in values.items():
            setattr(plan, name, value)
        plan.name_key = name_key(plan.name)
        return _saved_plan(plan)


def add_coverage(
    *,
    insurer_id: UUID,
    plan_id: UUID | None = None,
    professional_id: UUID | None = None,
    treatment_id: UUID | None = None,
    **terms: Any,
) -> Coverage:
    """Add a rule. Raises `Invalid` where one for exactly the same stands already."""
    insurer = get_or_refuse(Insurer, insurer_id)
    plan = None if plan_id is None else get_or_refuse(InsurerPlan, plan_id)
    if plan is not None and plan.insurer_id != insurer.pk:
        raise Invalid({"plan": [_("Ese plan es de otra obra social.")]})
    rule = Coverage(
        insurer=insurer,
        plan=plan,
        professional=None
        if professional_id is None
        else get_or_refuse(Professional, professional_id),
        treatment=None if treatment_id is None else get_or_refuse(Treatment, treatment_id),
        **terms,
    )
    _check_copay(rule)
    try:
        with transaction.atomic():
            rule.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) != "coverage_once":
            raise
        raise Invalid({"insurer": [_("Ya hay una regla para exactamente eso.")]}) from None
    return rule


def change_coverage(*, coverage_id: UUID, version: int, **terms: Any) -> Coverage:
    """Change the terms of a rule; what it is for stays. Plans keep what they were drawn up with."""
    with transaction.atomic():
        rule = Coverage.objects.for_update().filter(pk=coverage_id).first()
        if rule is None:
            raise NotFound
        if rule.version != version:
            raise StaleVersion
        for name, value in terms.items():
            setattr(rule, name, value)
        _check_copay(rule)
        rule.version += 1
        rule.save()
    return rule


def remove_coverage(*, coverage_id: UUID) -> None:
    """Take a rule back; the less exact ones hold again."""
    deleted, _rows = Coverage.objects.filter(pk=coverage_id).delete()
    if not deleted:
        raise NotFound


def _exactness(rule: Coverage) -> tuple[int, bool, bool, bool]:
    named = (
        rule.professional_id is not None,
        rule.treatment_id is not None,
        rule.plan_id is not None,
    )
    return (sum(named), *named)


def _check_copay(rule: Coverage) -> None:
    if rule.copay_amount is not None and rule.copay_percent is not None:
        raise Invalid({"copay_percent": [_("Un importe o un porcentaje, no los dos.")]})


def _saved_plan(plan: InsurerPlan, *, new: bool = False) -> InsurerPlan:
    try:
        with transaction.atomic():
            plan.save(force_insert=new, force_update=not new)
    except IntegrityError as error:
        if violated_constraint(error) != "insurer_plan_once":
            raise
        raise Invalid({"name": [_("Ese plan ya está.")]}) from None
    return plan
