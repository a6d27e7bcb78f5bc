"""Bringing the schemas of the clinics up to date, without Django's executor."""

from __future__ import annotations

from dentalogic.core.evolution.steps import (
    NotAPatch,
    Step,
    apply_missing,
    create_schema,
    missing_steps,
    tenant_steps,
)

__all__ = [
    "NotAPatch",
    "Step",
    "apply_missing",
    "create_schema",
    "missing_steps",
    "tenant_steps",
]
