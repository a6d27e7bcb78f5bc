"""Plans over REST: the desk's way, the professional's own, and what each may see."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Appointment, Patient, PlanItem, Professional, TreatmentPlan
from clinics.services import plans
from clinics.tenancy.models import Clinic
from tests.fixtures.api import Api, assert_problem, membership
from tests.fixtures.clinics import make_professional, make_treatment, tomorrow
from tests.money.ledger import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(in_alfa: Clinic) -> Professional:
    """The fixture professional's own row, with hours and a treatment."""
    treatment = make_treatment("conducto", 60, "Conducto", price=Decimal("1000"))
    user_id = membership(in_alfa, "professional").user_id
    return make_professional("Inés Paz", treatments=(treatment,), user_id=user_id)


def wanted(professional: Professional, patient: Patient, visits: int = 1) -> dict[str, Any]:
    treatment = professional.offered_treatments.get().treatment_id
    items = [{"treatment": str(treatment), "visit": n + 1} for n in range(visits)]
    return {
        "patient": str(patient.pk),
        "professional": str(professional.pk),
        "title": "Conducto",
        "items": items,
    }


def test_from_the_draft_to_the_last_visit(api: Api, mine: Professional, ana: Patient) -> None:
    dentist, desk = api("professional"), api("secretary")
    key = {"Idempotency-Key": "plan"}
    made = dentist.post("plans/", wanted(mine, ana), headers=key)
    assert made.status_code == 201, made.content
    assert dentist.post("plans/", wanted(mine, ana), headers=key).json() == made.json()
    assert (made.json()["patient_share"], made.json()["money"]) == ("1000.00", None)
    url = f"plans/{made.json()['id']}/"
    item = f"{url}items/{made.json()['items'][0]['id']}/"
    changed = dentist.patch(item, {"version": 1, "tooth": 16, "price": "1200.00"}).json()
    assert (changed["version"], changed["items"][0]["price"]) == (2, "1200.00")
    assert dentist.post(f"{url}propose/", {"version": 2}).json()["status"] == "proposed"
    said = {"version": 3, "note": "Firmado en papel"}
    assert_problem(dentist.post(f"{url}approve/", said), 403, "not-allowed")
    assert_problem(desk.post(f"{url}approve/", {"version": 1, "note": "x"}), 409, "stale-version")
    assert desk.post(f"{url}approve/", said).json()["status"] == "approved"
    paid = {"kind": "income", "method": "cash", "amount": "200", "plan": made.json()["id"]}
    assert desk.post("transactions/", paid).status_code == 201
    assert desk.get(url).json()["money"] == {
        "paid": "200.00",
        "balance": "1000.00",
        "claimed": "0.00",
        "insurer_paid": "0.00",
    }
    visit = {"version": 4, "starts_at": tomorrow(10).isoformat()}
    key = {"Idempotency-Key": "visit"}
    booked = dentist.post(f"{item}book/", visit, headers=key)
    assert booked.status_code == 201, booked.content
    assert dentist.post(f"{item}book/", visit, headers=key).json() == booked.json()
    assert booked.json()["items"][0]["appointment"]["status"] == "scheduled"
    assert Appointment.objects.count() == 1
    assert_problem(desk.post(f"{item}done/", {"version": 5}), 409, "plan-item-refused")
    assert_problem(desk.post(f"{url}cancel/", {"version": 5, "reason": "x"}), 409, "visits-booked")
    listed = desk.get("plans/", {"patient": str(ana.pk), "status": "approved"}).json()["results"]
    assert [one["id"] for one in listed] == [made.json()["id"]]


def test_a_professional_sees_their_own_plans_alone(
    api: Api, mine: Professional, ana: Patient
) -> None:
    treatment = mine.offered_treatments.get().treatment
    other = make_professional("Julián Gómez", treatments=(treatment,))
    plan = plans.draft_plan(
        patient_id=ana.pk, professional_id=other.pk, title="De otro", actor=STAFF
    )
    dentist = api("professional")
    assert dentist.get("plans/").json()["results"] == []
    url = f"plans/{plan.pk}/"
    assert_problem(dentist.get(url), 404, "not-found")
    assert_problem(dentist.patch(url, {"version": 1, "title": "Mío"}), 404, "not-found")
    assert_problem(dentist.post(f"{url}propose/", {"version": 1}), 404, "not-found")
    assert_problem(dentist.post("plans/", wanted(other, ana)), 403, "not-allowed")
    assert list(TreatmentPlan.objects.values_list("title", "version")) == [("De otro", 1)]
    assert len(api("secretary").get("plans/").json()["results"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 121),
        ("valid_until", "mañana"),
        ("patient", "siete"),
        ("items", {}),
        ("items", [{"treatment": "x"}]),
        ("items", [{}] * 101),
        ("notes", "x" * 1001),
    ],
)
def test_wrong_fields_are_named(
    api: Api, mine: Professional, ana: Patient, field: str, value: Any
) -> None:
    given = {**wanted(mine, ana), field: value}
    body = assert_problem(api("ceo").post("plans/", given), 400, "invalid")
    assert {one.split(".")[0] for one in body["errors"]} == {field}
    assert not TreatmentPlan.objects.exists()


def test_an_item_is_taken_out_at_its_plans_version(
    api: Api, mine: Professional, ana: Patient
) -> None:
    desk = api("secretary")
    made = desk.post("plans/", wanted(mine, ana, 2)).json()
    item = f"plans/{made['id']}/items/{made['items'][1]['id']}/"
    assert_problem(desk.delete(f"{item}?version=9"), 409, "stale-version")
    assert "version" in assert_problem(desk.delete(item), 400, "invalid")["errors"]
    assert PlanItem.objects.count() == 2
    assert len(desk.delete(f"{item}?version=1").json()["items"]) == 1


def test_a_page_of_plans_costs_as_much_as_one(api: Api, mine: Professional, ana: Patient) -> None:
    desk = api("secretary")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get("plans/").status_code == 200
        return sum(not one["sql"].startswith("SET search_path") for one in seen)

    desk.post("plans/", wanted(mine, ana, 2))
    one = statements()
    for _ in range(5):
        desk.post("plans/", wanted(mine, ana, 3))
    assert statements() == one
