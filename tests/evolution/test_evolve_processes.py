"""Robots as processes: killed, told to stop, two at once."""

from __future__ import annotations

import signal
import subprocess

import pytest

from dentalogic.core.evolution.robot import State
from tests.evolution.world import ADD_NICK, AT_THE_GATE, World

pytestmark = pytest.mark.processes


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_killed_robot_leaves_the_clinic_as_it_was_and_the_next_one_finishes(
    world: World,
) -> None:
    nick = world.patch("0001_nick", ADD_NICK + AT_THE_GATE)
    before = world.catalogue("alfa")
    world.close_gate()
    robot = world.start("--jobs", "1")
    world.wait_at_gate()
    robot.kill()
    assert robot.wait(30) == -signal.SIGKILL
    # PostgreSQL notices by itself that nobody is there, though the gate stays closed.
    world.wait_at_gate(robots=0)
    assert world.catalogue("alfa") == before
    assert world.record("alfa", nick) == (True, False, "")
    assert world.record("beta", nick) is None
    code, out, _ = ended(world.start("--check", "-v", "2"))
    assert code == 1
    assert "alfa: extra.0001_nick is missing" in out
    assert "interrupted (started, never finished)" in out
    world.open_gate()
    outcomes = world.evolve()
    assert {one.state for one in outcomes.values()} == {State.DONE}
    assert world.has_nick("alfa")
    assert world.record("alfa", nick) == (True, True, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 1), (signal.SIGINT, 130)])
def test_a_robot_that_is_told_to_stop_ends_after_the_clinic(
    world: World, number: signal.Signals, code: int
) -> None:
    nick = world.patch("0001_nick", ADD_NICK + AT_THE_GATE)
    world.close_gate()
    robot = world.start("--jobs", "1")
    world.wait_at_gate()
    robot.send_signal(number)
    world.open_gate()
    status, out, err = ended(robot)
    assert status == code
    assert "alfa: brought up to date: extra.0001_nick" in out
    assert "not reached: beta" in err
    assert "2 clinics: 0 were up to date, 1 brought up to date, 1 not reached" in out
    assert world.record("alfa", nick) == (True, True, "")
    assert world.record("beta", nick) is None
    assert not world.has_nick("beta")


def test_what_is_at_work_when_the_robot_is_told_to_stop_is_finished(world: World) -> None:
    nick = world.patch("0001_nick", ADD_NICK + AT_THE_GATE)
    world.close_gate()
    robot = world.start("--jobs", "2")
    world.wait_at_gate(robots=2)
    robot.send_signal(signal.SIGTERM)
    world.open_gate()
    status, out, err = ended(robot)
    # Told to stop, and nothing was left to do.
    assert (status, err) == (0, "")
    assert "2 brought up to date" in out
    assert world.record("alfa", nick) == world.record("beta", nick) == (True, True, "")


def test_two_robots_share_the_work_and_do_each_clinic_once(world: World) -> None:
    world.sql.execute("CREATE TABLE public.runs (clinic text)")
    nick = world.patch(
        "0001_nick",
        "DO $$ BEGIN INSERT INTO public.runs VALUES (current_schema()); END $$;\n"
        + ADD_NICK
        + AT_THE_GATE,
    )
    world.close_gate()
    robots = [world.start("--jobs", "1"), world.start("--jobs", "1")]
    # One is in each clinic: whoever came second to alfa went on to beta.
    world.wait_at_gate(robots=2)
    assert world.one("SELECT count(*) FROM runs") == (0,)
    world.open_gate()
    results = [ended(robot) for robot in robots]
    assert [code for code, _, _ in results] == [0, 0]
    assert world.sql.execute("SELECT clinic FROM runs ORDER BY 1").fetchall() == [
        ("alfa",),
        ("beta",),
    ]
    said = "".join(out for _, out, _ in results)
    assert said.count("brought up to date: extra.0001_nick") == 2
    assert world.record("alfa", nick) == world.record("beta", nick) == (True, True, "")


def test_a_patch_that_was_edited_after_it_was_applied_is_refused(world: World) -> None:
    nick = world.patch("0001_nick")
    world.evolve()
    assert nick.patches[0].name.endswith("0001_nick.sql")
    world.own.clear()
    world.patch("0001_nick", ADD_NICK + "-- one word more\n")
    world.patch("0002_more", ADD_NICK.replace("nick", "nock"))
    before, catalogue = world.records(), world.catalogue("alfa")
    for arguments in ((), ("--check",)):
        code, out, err = ended(world.start(*arguments))
        assert code == 1
        assert "0001_nick.sql was edited after 2 clinics had it" in err
        assert "Traceback" not in err
        assert "brought up to date" not in out
    assert world.records() == before
    assert world.catalogue("alfa") == catalogue
