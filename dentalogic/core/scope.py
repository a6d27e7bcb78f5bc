"""Which clinic the running code belongs to. Data only: switching is `tenancy`'s, selecting the
search path the database backend's."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """A clinic as the kernel knows it: two independent keys, its zone and its clock."""

    schema: str
    tenant_id: UUID
    timezone: str
    clock_offset: timedelta


SCOPE: ContextVar[Scope | None] = ContextVar("clinic_scope", default=None)
