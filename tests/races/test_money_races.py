"""Everybody at the till at once: no cent is lost, whoever writes last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from clinics.models import AccountingTransaction, CashFlowStep, DailyCashFlow
from clinics.services import accounting, cash_flow
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import StaleVersion
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW
from tests.money.ledger import (
    STAFF,
    TODAY,
    YESTERDAY,
    assert_days_are_their_sums,
    close,
    day_of,
    record,
)
from tests.races.racing import RACERS, race


@pytest.fixture
def inside(throwaway: Clinic) -> Iterator[Clinic]:
    with clinic_scope(throwaway), clock.frozen(NOW):
        yield throwaway


def test_a_day_is_the_sum_of_all_who_wrote_at_once(inside: Clinic) -> None:
    days = [TODAY, YESTERDAY, TODAY - timedelta(days=2)]

    def writer(n: int) -> Callable[[], Any]:
        kind = "income" if n % 3 else "expense"
        return lambda: record(f"{n + 1}.01", kind, occurred_on=days[n % 2])

    results = race(inside, NOW, [writer(n) for n in range(RACERS)])
    assert all(isinstance(one, AccountingTransaction) for one in results), results
    assert_days_are_their_sums()
    assert sum(row.version for row in DailyCashFlow.objects.all()) == RACERS


def test_a_movement_is_taken_back_once(inside: Clinic) -> None:
    made = record("50")
    results = race(
        inside,
        NOW,
        [
            lambda: accounting.reverse_transaction(
                transaction_id=made.pk, actor=STAFF, reason="doble"
            )
        ]
        * 8,
    )
    lost = [type(one) for one in results if not isinstance(one, AccountingTransaction)]
    assert lost == [accounting.AlreadyReversed] * 7, results
    assert_days_are_their_sums()
    assert day_of().net == 0


def test_who_closes_while_others_write_closes_what_they_saw_or_nothing(inside: Clinic) -> None:
    record("10")
    version = day_of().version
    closer = [lambda: close("10", version=version)]
    writers = [lambda: record("1") for _ in range(6)]
    results = race(inside, NOW, [*closer, *writers])
    assert_days_are_their_sums()
    written = AccountingTransaction.objects.count()
    refused = [one for one in results[1:] if isinstance(one, cash_flow.DayClosed)]
    assert written - 1 + len(refused) == len(writers)
    if isinstance(results[0], DailyCashFlow):
        # It came first: the others found the day closed.
        assert (written, day_of().net, CashFlowStep.objects.count()) == (1, 10, 1)
    else:
        assert isinstance(results[0], StaleVersion)
        assert (day_of().closed_at, CashFlowStep.objects.count()) == (None, 0)
