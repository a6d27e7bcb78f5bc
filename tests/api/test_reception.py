"""The room and who can't be kept, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from clinics.models import Absence, Appointment, ChannelIdentity, Professional, Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.models import OutboxMessage
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


HOURS = {"starts_at": "2026-11-25T10:00:00-03:00", "ends_at": "2026-11-25T12:00:00-03:00"}


def test_an_absence_answers_with_who_has_to_be_moved(api: Api, alfa: Clinic) -> None:
    ruiz, cleaning = furnish(alfa)
    one = put(alfa, ruiz, cleaning, 10)
    put(alfa, ruiz, cleaning, 14)
    url = f"professionals/{ruiz.pk}/absences/"
    ceo = api("ceo")
    with clock.frozen(NOW):
        made = [
            ceo.post(url, HOURS, headers={"Idempotency-Key": "una-vez"}).json() for _ in range(2)
        ]
        assert made[0] == made[1]
        assert made[0]["affected_count"] == 1
        assert [found["id"] for found in made[0]["affected"]] == [str(one.pk)]
        listed = api("secretary").get("move-requests/").json()["results"]
        assert [found["appointment"]["id"] for found in listed] == [str(one.pk)]
        assert (listed[0]["cause_id"], listed[0]["state"]) == (made[0]["id"], "open")
        shortened = ceo.patch(f"{url}{made[0]['id']}/", {"starts_at": "2026-11-25T11:00:00-03:00"})
        assert shortened.json()["affected"] == []
        assert api("secretary").get("move-requests/").json()["results"] == []
        kept = api("secretary").get("move-requests/?state=kept").json()["results"]
        assert [found["appointment"]["id"] for found in kept] == [str(one.pk)]
        assert_problem(api("secretary").post(url, HOURS), 403, "not-allowed")
        past = {name: value.replace("2026-11-25", "2026-11-20") for name, value in HOURS.items()}
        assert "ends_at" in assert_problem(ceo.post(url, past), 400, "invalid")["errors"]
        backwards = {"starts_at": HOURS["ends_at"], "ends_at": HOURS["starts_at"]}
        assert_problem(ceo.patch(f"{url}{made[0]['id']}/", backwards), 400, "invalid")
    with clinic_scope(alfa):
        assert Absence.objects.count() == 1


def test_closures_list_everybody_and_professionals_see_their_own(api: Api, alfa: Clinic) -> None:
    ruiz, cleaning = furnish(alfa)
    mine = own_row(alfa)
    put(alfa, ruiz, cleaning, 10)
    own = put(alfa, mine, cleaning, 11)
    day = {"starts_on": "2026-11-25", "ends_on": "2026-11-25", "name": "Obra"}
    with clock.frozen(NOW):
        made = api("ceo").post("closures/", day).json()
        assert made["affected_count"] == 2
        listed = api("professional").get("move-requests/").json()["results"]
        assert [one["appointment"]["id"] for one in listed] == [str(own.pk)]
        changed = api("ceo").patch(f"closures/{made['id']}/", {"starts_on": "2026-11-20"})
        assert changed.json()["affected_count"] == 2
        wrong = api("ceo").patch(f"closures/{made['id']}/", {"ends_on": "2026-11-19"})
        assert_problem(wrong, 400, "invalid")
        assert api("ceo").delete(f"closures/{made['id']}/").status_code == 204
        assert api("secretary").get("move-requests/").json()["results"] == []


def owed(clinic: Clinic) -> int:
    return OutboxMessage.objects.filter(clinic_id=clinic.pk, topic="move.told").count()


def test_telling_is_owed_once_and_can_be_done_by_telephone(
    api: Api, alfa: Clinic, beta: Clinic
) -> None:
    ruiz, cleaning = furnish(alfa)
    known, unknown = put(alfa, ruiz, cleaning, 10), put(alfa, ruiz, cleaning, 11)
    with clinic_scope(alfa):
        ChannelIdentity.objects.create(patient=known.patient, raw_id="1", send_to="1")
    client = api("secretary")
    with clock.frozen(NOW):
        made = api("ceo").post(f"professionals/{ruiz.pk}/absences/", HOURS).json()
        rows = {
            one["appointment"]["id"]: one["id"]
            for one in client.get("move-requests/").json()["results"]
        }
        told = {"cause_id": made["id"]}
        for _ in range(2):
            answer = client.post("move-requests/tell/", told).json()
            assert answer == {
                "queued": [rows[str(known.pk)]], "without_channel": [rows[str(unknown.pk)]]
            }  # fmt: skip
        assert owed(alfa) == 2
        url = f"move-requests/{rows[str(unknown.pk)]}/told/"
        assert client.post(url).json()["told_at"] == "2026-11-24T09:00:00-03:00"
        assert client.post("move-requests/tell/", told).json()["without_channel"] == []
        assert len(client.get("move-requests/?told=false").json()["results"]) == 1
        wrong: dict[str, Any]
        for wrong in ({}, {"ids": []}, {"ids": ["x"]}, {"ids": "x"}, {"cause_id": "x"}):
            assert_problem(client.post("move-requests/tell/", wrong), 400, "invalid")
        foreign = {"ids": list(rows.values())}
        assert_problem(api("ceo", beta).post("move-requests/tell/", foreign), 404, "not-found")
        assert_problem(api("ceo", beta).post(url), 404, "not-found")
        assert_problem(api("professional").post("move-requests/tell/", told), 403, "not-allowed")
    assert owed(beta) == 0
