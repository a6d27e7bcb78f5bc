"""The room and who can't be kept, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from clinics.models import Appointment, Professional, Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, own_row
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow

pytestmark = pytest.mark.django_db


def put(
    clinic: Clinic, professional: Professional, treatment: Treatment, hour: int, **more: Any
) -> Appointment:
    with clinic_scope(clinic):
        return Appointment.objects.create(
            patient=make_patient(f"Persona {hour}", dni=f"301112{hour}"),
            professional=professional,
            treatment=treatment,
            starts_at=tomorrow(hour),
            ends_at=tomorrow(hour, 30),
            **{"status": "scheduled", "source": "staff", **more},
        )


def furnish(clinic: Clinic) -> tuple[Professional, Treatment]:
    with clinic_scope(clinic):
        cleaning = make_treatment()
        return make_professional(treatments=(cleaning,)), cleaning


def test_the_room_of_a_day(api: Api, alfa: Clinic, beta: Clinic) -> None:
    ruiz, cleaning = furnish(alfa)
    mine = own_row(alfa)
    put(alfa, ruiz, cleaning, 10)
    arrived = put(alfa, mine, cleaning, 11, status="arrived", arrived_at=tomorrow(10, 55))
    with clock.frozen(tomorrow(11, 5)):
        body = api("secretary").get("room/?day=2026-11-25").json()
        own = api("professional").get("room/").json()
        assert api("ceo", beta).get("room/").json()["results"] == []
    assert body["counts"] == {
        "expected": 0, "late": 1, "waiting": 1, "in_chair": 0, "done": 0, "no_show": 0
    }  # fmt: skip
    late, waiting = body["results"]
    assert (late["place"], late["minutes"]) == ("late", 65)
    assert (waiting["place"], waiting["minutes"]) == ("waiting", 10)
    assert waiting["since"] == "2026-11-25T10:55:00-03:00"
    assert waiting["next"] == ["in_chair", "completed", "cancelled", "no_show"]
    assert [one["appointment"]["id"] for one in own["results"]] == [str(arrived.pk)]


@pytest.mark.parametrize("day", ["x", "2026-02-30", "9999-01-01", "2026-11-25T10:00:00Z"])
def test_a_day_that_is_none_is_refused(api: Api, alfa: Clinic, day: str) -> None:
    with clock.frozen(NOW):
        refused = api("secretary").get("room/", {"day": day})
    assert "day" in assert_problem(refused, 400, "invalid")["errors"]


def test_a_professional_without_a_row_sees_an_empty_room(api: Api, alfa: Clinic) -> None:
    put(alfa, *furnish(alfa), 10)
    with clock.frozen(tomorrow(9)):
        assert api("professional").get("room/").json()["results"] == []
