"""Transactions that survive what PostgreSQL may ask for: one more try after a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

T = TypeVar("T")
DEADLOCK_DETECTED = "40P01"


def in_transaction(work: Callable[[], T]) -> T:
    """Run `work` in a transaction, once more if PostgreSQL broke a deadlock at our expense.

    Inside an outer transaction the retry belongs to the outermost call, whose work is lost.
    """
    outermost = not connection.in_atomic_block
    try:
        with transaction.atomic():
            return work()
    except OperationalError as error:
        if not (outermost and sqlstate(error) == DEADLOCK_DETECTED):
            raise
    with transaction.atomic():
        return work()


def sqlstate(error: Exception) -> str | None:
    """Return the SQLSTATE behind a Django database error."""
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that refused the statement."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name
