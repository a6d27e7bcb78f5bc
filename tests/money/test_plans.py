"""Treatment plans: drawn up, decided, paid; their visits booked in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinics.models import (
    Appointment,
    Insurer,
    Patient,
    PlanItem,
    Professional,
    Treatment,
    TreatmentPlan,
)
from clinics.services import lifecycle, plans, plans_deciding, plans_visits
from clinics.services.coverage import add_coverage, add_insurer_plan
from clinics.services.errors import ReasonRequired, SlotTaken
from clinics.services.plans_balance import Balance, balances
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid, NotFound, StaleVersion
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow
from tests.money.ledger import STAFF, TODAY, nothing_written, record

pytestmark = pytest.mark.django_db
Drawn = Callable[..., TreatmentPlan]


@pytest.fixture
def root_canal(in_alfa: Clinic) -> Treatment:
    return make_treatment("conducto", 60, "Conducto", price=Decimal("1000"))


@pytest.fixture
def dentist(root_canal: Treatment) -> Professional:
    return make_professional("Inés Paz", treatments=(root_canal,))


@pytest.fixture
def draw(dentist: Professional, root_canal: Treatment, ana: Patient) -> Drawn:
    """Draw up a plan of so many visits, a week apart, and bring it as far as `until`."""

    def make(visits: int = 2, until: str = "approved", **more: Any) -> TreatmentPlan:
        items: list[dict[str, Any]] = [
            {"treatment_id": root_canal.pk, "visit": n + 1, "tooth": 16,
             "days_after_previous": 7 if n else 0}
            for n in range(visits)
        ]  # fmt: skip
        plan = plans.draft_plan(
            patient_id=ana.pk,
            professional_id=dentist.pk,
            title="Conducto de la 16",
            actor=STAFF,
            **{"items": items, **more},
        )
        if until in {"proposed", "approved"}:
            plan = plans_deciding.propose_plan(plan_id=plan.pk, version=plan.version)
        if until == "approved":
            plan = plans_deciding.approve_plan(
                plan_id=plan.pk, version=plan.version, actor=STAFF, note="Firmado"
            )
        return plan

    return make


def item_of(plan: TreatmentPlan, visit: int = 1) -> Any:
    return PlanItem.objects.get(plan=plan, visit=visit)


def book(plan: TreatmentPlan, visit: int = 1, starts_at: datetime | None = None) -> Appointment:
    plan.refresh_from_db()
    return plans_visits.book_item(
        plan_id=plan.pk,
        item_id=item_of(plan, visit).pk,
        version=plan.version,
        starts_at=starts_at or tomorrow(10),
        actor=STAFF,
    )


def done(plan: TreatmentPlan, visit: int = 1) -> TreatmentPlan:
    plan.refresh_from_db()
    item = item_of(plan, visit)
    return plans_visits.complete_item(plan_id=plan.pk, item_id=item.pk, version=plan.version)


def balance(plan: TreatmentPlan) -> Any:
    return balances(TreatmentPlan.objects.filter(pk=plan.pk).prefetch_related("items"))[plan.pk]


def test_shares_come_from_the_patients_insurance(
    draw: Drawn, osde: Insurer, ana: Patient, root_canal: Treatment
) -> None:
    plan210 = add_insurer_plan(insurer_id=osde.pk, name="210")
    add_coverage(insurer_id=osde.pk, plan_id=plan210.pk, copay_percent=Decimal("30"))
    assert item_of(draw(1, "draft")).insurer_pays == 0
    Patient.objects.filter(pk=ana.pk).update(insurer=osde, insurance_plan=" 210 ")
    item = item_of(draw(1, "draft"))
    assert (item.price, item.insurer_pays) == (1000, 700)
    own = {"treatment_id": root_canal.pk, "price": Decimal("500"), "insurer_pays": Decimal("1")}
    assert item_of(draw(items=[own], until="draft")).insurer_pays == 1


def test_a_draft_changes_and_a_proposal_does_not(draw: Drawn, root_canal: Treatment) -> None:
    plan = draw(1, "draft")
    item = plans.add_item(
        plan_id=plan.pk, version=1, treatment_id=root_canal.pk, visit=2, price=Decimal("10")
    )
    plans.change_item(plan_id=plan.pk, item_id=item.pk, version=2, price=Decimal("20"))
    with pytest.raises(StaleVersion):
        plans.remove_item(plan_id=plan.pk, item_id=item.pk, version=2)
    plan = plans.change_plan(plan_id=plan.pk, version=3, title="Otro")
    plan = plans_deciding.propose_plan(plan_id=plan.pk, version=4)
    before = list(PlanItem.objects.order_by("id").values())
    with pytest.raises(plans.PlanRefused):
        plans.change_item(plan_id=plan.pk, item_id=item.pk, version=5, price=Decimal("1"))
    with pytest.raises(plans.PlanRefused):
        plans.remove_item(plan_id=plan.pk, item_id=item.pk, version=5)
    with pytest.raises(plans.PlanRefused):
        plans.change_plan(plan_id=plan.pk, version=5, title="No")
    assert list(PlanItem.objects.order_by("id").values()) == before
    plan.refresh_from_db()
    assert (plan.title, plan.version) == ("Otro", 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tooth": 19},
        {"tooth": 16, "faces": "MM"},
        {"tooth": 16, "faces": "X"},
        {"faces": "M"},
        {"insurer_pays": Decimal("2000")},
        {"price": Decimal("NaN")},
        {"price": Decimal("0.001")},
    ],
)
def test_an_item_that_cannot_be_is_refused(
    draw: Drawn, root_canal: Treatment, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        draw(items=[{"treatment_id": root_canal.pk, **wrong}])
    assert not TreatmentPlan.objects.exists()


def test_what_has_no_price_or_no_visit_is_refused(draw: Drawn, cleaning: Treatment) -> None:
    with pytest.raises(Invalid):
        draw(items=[{"treatment_id": cleaning.pk}])
    plan = draw(0, "draft")
    with pytest.raises(Invalid):
        plans_deciding.propose_plan(plan_id=plan.pk, version=1)
    gap = draw(items=[{"treatment_id": cleaning.pk, "price": Decimal(1), "visit": 2}],
               until="draft")  # fmt: skip
    with pytest.raises(Invalid):
        plans_deciding.propose_plan(plan_id=gap.pk, version=1)
    assert set(TreatmentPlan.objects.values_list("status", flat=True)) == {"draft"}


def test_a_decision_is_written_down_once(draw: Drawn) -> None:
    plan = draw(1, "proposed", valid_until=TODAY)
    given: dict[str, Any] = {"plan_id": plan.pk, "version": plan.version, "actor": STAFF}
    with pytest.raises(ReasonRequired):
        plans_deciding.approve_plan(**given, note=" ")
    with clock.frozen(NOW + timedelta(days=1)), pytest.raises(plans_deciding.PlanExpired):
        plans_deciding.approve_plan(**given, note="Firmado")
    plan.refresh_from_db()
    assert (plan.status, plan.decided_at) == ("proposed", None)
    approved = plans_deciding.approve_plan(**given, note="Firmado")
    assert (approved.decided_by, approved.decision_note) == (STAFF.user_id, "Firmado")
    with pytest.raises(plans.PlanRefused):
        plans_deciding.reject_plan(plan_id=plan.pk, version=approved.version, actor=STAFF)
    rejected = draw(1, "proposed")
    plans_deciding.reject_plan(plan_id=rejected.pk, version=rejected.version, actor=STAFF)
    assert balance(rejected).balance == 0


def test_the_balance_is_the_share_less_what_was_paid(draw: Drawn, osde: Insurer) -> None:
    draft = draw(until="draft")
    with nothing_written(), pytest.raises(Invalid):
        record("1", plan_id=draft.pk)
    plan = draw()
    assert balance(plan) == Balance(Decimal(0), Decimal(2000), Decimal(0), Decimal(0))
    paid = record("1500", plan_id=plan.pk)
    assert paid.patient_id == plan.patient_id
    record("200", "refund", "transfer", plan_id=plan.pk)
    record("90", "insurance_claim", "insurer", plan_id=plan.pk, insurer_id=osde.pk)
    record("80", "income", "insurer", plan_id=plan.pk, insurer_id=osde.pk)
    assert balance(plan) == Balance(Decimal(1300), Decimal(700), Decimal(90), Decimal(80))
    from clinics.services import accounting

    accounting.reverse_transaction(transaction_id=paid.pk, actor=STAFF, reason="error")
    assert balance(plan).balance == 2200


def test_money_of_a_plan_is_its_patients(draw: Drawn) -> None:
    other = make_patient("Beto Gómez", dni="27000111")
    with nothing_written(), pytest.raises(Invalid):
        record("1", plan_id=draw().pk, patient_id=other.pk)
    with nothing_written(), pytest.raises(Invalid):
        record("1", "expense", plan_id=draw().pk)


# -- visits


def test_visits_are_booked_in_order_with_the_days_between(draw: Drawn) -> None:
    plan = draw(3)
    with pytest.raises(plans_visits.VisitOutOfOrder):
        book(plan, 2, tomorrow(10))
    assert not Appointment.objects.exists()
    first = book(plan, 1, tomorrow(10))
    assert (first.patient_id, item_of(plan).appointment_id) == (plan.patient_id, first.pk)
    with pytest.raises(plans_visits.VisitOutOfOrder) as refused:
        book(plan, 2, tomorrow(10) + timedelta(days=6))
    assert refused.value.details == {"earliest": "2026-12-02"}
    with pytest.raises(plans_visits.ItemRefused):
        book(plan, 1, tomorrow(12))
    book(plan, 2, tomorrow(10) + timedelta(days=7))
    book(plan, 3, tomorrow(10) + timedelta(days=14))
    lifecycle.change_status(appointment_id=first.pk, to="cancelled", actor=STAFF, reason="Viaja")
    with pytest.raises(plans_visits.VisitOutOfOrder) as refused:
        book(plan, 1, tomorrow(10) + timedelta(days=1))
    assert refused.value.details == {"latest": "2026-11-25"}
    again = book(plan, 1, tomorrow(11))
    assert item_of(plan).appointment_id == again.pk != first.pk
    assert Appointment.objects.count() == 4


def test_a_visits_items_share_a_day(draw: Drawn, root_canal: Treatment) -> None:
    items = [{"treatment_id": root_canal.pk, "visit": 1} for _ in range(2)]
    plan = draw(items=items)
    one, two = PlanItem.objects.filter(plan=plan).order_by("position")

    def put(item: PlanItem, at: datetime) -> Appointment:
        plan.refresh_from_db()
        return plans_visits.book_item(
            plan_id=plan.pk, item_id=item.pk, version=plan.version, starts_at=at, actor=STAFF
        )

    put(one, tomorrow(10))
    with pytest.raises(plans_visits.VisitOutOfOrder):
        put(two, tomorrow(10) + timedelta(days=1))
    put(two, tomorrow(11))
    assert Appointment.objects.count() == 2


def test_a_taken_time_ties_nothing(draw: Drawn, dentist: Professional) -> None:
    plan, other = draw(1), draw(1)
    book(plan)
    before = other.version
    with pytest.raises(SlotTaken):
        book(other)
    other.refresh_from_db()
    assert (other.version, item_of(other).appointment_id) == (before, None)
    with pytest.raises(StaleVersion):
        plans_visits.book_item(
            plan_id=other.pk,
            item_id=item_of(other).pk,
            version=before - 1,
            starts_at=tomorrow(12),
            actor=STAFF,
        )
    assert Appointment.objects.count() == 1


def test_only_an_approved_plan_is_booked_and_it_ends_with_its_last_item(draw: Drawn) -> None:
    with pytest.raises(plans.PlanRefused):
        book(draw(until="proposed"))
    plan = draw(2)
    book(plan)
    with pytest.raises(plans_visits.ItemRefused):
        done(plan)
    with clock.frozen(NOW + timedelta(days=2)):
        assert done(plan).status == "approved"
        with pytest.raises(plans_visits.ItemRefused):
            done(plan)
        assert done(plan, 2).status == "done"
    with pytest.raises(DomainError):
        book(plan, 2, tomorrow(15))
    assert balance(plan).balance == 2000


def test_a_plan_given_up_keeps_what_was_done(draw: Drawn) -> None:
    plan = draw(2)
    done(plan)
    visit = book(plan, 2, tomorrow(10) + timedelta(days=7))
    plan.refresh_from_db()
    given: dict[str, Any] = {"plan_id": plan.pk, "version": plan.version, "actor": STAFF}
    with pytest.raises(plans_deciding.VisitsBooked) as refused:
        plans_deciding.cancel_plan(**given, reason="Se mudó")
    assert refused.value.details == {"appointments": [str(visit.pk)]}
    assert item_of(plan, 2).status == "pending"
    lifecycle.change_status(appointment_id=visit.pk, to="cancelled", actor=STAFF)
    plans_deciding.cancel_plan(**given, reason="Se mudó")
    assert (item_of(plan, 2).status, balance(plan).balance) == ("cancelled", 1000)


def test_another_clinics_plan_does_not_exist(draw: Drawn, beta: Clinic) -> None:
    plan = draw(1)
    with clinic_scope(beta), pytest.raises(NotFound):
        plans_deciding.cancel_plan(plan_id=plan.pk, version=3, actor=STAFF, reason="x")
    assert TreatmentPlan.objects.get().status == "approved"
