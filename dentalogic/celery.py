"""Celery: the process manager of the workers. Only the dispatcher hands it work."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, worker_init, worker_ready

from dentalogic.env import require_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dentalogic.settings")
require_settings()

app = Celery("dentalogic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dentalogic.core"])


@heartbeat_sent.connect
def show_life(**_: Any) -> None:
    """Say that this worker hears its queues: the beat comes from the loop that reads them."""
    from dentalogic.core.health import touch  # noqa: PLC0415  # Django is not set up before

    touch()


@worker_init.connect
def look_before_work(**_: Any) -> None:
    """Take no work through a pooler that mixes up clinics."""
    from dentalogic.core.backend.pooler import UnsafePooler  # noqa: PLC0415  # as above
    from dentalogic.core.backend.starting import refuse_unsafe_pooler  # noqa: PLC0415

    try:
        refuse_unsafe_pooler()
    except UnsafePooler as error:
        sys.exit(f"dentalogic: {error}")


@worker_ready.connect
def warm_up(**_: Any) -> None:
    """Import the vendors' heavy clients before the first patient waits for them (two seconds)."""
    for name in ("openai", "googleapiclient.discovery", "google.oauth2.service_account"):
        import_module(name)
