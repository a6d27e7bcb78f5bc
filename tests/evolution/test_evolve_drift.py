"""Clinics that somebody changed by hand."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from dentalogic.core.evolution.robot import State
from tests.evolution.world import World

BY_HAND = "ALTER TABLE alfa.patients ADD COLUMN by_hand integer"
UNDONE = "ALTER TABLE alfa.patients DROP COLUMN by_hand"


def test_a_clinic_changed_by_hand_is_named_with_the_difference_and_not_touched(
    world: World,
) -> None:
    nick = world.patch("0001_nick")
    world.sql.execute(BY_HAND)
    before, records = world.catalogue("alfa"), world.records("alfa")
    outcomes = world.evolve(jobs=2)
    assert outcomes["alfa"].state is State.CHANGED
    assert outcomes["alfa"].why == ("column patients.by_hand should not be there",)
    assert outcomes["beta"].state is State.DONE
    assert world.catalogue("alfa") == before
    assert world.records("alfa") == records
    # Undone by hand as well, it goes on as if nothing had been.
    world.sql.execute(UNDONE)
    assert world.evolve()["alfa"].state is State.DONE
    assert world.record("alfa", nick) == (True, True, "")


def test_without_a_neighbour_the_difference_comes_from_the_patches(world: World) -> None:
    world.patch("0001_nick")
    world.sql.execute("DELETE FROM clinic_schemas WHERE schema_name = 'beta'")
    world.sql.execute("DROP INDEX alfa.patient_by_name")
    schemas = "SELECT array_agg(nspname::text ORDER BY 1) FROM pg_namespace"
    before = world.one(schemas)
    outcome = world.evolve()["alfa"]
    assert outcome.state is State.CHANGED
    assert outcome.why == ("index patients.patient_by_name is missing",)
    assert world.one(schemas) == before


def test_a_neighbour_that_was_changed_too_is_no_example(world: World) -> None:
    world.patch("0001_nick")
    for clinic in ("alfa", "beta"):
        world.sql.execute(BY_HAND.replace("alfa", clinic))
    outcomes = world.evolve()
    for clinic in ("alfa", "beta"):
        assert outcomes[clinic].state is State.CHANGED
        assert outcomes[clinic].why == ("column patients.by_hand should not be there",)


def test_hashes_that_were_taken_differently_are_not_compared(world: World) -> None:
    world.patch("0001_nick")
    world.sql.execute(
        "UPDATE clinic_schemas SET catalogue = 'another', reading = '0/14'"
        " WHERE schema_name = 'alfa'"
    )
    assert world.evolve()["alfa"].state is State.DONE
    healthy = world.one("SELECT catalogue, reading FROM clinic_schemas WHERE schema_name = 'beta'")
    assert healthy == world.one(
        "SELECT catalogue, reading FROM clinic_schemas WHERE schema_name = 'alfa'"
    )


def test_check_finds_a_clinic_changed_by_hand(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("evolve", check=True)
    assert capsys.readouterr().out == ""
    world.sql.execute(BY_HAND)
    before, records = world.catalogue("alfa"), world.records()
    with pytest.raises(SystemExit) as code:
        call_command("evolve", check=True)
    assert code.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        "alfa: changed by hand, left as it was:",
        "alfa:   column patients.by_hand should not be there",
    ]
    assert world.catalogue("alfa") == before
    assert world.records() == records
