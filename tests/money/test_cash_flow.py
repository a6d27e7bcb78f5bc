"""The cash of a day: always the sum of its transactions, closed by a person who counted it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import AccountingTransaction, CashFlowStep, DailyCashFlow, Insurer, Patient
from clinics.services import accounting, cash_flow
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import DomainError, Invalid, StaleVersion
from tests.fixtures.api import Api, assert_problem
from tests.money.ledger import (
    STAFF,
    TODAY,
    YESTERDAY,
    assert_days_are_their_sums,
    close,
    day_of,
    nothing_written,
    record,
    reopen,
)

pytestmark = pytest.mark.django_db
DAYS = [TODAY - timedelta(days=back) for back in range(4)]

amounts = st.decimals("0.01", "99999.99", places=2).map(str)
operations = st.one_of(
    st.tuples(
        st.just("record"),
        st.sampled_from(
            [
                *(("income", one) for one in ("cash", "card", "transfer", "insurer")),
                *(("expense", one) for one in ("cash", "transfer")),
                *(("refund", one) for one in ("cash", "card")),
                ("insurance_claim", "insurer"),
            ]
        ),
        amounts,
        st.sampled_from(DAYS),
        st.booleans(),
    ),
    st.tuples(st.just("reverse"), st.integers(0, 20), st.booleans()),
    st.tuples(st.just("close"), st.sampled_from(DAYS), amounts),
    st.tuples(st.just("reopen"), st.sampled_from(DAYS)),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=st.lists(operations, min_size=1, max_size=10))
def test_a_day_equals_the_sum_of_its_transactions_whatever_is_done(
    ana: Patient, osde: Insurer, plan: list[Any]
) -> None:
    with transaction.atomic():
        for step in plan:
            closed = {
                row["day"]: row
                for row in DailyCashFlow.objects.filter(closed_at__isnull=False).values()
            }
            late = _do(step, ana, osde)
            assert_days_are_their_sums()
            for day, row in closed.items():
                # A closed day stays, or somebody reopened it and said why.
                now = DailyCashFlow.objects.filter(day=day).values().get()
                assert now == row or (now["reopened_reason"] == late and now["closed_at"] is None)
        transaction.set_rollback(True)


def _do(step: Any, ana: Patient, osde: Insurer) -> str:
    """Do one thing as far as it is allowed; the reason that was given, if any."""
    reason = f"porque sí {step[0]}"
    try:
        match step:
            case ("record", (kind, method), amount, day, says_why):
                insurer = osde.pk if method == "insurer" else None
                record(
                    *(amount, kind, method),
                    occurred_on=day,
                    patient_id=ana.pk,
                    insurer_id=insurer,
                    late_reason=reason if says_why else "",
                )
            case ("reverse", number, says_why):
                rows = list(AccountingTransaction.objects.order_by("recorded_at", "id"))
                if rows:
                    accounting.reverse_transaction(
                        transaction_id=rows[number % len(rows)].pk,
                        actor=STAFF,
                        reason="error",
                        late_reason=reason if says_why else "",
                    )
            case ("close", day, counted):
                close(counted, day)
            case ("reopen", day):
                reopen(day, reason)
    except DomainError:
        pass
    return reason


def test_a_day_opens_with_what_was_counted_the_day_before(in_alfa: Clinic) -> None:
    record("1000", occurred_on=YESTERDAY)
    record("300", "expense", occurred_on=YESTERDAY)
    record("40")
    assert day_of().opening == 0
    done = close("690", YESTERDAY)
    assert (done.difference, done.closed_by) == (-10, STAFF.user_id)
    assert cash_flow.expected_cash(day_of()) == 730
    done = close("730")
    assert done.difference == 0
    assert [step.closed for step in CashFlowStep.objects.order_by("at", "id")] == [True, True]


def test_the_first_day_says_what_it_opened_with_and_no_other(in_alfa: Clinic) -> None:
    done = close("500", YESTERDAY, opening=Decimal("500"))
    assert (done.opening, done.difference) == (500, 0)
    with nothing_written(), pytest.raises(Invalid):
        close("500", opening=Decimal("1"))
    assert close("500").difference == 0


def test_a_closed_day_takes_nothing_without_a_reason(in_alfa: Clinic, ana: Patient) -> None:
    income = record("100", occurred_on=YESTERDAY)
    close("100", YESTERDAY)
    close("100")
    with nothing_written():
        with pytest.raises(cash_flow.DayClosed):
            record("5", occurred_on=YESTERDAY)
        # It passed without movements, and closed with the days after it.
        with pytest.raises(cash_flow.DayClosed):
            record("5", occurred_on=YESTERDAY - timedelta(days=1))
        with pytest.raises(cash_flow.DayClosed):
            close("7", YESTERDAY - timedelta(days=1))
        with pytest.raises(cash_flow.DayClosed):
            accounting.reverse_transaction(transaction_id=income.pk, actor=STAFF, reason="x")
        with pytest.raises(cash_flow.DayClosed):
            close("100")
    late = record("5", occurred_on=YESTERDAY, late_reason="Apareció el recibo")
    row = day_of(YESTERDAY)
    assert (late.late_reason, row.reopened_reason) == ("Apareció el recibo", "Apareció el recibo")
    assert (row.closed_at, row.counted_cash, row.net) == (None, None, 105)
    step: Any = CashFlowStep.objects.get(closed=False)
    assert (step.counted_cash, step.difference, step.reason) == (100, 0, "Apareció el recibo")
    assert record("1", occurred_on=YESTERDAY, late_reason="abierta").late_reason == ""


def test_an_earlier_recount_shows_and_changes_no_later_day(in_alfa: Clinic) -> None:
    record("100", occurred_on=YESTERDAY)
    close("100", YESTERDAY)
    record("50")
    close("150")
    was = DailyCashFlow.objects.filter(day=TODAY).values().get()
    reopen(YESTERDAY)
    record("7", occurred_on=YESTERDAY)
    close("107", YESTERDAY)
    assert DailyCashFlow.objects.filter(day=TODAY).values().get() == was
    row = day_of()
    assert (row.opening, row.previous_counted) == (100, 107)


def test_days_are_closed_in_order_and_an_open_one_begins_with_the_new_count(
    in_alfa: Clinic,
) -> None:
    record("100", occurred_on=YESTERDAY)
    record("50")
    with nothing_written(), pytest.raises(cash_flow.EarlierDayOpen) as refused:
        close("150")
    assert refused.value.details == {"day": YESTERDAY.isoformat()}
    close("100", YESTERDAY)
    reopen(YESTERDAY)
    assert day_of().opening == 100
    close("90", YESTERDAY)
    assert day_of().opening == 90
    with nothing_written(), pytest.raises(StaleVersion):
        close("140", version=day_of().version - 1)
    with nothing_written(), pytest.raises(Invalid):
        close("0", TODAY + timedelta(days=1))
    assert close("140").difference == 0


# -- over REST


def test_the_desk_closes_and_reopens(api: Api, in_alfa: Clinic) -> None:
    desk = api("secretary")
    empty = desk.get("cash-flow/2026-11-24/").json()
    assert (empty["version"], empty["closed"], empty["net"]) == (0, False, "0.00")
    assert desk.get("cash-flow/").json()["results"] == []
    record("100.10")
    url = "cash-flow/2026-11-24/"
    seen = desk.get(url).json()
    assert (seen["cash_income"], seen["expected_cash"]) == ("100.10", "100.10")
    given = {"version": seen["version"], "counted_cash": "100.00"}
    with nothing_written():
        assert_problem(desk.post(f"{url}close/", {**given, "version": 0}), 409, "stale-version")
        assert_problem(desk.post(f"{url}reopen/", {"version": 1, "reason": "x"}), 409,
                       "day-not-closed")  # fmt: skip
    key = {"Idempotency-Key": "close"}
    done = desk.post(f"{url}close/", given, headers=key)
    assert desk.post(f"{url}close/", given, headers=key).json() == done.json()
    assert (done.status_code, done.json()["difference"]) == (200, "-0.10")
    assert_problem(
        desk.post("transactions/", {"kind": "income", "method": "cash", "amount": "5"}),
        *(409, "day-closed"),
    )
    opened = desk.post(f"{url}reopen/", {"version": done.json()["version"], "reason": "Recuento"})
    assert sorted(step["closed"] for step in opened.json()["steps"]) == [False, True]
    listed = desk.get("cash-flow/?from=2026-11-24&to=2026-11-24&closed=false").json()["results"]
    assert [one["day"] for one in listed] == ["2026-11-24"]


@pytest.mark.parametrize("day", ["hoy", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-24T00"])
def test_an_impossible_day_is_one_clear_answer(api: Api, in_alfa: Clinic, day: str) -> None:
    assert "day" in assert_problem(api("ceo").get(f"cash-flow/{day}/"), 400, "invalid")["errors"]


@pytest.mark.parametrize(
    "wrong",
    [{"counted_cash": "-1"}, {"counted_cash": "NaN"}, {"counted_cash": "1" * 14}, {"version": -1},
     {"version": "x"}, {"opening": "-5"}, {"counted_cash": None}],
)  # fmt: skip
def test_a_count_is_a_number(api: Api, in_alfa: Clinic, wrong: dict[str, Any]) -> None:
    given = {"version": 0, "counted_cash": "0", **wrong}
    with nothing_written():
        body = assert_problem(api("ceo").post("cash-flow/2026-11-24/close/", given), 400, "invalid")
    assert list(body["errors"]) == list(wrong)
