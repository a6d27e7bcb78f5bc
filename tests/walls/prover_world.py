"""Two clinics with a row of everything, and words that must never cross from one to the other.

Everything that a person could have written in a clinic carries the clinic's own word; what stands
in `public` about it (people, the clinic, its line) carries another, which the operator may read.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models

from clinics.tenancy.models import Clinic
from dentalogic.core.tenant_models import TenantModel

# Shorter columns hold codes (a currency, a language), not what somebody wrote.
SHORTEST = 15


@dataclass(slots=True)
class World:
    """A filled clinic. `ids` names its rows: `patient`, `appointment.held`, `member.pending`."""

    clinic: Clinic
    word: str
    public_word: str
    digit: str
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def dni(self) -> str:
        return self.digit * 8

    @property
    def phone(self) -> str:
        return f"+54911{self.digit * 8}"

    @property
    def texts(self) -> set[str]:
        """What the clinic's tables say, lower case."""
        return {self.word, self.dni, self.phone.removeprefix("+")}

    @property
    def public_texts(self) -> set[str]:
        return {self.public_word, f"{self.clinic.schema_name}.test"}

    @property
    def all_ids(self) -> set[str]:
        found = {str(one) for one in self.ids.values() if isinstance(one, uuid.UUID)}
        return found | {one.replace("-", "") for one in found}

    def named(self, thing: str) -> list[Any]:
        """Return the rows of that name: one, or every kind there is of it (`appointment`)."""
        found = [one for name, one in self.ids.items() if name == thing]
        return found or [one for name, one in self.ids.items() if name.startswith(f"{thing}.")]


def tenant_models() -> list[type[TenantModel]]:
    return [one for one in apps.get_models() if issubclass(one, TenantModel)]


def free_text(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the columns in which somebody may have written something."""
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, models.CharField | models.TextField)
        and not one.choices
        and (one.max_length is None or one.max_length >= SHORTEST)
    ]


def full(world: World, model: type[Any], **given: Any) -> Any:
    """Create a row whose every text carries the clinic's word."""
    for one in free_text(model):
        text = f"{world.word} {one.name} {model._meta.model_name}"
        given.setdefault(one.name, text[: one.max_length].strip())
    row = model.objects.create(**given)
    world.ids.setdefault(model._meta.model_name, row.pk)
    return row
