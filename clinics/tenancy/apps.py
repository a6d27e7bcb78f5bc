from __future__ import annotations

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "clinics.tenancy"
    label = "tenancy"
    verbose_name = "Clínicas y equipo"
