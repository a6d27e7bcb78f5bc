"""Celery: the process manager of the workers. Only the dispatcher hands it work."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dentalogic.settings")

app = Celery("dentalogic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dentalogic.core"])
