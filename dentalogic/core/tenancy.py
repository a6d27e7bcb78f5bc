"""Entering a clinic. The only module that switches scopes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.db import connection

from dentalogic.core.scope import ACTOR, SCOPE, Scope

_ACTOR = re.compile(r"staff:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|patient|agent|system")


class NoClinic(RuntimeError):
    """Clinic code ran outside every clinic: a caller forgot `clinic_scope`."""


class UnknownClinic(LookupError):
    """No active clinic has that schema name or id."""


class ClinicLike(Protocol):
    """What the kernel needs of a clinic's row."""

    id: UUID
    schema_name: str
    timezone: str
    clock_offset: timedelta


def current_scope() -> Scope:
    """Return the clinic in scope, or refuse: no clinic is an error, never a default."""
    scope = SCOPE.get()
    if scope is None:
        raise NoClinic("no clinic in scope: enter one with clinic_scope()")
    return scope


def scope_of(clinic: ClinicLike) -> Scope:
    """Build the scope of a clinic's row without a query."""
    return Scope(clinic.schema_name, clinic.id, clinic.timezone, clinic.clock_offset)


def find_scope(*, schema: str | None = None, tenant_id: UUID | None = None) -> Scope:
    """Read an active clinic's scope by its schema name or its id, in one statement."""
    column, value = ("schema_name", schema) if schema is not None else ("id", tenant_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schema_name, id, timezone, clock_offset FROM public.clinics"  # noqa: S608
            f" WHERE {column} = %s AND is_active",
            [value],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnknownClinic("there is no such active clinic")
    return Scope(*row)


@contextmanager
def clinic_scope(clinic: str | ClinicLike | Scope) -> Iterator[Scope]:
    """Run the block inside one clinic and restore what was there before, whatever happens.

    A schema name costs one query on `clinics`; a row or a scope costs none. Re-entrant. Use it
    with `with` only: as a decorator it would share one token between calls.
    """
    match clinic:
        case Scope():
            scope = clinic
        case str():
            scope = find_scope(schema=clinic)
        case _:
            scope = scope_of(clinic)
    token = SCOPE.set(scope)
    try:
        yield scope
    finally:
        SCOPE.reset(token)


@contextmanager
def no_scope() -> Iterator[None]:
    """Run the block outside every clinic, on `public` alone."""
    token = SCOPE.set(None)
    try:
        yield
    finally:
        SCOPE.reset(token)


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Name who acts in the block: "staff:<user id>", "patient", "agent" or "system".

    The audit writes it beside each change. Re-entrant, like `clinic_scope`.
    """
    # It goes into a statement's text.
    if _ACTOR.fullmatch(actor) is None:
        raise ValueError("nobody acts under that name")
    token = ACTOR.set(actor)
    try:
        yield
    finally:
        # A generator that is closed late runs in a copy of the context, which has no reset.
        with suppress(ValueError):
            ACTOR.reset(token)
