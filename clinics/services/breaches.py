"""The log of security incidents. Entries are never changed; what is learnt later follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from clinics.models import Breach
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotFound


def record_breach(*, recorded_by: UUID, follows: UUID | None = None, **values: Any) -> Breach:
    """Write an incident down, or with `follows` a later entry on the same one."""
    now = clock.now()
    errors = {
        name: ["Todavía no pasó."]
        for name in ("found_at", "happened_at", "authority_told_at", "people_told_at")
        if values.get(name) is not None and values[name] > now
    }
    if errors:
        raise Invalid(errors)
    if follows is not None:
        find_breach(follows)
    return Breach.objects.create(recorded_by=recorded_by, follows_id=follows, **values)


def breach_rows() -> QuerySet[Breach]:
    return Breach.objects.all()


def find_breach(breach_id: UUID) -> Breach:
    found = Breach.objects.filter(pk=breach_id).first()
    if found is None:
        raise NotFound
    return found
