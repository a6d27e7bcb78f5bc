"""Which tables belong to a clinic."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.conf import settings

# Tables of a clinic's schema that no model stands for: what patches write for themselves.
WITHOUT_MODEL = frozenset({"retired"})


@cache
def clinic_tables() -> frozenset[str]:
    """Return the names of all tables that each clinic has one of."""
    models = {
        model._meta.db_table
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed
    }
    return frozenset(models) | WITHOUT_MODEL
