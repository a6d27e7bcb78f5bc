"""Celery: the process manager of the workers. Only the dispatcher hands it work."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dentalogic.settings")

app = Celery("dentalogic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dentalogic.core"])


@worker_ready.connect
def warm_up(**_: Any) -> None:
    """Import the vendors' heavy clients before the first patient waits for them (two seconds)."""
    for name in ("openai", "googleapiclient.discovery", "google.oauth2.service_account"):
        import_module(name)
