"""A clinic's own settings, as its CEO changes them."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from pydantic import ValidationError

from clinics.tenancy.models import CalendarProvider, Clinic
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core.errors import Invalid, NotFound, StaleVersion


def seen(clinic: Clinic) -> str:
    """Return a mark of what the clinic's settings are now: who changes them shows it again."""
    kept = [clinic.name, clinic.language, clinic.calendar_provider, clinic.settings]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def change_clinic(
    *,
    clinic_id: UUID,
    mark: str,
    name: str,
    language: str,
    calendar_provider: str,
    values: dict[str, Any],
) -> Clinic:
    """Change what a clinic decides for itself; `values` are settings by name.

    What equals the default and was never set stays unset, and so follows later defaults. Raises
    `StaleVersion` where somebody changed them since `mark`, and `Invalid` with every wrong value.
    """
    if language not in dict(settings.LANGUAGES):
        raise Invalid({"language": ["No es un idioma de la plataforma."]})
    if calendar_provider not in CalendarProvider.values:
        raise Invalid({"calendar_provider": ["No es un calendario conocido."]})
    defaults = ClinicSettings().model_dump(mode="json")
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update(no_key=True).filter(pk=clinic_id).first()
        if clinic is None:
            raise NotFound
        if seen(clinic) != mark:
            raise StaleVersion
        kept = {**clinic.settings, **values}
        kept = {
            key: value
            for key, value in kept.items()
            if key in clinic.settings or value != defaults.get(key, ...)
        }
        try:
            ClinicSettings.model_validate(kept)
        except ValidationError as error:
            raise Invalid(
                {str(one["loc"][0]): [str(one["msg"])] for one in error.errors()}
            ) from None
        clinic.name, clinic.language = name, language
        clinic.calendar_provider, clinic.settings = calendar_provider, kept
        clinic.save(update_fields=["name", "language", "calendar_provider", "settings"])
    return clinic
