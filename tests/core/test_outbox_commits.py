"""What needs real commits: owing outside a transaction, and workers that race for a message."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from clinics.tenancy.models import Clinic
from dentalogic.core import outbox, relay
from dentalogic.core.models import OutboxMessage
from dentalogic.core.tenancy import clinic_scope

ROUTE = {"race.topic": {"race": "tests.core.test_outbox_commits.nobody"}}


def test_outside_a_transaction_nothing_can_be_owed(throwaway: Clinic, settings: object) -> None:
    settings.OUTBOX_ROUTES = ROUTE  # type: ignore[attr-defined]
    with clinic_scope(throwaway), pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.emit("race.topic")
    assert not OutboxMessage.objects.filter(clinic_id=throwaway.pk).exists()


def test_racing_claims_never_share_a_message(throwaway: Clinic, settings: object) -> None:
    settings.OUTBOX_ROUTES = ROUTE  # type: ignore[attr-defined]
    with clinic_scope(throwaway), transaction.atomic():
        for _ in range(60):
            outbox.emit("race.topic")
    claimed: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        while batch := relay.claim(limit=5, sinks=("race",)):
            claimed.extend(message.id for message in batch)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mine = set(OutboxMessage.objects.filter(clinic_id=throwaway.pk).values_list("pk", flat=True))
    assert len(claimed) == len(set(claimed))
    assert mine <= set(claimed)
    assert len(mine) == 60
