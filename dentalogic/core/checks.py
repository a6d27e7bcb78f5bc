"""System checks: what must be true of the code before a process starts."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.module_loading import import_string

from dentalogic.core.backend.pooler import UnsafePooler
from dentalogic.core.backend.starting import refuse_unsafe_pooler
from dentalogic.core.tenant_models import TenantModel


@register()
def routes_exist(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every handler that OUTBOX_ROUTES names can be imported."""
    found: list[CheckMessage] = []
    for topic, sinks in settings.OUTBOX_ROUTES.items():
        for sink, dotted in sinks.items():
            try:
                import_string(dotted)
            except ImportError as error:
                found.append(Error(f"{topic} -> {sink}: {error}", id="dentalogic.E001"))
    return found


@register()
def tenant_models_are_walled(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every model of a tenant app carries `tenant_id` and filters by it."""
    return [
        Error(f"{model._meta.label} is no TenantModel", id="dentalogic.E002")
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models()
        if not issubclass(model, TenantModel) or model._meta.base_manager_name != "objects"
    ]


@register(Tags.database)
def clinics_are_not_pooled(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nothing between us and PostgreSQL gives one clinic's search path to another."""
    try:
        refuse_unsafe_pooler()
    except UnsafePooler as error:
        return [Error(str(error), id="dentalogic.E010")]
    return []
