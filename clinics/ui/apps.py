from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The staff pages: templates and static files; no models."""

    name = "clinics.ui"
    label = "ui"
