"""Who takes which insurance, with what authorisation, and what the patient pays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import Coverage, Insurer, InsurerPlan, Professional, Treatment
from clinics.services.coverage import Terms, add_coverage, add_insurer_plan, terms_for
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import Invalid
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_professional, make_treatment

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan210(osde: Insurer) -> InsurerPlan:
    return add_insurer_plan(insurer_id=osde.pk, name="210")


def test_where_no_rule_fits_nobody_takes_it(
    osde: Insurer, ruiz: Professional, cleaning: Treatment
) -> None:
    terms = terms_for(insurer=osde, plan=None, professional=ruiz, treatment=cleaning)
    assert (terms.accepted, terms.rule) == (False, None)
    assert terms.patient_pays(Decimal("100")) == 100


def test_the_most_exact_rule_wins_in_the_order_that_is_written_down(
    osde: Insurer, plan210: InsurerPlan, ruiz: Professional, cleaning: Treatment
) -> None:
    exact: dict[str, Any] = {
        "professional": ruiz.pk,
        "treatment": cleaning.pk,
        "plan": plan210.pk,
    }
    # From the least exact to the most, as the order says.
    order = ["", "plan", "treatment", "professional", "plan treatment", "plan professional",
             "treatment professional", "plan treatment professional"]  # fmt: skip
    asked = {"insurer": osde, "plan": plan210, "professional": ruiz, "treatment": cleaning}
    for names in order:
        rule = add_coverage(
            insurer_id=osde.pk, **{f"{name}_id": exact[name] for name in names.split()}
        )
        assert terms_for(**asked).rule == rule.pk, names  # type: ignore[arg-type]
    colleague = make_professional("Julián Gómez")
    found = terms_for(insurer=osde, plan=None, professional=colleague, treatment=cleaning)
    assert found.rule == Coverage.objects.get(professional=None, plan=None, treatment=cleaning).pk


def test_the_order_in_which_rules_were_written_is_no_matter(
    osde: Insurer, plan210: InsurerPlan, ruiz: Professional, cleaning: Treatment
) -> None:
    exact = add_coverage(insurer_id=osde.pk, professional_id=ruiz.pk, treatment_id=cleaning.pk)
    add_coverage(insurer_id=osde.pk, plan_id=plan210.pk)
    found = terms_for(insurer=osde, plan=plan210, professional=ruiz, treatment=cleaning)
    assert found.rule == exact.pk


def test_what_is_not_active_is_taken_by_nobody(
    osde: Insurer, plan210: InsurerPlan, cleaning: Treatment
) -> None:
    add_coverage(insurer_id=osde.pk)
    plan210.is_active = False
    asked: dict[str, Any] = {"professional": None, "treatment": cleaning}
    assert terms_for(insurer=osde, plan=None, **asked).accepted
    assert not terms_for(insurer=osde, plan=plan210, **asked).accepted
    osde.is_active = False
    assert not terms_for(insurer=osde, plan=None, **asked).accepted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.decimals(0, 999999, places=2),
    amount=st.none() | st.decimals(0, 999999, places=2),
    percent=st.none() | st.decimals(0, 100, places=2),
)
def test_the_shares_are_the_price(
    price: Decimal, amount: Decimal | None, percent: Decimal | None
) -> None:
    terms = Terms(
        accepted=True, copay_amount=amount, copay_percent=None if amount is not None else percent
    )
    own = terms.patient_pays(price)
    assert (own is None) == (amount is None and percent is None)
    assert 0 <= terms.insurer_pays(price) <= price
    if own is not None:
        assert own + terms.insurer_pays(price) == price
        assert own == own.quantize(Decimal("0.01"))


def test_one_rule_for_exactly_the_same(osde: Insurer, beta: Clinic) -> None:
    add_coverage(insurer_id=osde.pk)
    with pytest.raises(Invalid):
        add_coverage(insurer_id=osde.pk)
    other = Insurer.objects.create(name="Swiss", name_key="swiss")
    theirs = add_insurer_plan(insurer_id=other.pk, name="SMG20")
    with pytest.raises(Invalid):
        add_coverage(insurer_id=osde.pk, plan_id=theirs.pk)
    with pytest.raises(Invalid):
        add_insurer_plan(insurer_id=other.pk, name="smg20")
    assert (Coverage.objects.count(), InsurerPlan.objects.count()) == (1, 1)


def test_the_desk_asks_and_the_ceo_writes(api: Api, in_alfa: Clinic, osde: Insurer) -> None:
    ceo, desk = api("ceo"), api("secretary")
    ruiz, crown = make_professional(), make_treatment("corona", price=Decimal("1000"))
    plan = ceo.post(f"insurers/{osde.pk}/plans/", {"name": "210"}).json()
    assert_problem(desk.post(f"insurers/{osde.pk}/plans/", {"name": "310"}), 403, "not-allowed")
    terms = {"needs_authorisation": True, "authorisation_note": "Orden", "copay_percent": "33.33"}
    given = {"insurer": str(osde.pk), "plan": plan["id"], "treatment": str(crown.pk), **terms}
    made = ceo.post("coverages/", given)
    assert made.status_code == 201, made.content
    assert_problem(ceo.post("coverages/", given), 400, "invalid")
    assert_problem(ceo.post("coverages/", {**given, "copay_amount": "1"}), 400, "invalid")
    assert_problem(desk.post("coverages/", given), 403, "not-allowed")
    asked: dict[str, Any] = {
        "insurer": osde.pk,
        "plan": plan["id"],
        "treatment": crown.pk,
        "professional": ruiz.pk,
    }
    told = desk.get("coverages/terms/", asked).json()
    assert told == {
        "accepted": True,
        "needs_authorisation": True,
        "authorisation_note": "Orden",
        "price": "1000.00",
        "patient_pays": "333.30",
        "insurer_pays": "666.70",
        "rule": made.json()["id"],
    }
    url = f"coverages/{made.json()['id']}/"
    assert_problem(ceo.patch(url, {"version": 7, "accepted": False}), 409, "stale-version")
    assert ceo.patch(url, {"version": 1, "accepted": False}).json()["version"] == 2
    assert desk.get("coverages/terms/", asked).json()["patient_pays"] == "1000.00"
    assert [one["id"] for one in desk.get(f"coverages/?plan={plan['id']}").json()["results"]]
    assert ceo.delete(url).status_code == 204
    assert desk.get("coverages/terms/", asked).json()["rule"] is None
    assert_problem(desk.get("coverages/terms/", {"insurer": str(osde.pk)}), 400, "invalid")


@pytest.mark.parametrize(
    "wrong",
    [{"copay_percent": "101"}, {"copay_percent": "-1"}, {"copay_amount": "NaN"},
     {"accepted": "quizás"}, {"authorisation_note": "x" * 301}, {"insurer": "osde"}],
)  # fmt: skip
def test_wrong_terms_are_named(api: Api, osde: Insurer, wrong: dict[str, Any]) -> None:
    given = {"insurer": str(osde.pk), **wrong}
    body = assert_problem(api("ceo").post("coverages/", given), 400, "invalid")
    assert list(body["errors"]) == list(wrong)
    assert not Coverage.objects.exists()


def test_another_clinics_rules_do_not_exist(api: Api, osde: Insurer, beta: Clinic) -> None:
    rule = add_coverage(insurer_id=osde.pk)
    with clinic_scope(beta):
        crown = make_treatment("corona")
    ceo = api("ceo", beta)
    assert_problem(ceo.get(f"coverages/{rule.pk}/"), 404, "not-found")
    assert_problem(ceo.delete(f"coverages/{rule.pk}/"), 404, "not-found")
    asked: dict[str, Any] = {"insurer": osde.pk, "treatment": crown.pk}
    assert_problem(ceo.get("coverages/terms/", asked), 404, "not-found")
    assert Coverage.objects.count() == 1
