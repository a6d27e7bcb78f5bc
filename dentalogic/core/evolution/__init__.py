"""Bringing the schemas of the clinics up to date, without Django's executor."""

from __future__ import annotations

from dentalogic.core.evolution.applying import apply_missing, create_schema
from dentalogic.core.evolution.creating import create_clinic_schema, is_reserved
from dentalogic.core.evolution.records import mark_current, missing_steps
from dentalogic.core.evolution.steps import NotAPatch, Step, fingerprint, tenant_steps

__all__ = [
    "NotAPatch",
    "Step",
    "apply_missing",
    "create_clinic_schema",
    "create_schema",
    "fingerprint",
    "is_reserved",
    "mark_current",
    "missing_steps",
    "tenant_steps",
]
