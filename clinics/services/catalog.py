"""What a clinic offers and who treats there, as its CEO changes it."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from clinics.hours import InvalidWorkingHours, validate_working_hours
from clinics.models import (
    Insurer,
    Professional,
    ProfessionalTreatment,
    Treatment,
)
from clinics.tenancy.models import Membership, MembershipStatus
from dentalogic.core.errors import Invalid, NotAllowed, NotFound, StaleVersion
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import current_scope
from dentalogic.core.tenant_models import TenantModel
from dentalogic.core.transactions import violated_constraint

M = TypeVar("M", bound=TenantModel)

# What professionals change of their own row; the rest is the CEO's.
OWN_FIELDS = frozenset({"working_hours"})
_REFUSALS = {
    "treatment_code_once": ("code", "Ya hay un tratamiento con ese código."),
    "insurer_once": ("name", "Esa obra social ya está."),
    "professional_one_per_user": ("user_id", "Esa persona ya tiene su ficha de profesional."),
}


def get_or_refuse(model: type[M], row_id: UUID) -> M:
    """Return a row of this clinic; another clinic's does not exist."""
    row: M | None = model.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFound
    return row


def add_treatment(**values: Any) -> Treatment:
    """Add a treatment. Raises `Invalid` for a code in use."""
    return _saved(Treatment(**values, name_key=name_key(values["name"])), new=True)


def change_treatment(*, treatment_id: UUID, version: int, **values: Any) -> Treatment:
    """Change a treatment; booked appointments keep the length that they were given."""
    with transaction.atomic():
        treatment = _for_change(Treatment, treatment_id, version)
        for name, value in values.items():
            setattr(treatment, name, value)
        treatment.name_key = name_key(treatment.name)
        treatment.version += 1
        return _saved(treatment)


def add_insurer(*, name: str, synonyms: list[str], is_active: bool = True) -> Insurer:
    """Add an obra social. Raises `Invalid` for one that differs in accents or case alone."""
    insurer = Insurer(name=name, name_key=name_key(name), synonyms=synonyms, is_active=is_active)
    return _saved(insurer, new=True)


def change_insurer(*, insurer_id: UUID, **values: Any) -> Insurer:
    """Change an obra social; patients keep the name that was recorded for them."""
    with transaction.atomic():
        insurer = _locked(Insurer, insurer_id)
        for name, value in values.items():
            setattr(insurer, name, value)
        insurer.name_key = name_key(insurer.name)
        return _saved(insurer)


def add_professional(*, treatments: list[UUID], **values: Any) -> Professional:
    """Add a professional, of the staff or without an account."""
    _check_user(values.get("user_id"))
    with transaction.atomic():
        professional = Professional(**_checked_hours(values))
        professional.name_key = name_key(f"{professional.first_name} {professional.last_name}")
        _saved(professional, new=True)
        _offer(professional, treatments)
    return professional


def change_professional(
    *,
    professional_id: UUID,
    version: int,
    own_only: UUID | None = None,
    treatments: list[UUID] | None = None,
    **values: Any,
) -> Professional:
    """Change a professional. With `own_only` (a user id) just that user's own working hours."""
    with transaction.atomic():
        professional = _locked(Professional, professional_id)
        if own_only is not None:
            if professional.user_id != own_only:
                raise NotFound
            if treatments is not None or not set(values) <= OWN_FIELDS:
                raise NotAllowed("Solo podés cambiar tus horarios de atención.")
        if professional.version != version:
            raise StaleVersion
        if "user_id" in values:
            _check_user(values["user_id"])
        for name, value in _checked_hours(values).items():
            setattr(professional, name, value)
        professional.name_key = name_key(f"{professional.first_name} {professional.last_name}")
        professional.version += 1
        _saved(professional)
        if treatments is not None:
            _offer(professional, treatments)
    return professional


def _locked(model: type[M], row_id: UUID) -> M:
    row: M | None = model.objects.for_update().filter(pk=row_id).first()
    if row is None:
        raise NotFound
    return row


def _for_change(model: type[M], row_id: UUID, version: int) -> M:
    row = _locked(model, row_id)
    if getattr(row, "version", None) != version:
        raise StaleVersion
    return row


def _saved(row: M, *, new: bool = False) -> M:
    try:
        with transaction.atomic():
            row.save(force_insert=new, force_update=not new)
    except IntegrityError as error:
        refused = _REFUSALS.get(violated_constraint(error) or "")
        if refused is None:
            raise
        raise Invalid({refused[0]: [refused[1]]}) from None
    return row


def _checked_hours(values: dict[str, Any]) -> dict[str, Any]:
    if "working_hours" not in values:
        return values
    try:
        hours = validate_working_hours(values["working_hours"])
    except InvalidWorkingHours as error:
        raise Invalid(
            {f"working_hours.{path}".rstrip("."): [str(said)] for path, said in error.errors}
        ) from None
    return {**values, "working_hours": hours}


def _check_user(user_id: UUID | None) -> None:
    """Only an active member of this clinic, of any role, may be a professional."""
    if user_id is None:
        return
    if not Membership.objects.filter(
        user_id=user_id, clinic_id=current_scope().tenant_id, status=MembershipStatus.ACTIVE
    ).exists():
        raise Invalid({"user_id": ["No es un integrante activo de la clínica."]})


def _offer(professional: Professional, treatment_ids: list[UUID]) -> None:
    wanted = set(treatment_ids)
    known = set(Treatment.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - known:
        raise Invalid({"treatments": ["Hay un tratamiento que no existe."]})
    rows = ProfessionalTreatment.objects.filter(professional=professional)
    had = set(rows.values_list("treatment_id", flat=True))
    rows.filter(treatment_id__in=had - wanted).delete()
    ProfessionalTreatment.objects.bulk_create(
        ProfessionalTreatment(professional=professional, treatment_id=one)
        for one in sorted(wanted - had)
    )
