"""What Celery runs. One task: everything that is owed is a row of the outbox."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from dentalogic.core import relay
from dentalogic.core.health import beat


@shared_task(name="core.beat", ignore_result=True)
def worker_beat(queue: str) -> None:
    """Say that a worker hears this queue. The dispatcher asks: the road between is tried too."""
    beat(queue)


@shared_task(name="core.deliver", ignore_result=True)
def deliver(row_id: int, lease_no: int) -> None:
    """Deliver one claimed message. A second run finds its lease gone or its row done."""
    close_old_connections()
    try:
        relay.deliver(row_id, lease_no)
    finally:
        close_old_connections()
