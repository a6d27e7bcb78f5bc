"""Opening a clinic: its row, its schema, and the first CEO."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, ProgrammingError, transaction

from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from dentalogic.core.clock import real_now
from dentalogic.core.errors import Invalid
from dentalogic.core.evolution import create_clinic_schema, is_reserved
from dentalogic.core.names import name_key
from dentalogic.core.transactions import sqlstate

SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TAKEN = "Ese nombre ya está en uso."
LEFT_OVER = "Hay un esquema con ese nombre y sin clínica en la base de datos: elegí otro."
UNIQUE_VIOLATION, DUPLICATE_SCHEMA = "23505", "42P06"


def create_clinic(
    *,
    name: str,
    schema: str | None = None,
    timezone: str = "America/Argentina/Buenos_Aires",
    country: str = "AR",
    **fields: Any,
) -> Clinic:
    """Create the clinic and its schema in one transaction: all of it exists, or nothing.

    Without `schema` the name of the clinic gives it. Raises `Invalid` by field.
    """
    schema = schema or re.sub(r"[^a-z0-9]+", "_", name_key(name)).strip("_")[:63]
    errors: dict[str, list[str]] = {}
    if not SCHEMA_NAME.fullmatch(schema):
        errors["schema"] = ["Letras minúsculas, números y guiones bajos, empezando con letra."]
    elif is_reserved(schema):
        errors["schema"] = ["Ese nombre está reservado."]
    elif Clinic.objects.filter(schema_name=schema).exists():
        errors["schema"] = [TAKEN]
    if not name.strip():
        errors["name"] = ["Falta el nombre."]
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        errors["timezone"] = ["No es una zona horaria."]
    if errors:
        raise Invalid(errors)
    clinic = Clinic(
        name=name.strip(), schema_name=schema, timezone=timezone, country=country, **fields
    )
    try:
        with transaction.atomic():
            # First the row: who creates the same clinic at the same time waits here, and is told.
            clinic.save(force_insert=True)
            create_clinic_schema(clinic)
    except IntegrityError as error:
        if sqlstate(error) != UNIQUE_VIOLATION:
            raise
        raise Invalid({"schema": [TAKEN]}) from error
    except ProgrammingError as error:
        if sqlstate(error) != DUPLICATE_SCHEMA:
            raise
        raise Invalid({"schema": [LEFT_OVER]}) from error
    return clinic


def add_member(
    clinic: Clinic, user: User, role: Role, *, status: MembershipStatus = MembershipStatus.PENDING
) -> Membership:
    """Make a user a member. Active from the start only by the system: the first CEO, the demo."""
    active = status == MembershipStatus.ACTIVE
    return Membership.objects.create(
        user=user,
        clinic=clinic,
        role=role,
        status=status,
        activated_at=real_now() if active else None,
    )
