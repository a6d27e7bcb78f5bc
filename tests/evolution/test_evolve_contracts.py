"""Contract patches wait for the old code to end; what builds on them waits with them."""

from __future__ import annotations

from django.db import connection

from dentalogic.core.evolution import Step, survey
from dentalogic.core.evolution.robot import State
from dentalogic.core.evolution.steps import up_to_contract
from dentalogic.core.sqlpatch import CONTRACT
from tests.evolution.world import World

NOTHING = "DO $$ BEGIN PERFORM 1; END $$;"


def three_steps(world: World) -> tuple[Step, Step, Step]:
    return (
        world.patch("0001_nick"),
        world.patch("0002_contract", f"{CONTRACT} away with it.\n{NOTHING}"),
        world.patch("0003_after", NOTHING),
    )


def kept(world: World) -> tuple[Step, ...]:
    with connection.cursor() as cursor:
        return survey.without_contracts(cursor, world.steps)


def test_expand_only_stops_before_the_first_contract_step(world: World) -> None:
    nick, contract, after = three_steps(world)
    for arguments, code in ((["--expand-only"], 0), (["--check", "--expand-only"], 0)):
        process = world.start(*arguments)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, "")
        held = f"held until `evolve` runs without --expand-only: {contract.label}, {after.label}"
        assert held in out
    for clinic in ("alfa", "beta"):
        assert world.record(clinic, nick) == (True, True, "")
        assert world.record(clinic, contract) is None
        assert world.record(clinic, after) is None
    outcomes = world.evolve()
    assert all(one.state is State.DONE for one in outcomes.values())
    assert all(one.steps == (contract, after) for one in outcomes.values())
    assert kept(world) == world.steps


def test_a_contract_step_that_one_clinic_lacks_is_held_for_all(world: World) -> None:
    nick, contract, after = three_steps(world)
    alfa = [target for target in world.behind() if target.schema_name == "alfa"]
    assert world.evolve(alfa)["alfa"].steps == (nick, contract, after)
    assert kept(world)[-1] == nick
    beta = [target for target in world.behind() if target.schema_name == "beta"]
    assert world.evolve(beta)["beta"].state is State.DONE
    assert kept(world) == world.steps


def test_what_follows_a_contract_step_waits_with_it(world: World) -> None:
    nick, contract, after = three_steps(world)
    assert up_to_contract([nick, contract, after], set()) == (nick,)
    assert up_to_contract([nick, contract, after], {after.key}) == (nick,)
    assert up_to_contract([nick, contract, after], {contract.key}) == (nick, contract, after)
    assert up_to_contract([], set()) == ()
