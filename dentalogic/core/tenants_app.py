"""django-tenants' app without its start-up query, which would need a database to print `--help`."""

from __future__ import annotations

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "django_tenants"
    verbose_name = "Clínicas (django-tenants)"
