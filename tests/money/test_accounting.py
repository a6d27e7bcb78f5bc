"""Movements of money: what is recorded, what is refused, and how a mistake is taken back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction

from clinics.models import (
    AccountingTransaction,
    Appointment,
    Insurer,
    Patient,
    Professional,
    Treatment,
)
from clinics.services import accounting, cash_flow
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_patient, tomorrow
from tests.money.ledger import STAFF, TODAY, YESTERDAY, close, day_of, nothing_written, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(ruiz: Professional, ana: Patient, cleaning: Treatment) -> Appointment:
    return Appointment.objects.create(
        patient=ana,
        professional=ruiz,
        treatment=cleaning,
        starts_at=tomorrow(9),
        ends_at=tomorrow(10),
        status="scheduled",
        source="staff",
    )


def test_a_movement_is_of_today_and_brings_its_day_along(visit: Appointment, ana: Patient) -> None:
    made = record("1500.50", appointment_id=visit.pk)
    made.refresh_from_db()
    assert (made.occurred_on, made.currency, made.amount) == (TODAY, "ARS", Decimal("1500.50"))
    assert (made.patient_id, made.recorded_by) == (ana.pk, STAFF.user_id)
    assert (day_of().cash_income, day_of().net) == (made.amount, made.amount)


def test_a_claim_is_no_money_until_the_insurer_pays(osde: Insurer, ana: Patient) -> None:
    record("900", "insurance_claim", "insurer", insurer_id=osde.pk, patient_id=ana.pk)
    assert (day_of().net, day_of().insurer_income) == (0, 0)
    record("800", "income", "insurer", insurer_id=osde.pk)
    assert (day_of().net, day_of().insurer_income, day_of().cash_income) == (800, 800, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "0.001"},
        {"amount": "1000000000"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"kind": "gift"},
        {"method": "shells"},
        {"kind": "expense", "method": "insurer"},
        {"kind": "insurance_claim", "method": "cash"},
        {"method": "insurer"},
        {"kind": "refund"},
        {"currency": "USD"},
        {"occurred_on": TODAY + timedelta(days=1)},
        {"occurred_on": date(2024, 1, 1)},
    ],
)
def test_what_is_no_movement_is_refused(in_alfa: Clinic, wrong: dict[str, Any]) -> None:
    with nothing_written(), pytest.raises(Invalid):
        record(**wrong)


def test_what_is_named_belongs_together(
    visit: Appointment, ana: Patient, osde: Insurer, beta: Clinic
) -> None:
    other = make_patient("Beto Gómez", dni="27000111")
    with clinic_scope(beta):
        foreign = make_patient("Eva Paz")
    with nothing_written():
        with pytest.raises(Invalid):
            record(patient_id=other.pk, appointment_id=visit.pk)
        with pytest.raises(Invalid):
            record(insurer_id=osde.pk)
        with pytest.raises(NotFound):
            record(patient_id=foreign.pk)
    Patient.objects.filter(pk=ana.pk).update(merged_into=other)
    assert record(patient_id=other.pk, appointment_id=visit.pk).patient_id == other.pk


def test_a_mistake_is_taken_back_once_whole_and_today(in_alfa: Clinic) -> None:
    wrong = record("700", occurred_on=YESTERDAY, method="card")
    close("0", YESTERDAY)
    was = day_of(YESTERDAY)
    back: Any = accounting.reverse_transaction(transaction_id=wrong.pk, actor=STAFF, reason="Doble")
    assert (back.amount, back.occurred_on, back.reverses_id) == (-700, TODAY, wrong.pk)
    assert day_of().card_income == day_of().net == -700
    assert day_of(YESTERDAY).card_income == was.card_income == 700
    assert day_of(YESTERDAY).closed_at == was.closed_at
    with nothing_written():
        with pytest.raises(accounting.AlreadyReversed):
            accounting.reverse_transaction(transaction_id=wrong.pk, actor=STAFF, reason="Otra")
        with pytest.raises(accounting.NotReversible):
            accounting.reverse_transaction(transaction_id=back.pk, actor=STAFF, reason="Otra")


def test_the_database_changes_no_movement(in_alfa: Clinic) -> None:
    made = record()
    tenant = [in_alfa.pk]
    for statement in (
        "UPDATE accounting_transactions t SET amount = 1 WHERE t.tenant_id = %s",
        "DELETE FROM accounting_transactions t WHERE t.tenant_id = %s",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, tenant)
    assert AccountingTransaction.objects.get(pk=made.pk).amount == 100


def test_a_day_that_no_column_holds_is_refused(
    in_alfa: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cash_flow, "LARGEST_SUM", Decimal("150"))
    record()
    with nothing_written(), pytest.raises(Invalid):
        record()


# -- over REST


def test_the_desk_records_lists_and_reverses(api: Api, in_alfa: Clinic, ana: Patient) -> None:
    desk = api("secretary")
    given = {"kind": "income", "method": "cash", "amount": "1200.00", "patient": str(ana.pk)}
    made = desk.post("transactions/", given, headers={"Idempotency-Key": "k1"})
    again = desk.post("transactions/", given, headers={"Idempotency-Key": "k1"})
    assert (made.status_code, again.json()) == (201, made.json()), made.content
    assert made.json()["patient_name"] == ana.display_name
    url = f"transactions/{made.json()['id']}/"
    desk.post("transactions/", {"kind": "expense", "method": "transfer", "amount": "50"})
    back = desk.post(f"{url}reverse/", {"reason": "Se cobró dos veces"})
    assert (back.status_code, back.json()["amount"]) == (201, "-1200.00")
    assert_problem(desk.post(f"{url}reverse/", {"reason": "x"}), 409, "already-reversed")
    assert desk.get(url).json()["reversed_by_id"] == back.json()["id"]

    def ids(query: str) -> set[str]:
        return {one["id"] for one in desk.get(f"transactions/?{query}").json()["results"]}

    both = {made.json()["id"], back.json()["id"]}
    for query in (f"patient={ana.pk}", "kind=income", "method=cash"):
        assert ids(query) == both, query
    assert len(ids("day=2026-11-24")) == len(ids("from=2026-11-24&to=2026-11-24")) == 3
    assert ids("to=2026-11-23") == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "1.001"),
        ("amount", "1e400"),
        ("amount", [1]),
        ("amount", None),
        ("kind", "INCOME"),
        ("method", 7),
        ("currency", "ars"),
        ("occurred_on", "24/11/2026"),
        ("patient", "1"),
        ("description", "x" * 201),
        ("late_reason", {"a": 1}),
    ],
)
def test_wrong_fields_are_named(api: Api, in_alfa: Clinic, field: str, value: Any) -> None:
    given = {"kind": "income", "method": "cash", "amount": "1", field: value}
    with nothing_written():
        body = assert_problem(api("ceo").post("transactions/", given), 400, "invalid")
    assert list(body["errors"]) == [field]


def test_professionals_and_other_clinics_see_no_money(
    api: Api, in_alfa: Clinic, beta: Clinic
) -> None:
    url = f"transactions/{record().pk}/"
    given = {"kind": "income", "method": "cash", "amount": "1"}
    with nothing_written():
        for path in ("transactions/", url, "cash-flow/", "cash-flow/2026-11-24/"):
            assert_problem(api("professional").get(path), 403, "not-allowed")
        assert_problem(api("professional").post("transactions/", given), 403, "not-allowed")
        assert_problem(api("ceo", beta).get(url), 404, "not-found")
        assert_problem(api("ceo", beta).post(f"{url}reverse/", {"reason": "x"}), 404, "not-found")
    assert api("ceo", beta).get("transactions/").json()["results"] == []


def test_a_page_costs_the_same_for_one_row_and_for_many(
    api: Api, in_alfa: Clinic, ana: Patient, django_assert_max_num_queries: Any
) -> None:
    desk = api("secretary")
    for _ in range(12):
        record("1", patient_id=ana.pk)
    with django_assert_max_num_queries(8):
        assert len(desk.get("transactions/").json()["results"]) == 12
