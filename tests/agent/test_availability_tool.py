"""check_availability: what is offered, what is not, and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Offer, Professional, Treatment
from tests.agent.desk import Talk, everything, staff_books
from tests.fixtures.clinics import make_patient, make_professional, make_treatment, tomorrow


def ask(talk: Talk, when: str, service: str = "limpieza", **more: Any) -> dict[str, Any]:
    return talk.hears("hola").call("check_availability", service=service, when=when, **more)


def times(slots: list[dict[str, Any]]) -> list[str]:
    return [f"{slot['date']} {slot['time']}" for slot in slots]


def test_three_spread_slots_inside_what_was_asked(talk: Talk) -> None:
    found = ask(talk, "mañana a la tarde")
    assert found == {
        "ok": True,
        "slots": [
            {
                "ref": f"S{number}",
                "kind": "slot",
                "professional": "Dra. María Elena Ruiz",
                "date": "2026-11-25",
                "weekday": "miércoles",
                "time": time,
                "minutes": 30,
                "text": f"miércoles 25 de noviembre, {time}, con Dra. María Elena Ruiz",
            }
            for number, time in enumerate(("14:00", "15:00", "16:00"), start=1)
        ],
    }
    assert list(Offer.objects.order_by("code").values_list("code", flat=True)) == ["S1", "S2", "S3"]


def test_a_day_gives_both_halves(talk: Talk) -> None:
    assert times(ask(talk, "2026-11-25")["slots"]) == [
        "2026-11-25 09:00",
        "2026-11-25 10:00",
        "2026-11-25 14:00",
    ]


def test_an_hour_that_is_free_is_the_only_answer(talk: Talk) -> None:
    assert times(ask(talk, "mañana a las 10")["slots"]) == ["2026-11-25 10:00"]
    assert times(ask(talk, "2026-11-25T16:30")["slots"]) == ["2026-11-25 16:30"]


def test_what_is_outside_the_window_is_an_alternative(
    talk: Talk, ruiz: Professional, cleaning: Treatment
) -> None:
    for hour, minute in (
        (14, 0),
        (14, 30),
        (15, 0),
        (15, 30),
        (16, 0),
        (16, 30),
        (17, 0),
        (17, 30),
    ):
        other = make_patient(f"Otra {hour} {minute}")
        staff_books(other, ruiz, cleaning, tomorrow(hour, minute))
    found = ask(talk, "mañana a la tarde")
    assert (found["slots"], found["reasons"]) == ([], ["taken"])
    assert "ocupados" in found["note"]
    assert times(found["alternatives"]) == [
        "2026-11-26 09:00",
        "2026-11-26 14:00",
        "2026-11-27 09:00",
    ]
    assert [slot["ref"] for slot in found["alternatives"]] == ["S1", "S2", "S3"]


def test_a_closed_day_says_so(talk: Talk) -> None:
    found = ask(talk, "el sábado")
    assert (found["slots"], found["reasons"]) == ([], ["closed"])
    # Monday 30 is a working day.
    assert times(found["alternatives"])[0] == "2026-11-30 09:00"


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("2026-11-20", "past_date"),
        ("ayer", "past_date"),
        ("2027-08-02", "beyond_horizon"),
        ("qwerty", "unclear_date"),
        ("", "unclear_date"),
        ("9" * 150, "unclear_date"),
    ],
)
def test_dates_that_are_no_help(talk: Talk, when: str, code: str) -> None:
    before = everything()
    found = ask(talk, when)
    assert (found["ok"], found["error"]) == (False, code)
    assert everything() == before
    assert not Offer.objects.exists()


def test_an_ambiguous_date_comes_with_options(talk: Talk) -> None:
    found = ask(talk, "4")
    assert found["error"] == "ambiguous_date"
    assert len(found["options"]) == 2
    assert all(set(option) == {"text", "when"} for option in found["options"])


def test_an_unknown_service_comes_with_the_list(talk: Talk) -> None:
    make_treatment("cerrado", name="Ya no se hace", is_active=False)
    found = ask(talk, "mañana", service="depilación láser")
    assert found["error"] == "unknown_service"
    assert found["services"] == [{"code": "limpieza", "name": "Limpieza dental", "minutes": 30}]


def test_professionals_by_any_of_their_names(talk: Talk, cleaning: Treatment) -> None:
    make_professional("Elena Gómez", treatments=(cleaning,))
    make_professional("Otra Persona")
    for asked in ("la dra ruiz", "Maria Elena", "dr. RUIZ"):
        found = ask(talk, "mañana a las 10", professional=asked)
        assert [slot["professional"] for slot in found["slots"]] == ["Dra. María Elena Ruiz"]
    several = ask(talk, "mañana a las 10", professional="Elena")
    assert several["error"] == "ambiguous_professional"
    assert several["professionals"] == ["Dra. Elena Gómez", "Dra. María Elena Ruiz"]
    for asked in ("Otra Persona", "la doctora"):
        none = ask(talk, "mañana a las 10", professional=asked)
        assert none["error"] == "unknown_professional"
        assert none["professionals"] == ["Dra. Elena Gómez", "Dra. María Elena Ruiz"]
    anybody = ask(talk, "mañana a las 10", professional="cualquiera")
    assert len(anybody["slots"]) == 2


def test_its_own_appointment_does_not_stand_in_the_way_of_moving_it(
    ana_talks: Talk, ruiz: Professional, cleaning: Treatment
) -> None:
    own = staff_books(ana_talks.person, ruiz, cleaning, tomorrow(10))
    ref = ana_talks.call("list_my_appointments")["appointments"][0]["ref"]
    assert ask(ana_talks, "mañana a las 10")["slots"] == []
    moved = ask(ana_talks, "mañana a las 10", reschedules=ref)
    assert times(moved["slots"]) == ["2026-11-25 10:00"]
    assert ask(ana_talks, "mañana", reschedules="A0000")["error"] == "unknown_appointment"
    assert own.status == "scheduled"


def test_urgency_alone_does_not_open_the_reserve(talk: Talk) -> None:
    found = ask(talk, "mañana a las 12:30", for_urgency=True)
    assert found["slots"] == []
    assert "urgencia" in found["note"]


def test_statements_and_nothing_read_per_professional(talk: Talk, cleaning: Treatment) -> None:
    for number in range(9):
        make_professional(f"Colega {chr(65 + number)}", treatments=(cleaning,))
    talk.hears("hola")
    desk = talk.desk()
    from agent.tools import registry

    with CaptureQueriesContext(connection) as captured:
        result = registry.call(
            desk, "check_availability", '{"service": "limpieza", "when": "mañana"}'
        )
    assert len(result["slots"]) == 3
    offers = [one for one in captured if "offers" in one["sql"]]
    assert len(captured) - len(offers) <= 6, [one["sql"][:80] for one in captured]


def test_long_windows_are_read_in_pieces(talk: Talk) -> None:
    found = ask(talk, "2026-12-01/2027-02-20")
    assert times(found["slots"])[0] == "2026-12-01 09:00"
    assert len(found["slots"]) == 3
    assert all(slot["date"] <= "2026-12-09" for slot in found["slots"])
