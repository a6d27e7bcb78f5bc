from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "dentalogic.core"
    label = "core"
    verbose_name = "Núcleo"

    def ready(self) -> None:
        from dentalogic.core import checks  # noqa: F401, PLC0415  # registers the system checks
        from dentalogic.core.guard import switch_on  # noqa: PLC0415  # needs the settings

        switch_on()
