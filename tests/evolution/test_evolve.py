"""The robot at work: failures, busy clinics, dropped ones; each is named, the others go on."""

from __future__ import annotations

from threading import Event

import psycopg

from dentalogic.core.evolution.robot import Outcome, State
from tests.evolution.world import ADD_NICK, World

STARTED_ONLY, FINISHED = (True, False, ""), (True, True, "")
# Fails in alfa alone, after it has changed the table and written a row.
FAIL_IN_ALFA = """
DO $$
BEGIN
    IF current_schema() = 'alfa' THEN
        RAISE EXCEPTION 'alfa is not ready for this';
    END IF;
END $$;
"""


def test_what_is_missing_is_applied_and_written_down(world: World) -> None:
    nick = world.patch("0001_nick")
    outcomes = world.evolve(jobs=2)
    assert {name: one.state for name, one in outcomes.items()} == {
        "alfa": State.DONE,
        "beta": State.DONE,
    }
    assert all(one.steps == (nick,) and one.seconds > 0 for one in outcomes.values())
    for clinic in ("alfa", "beta"):
        assert world.has_nick(clinic)
        row = world.one(
            "SELECT checksum, finished_at > started_at, error FROM clinic_patches"
            " WHERE schema_name = %s AND app = 'extra'",
            clinic,
        )
        assert row == (nick.checksum, True, "")
    assert world.behind() == []
    assert world.evolve() == {}


def test_a_patch_that_fails_half_way_leaves_its_clinic_and_the_fix_resumes(world: World) -> None:
    nick, bad = world.patch("0001_nick"), world.patch("0002_bad", ADD_NICK + FAIL_IN_ALFA)
    last = world.patch("0003_last", "DO $$ BEGIN PERFORM 1; END $$;")
    before = world.catalogue("alfa")
    outcomes = world.evolve(jobs=2)
    assert outcomes["alfa"].state is State.FAILED
    assert outcomes["alfa"].why == ("extra.0002_bad: alfa is not ready for this (SQLSTATE P0001)",)
    assert outcomes["beta"].steps == (nick, bad, last)
    assert world.catalogue("alfa") == before
    # Taken back with it: only the step that failed has a record, and that says so.
    assert world.record("alfa", nick) is None
    assert world.record("alfa", last) is None
    started, finished, error = world.record("alfa", bad) or (None, None, "")
    assert (started, finished) == (True, False)
    assert "alfa is not ready" in error
    assert [target.schema_name for target in world.behind()] == ["alfa"]

    world.own.clear()
    world.patch("0001_nick")
    bad = world.patch("0002_bad", ADD_NICK)
    # The mended patch is another text than beta had: this looks at alfa alone.
    alfa = [target for target in world.behind() if target.schema_name == "alfa"]
    assert world.evolve(alfa)["alfa"].state is State.DONE
    assert world.has_nick("alfa")
    assert world.record("alfa", bad) == FINISHED


def test_an_error_does_not_repeat_a_value(world: World) -> None:
    bad = world.patch("0001_bad", "DO $$ BEGIN PERFORM 'Ana Pérez'::integer; END $$;")
    why = world.evolve()["alfa"].why
    assert why == ("extra.0001_bad: InvalidTextRepresentation (SQLSTATE 22P02)",)
    assert world.record("alfa", bad) == (True, False, why[0])


def test_a_lost_connection_fails_one_clinic_alone(world: World) -> None:
    nick = world.patch(
        "0001_nick",
        ADD_NICK + "DO $$ BEGIN IF current_schema() = 'alfa' THEN"
        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$;",
    )
    outcomes = world.evolve()
    assert outcomes["alfa"].state is State.FAILED
    assert outcomes["beta"].state is State.DONE
    assert not world.has_nick("alfa")
    assert world.record("beta", nick) == FINISHED


def test_a_busy_clinic_is_left_and_named_and_its_traffic_goes_on(world: World) -> None:
    nick = world.patch("0001_nick")
    before = world.catalogue("alfa")
    with psycopg.connect(world.url) as reader:
        reader.execute("SELECT count(*) FROM alfa.patients")
        outcomes = world.evolve(lock_timeout=0.05, pauses=(0.01, 0.01))
        assert outcomes["alfa"].state is State.BUSY
        assert outcomes["alfa"].why[0].startswith("tried 3 times: ")
        assert outcomes["beta"].state is State.DONE
        # Nothing waits for the ALTER that gave up.
        world.sql.execute("SET statement_timeout = '5s'")
        assert world.one("SELECT count(*) FROM alfa.patients") == (0,)
    assert world.catalogue("alfa") == before
    assert world.record("alfa", nick) == STARTED_ONLY
    assert world.evolve()["alfa"].state is State.DONE


def test_a_busy_clinic_is_come_back_to_after_the_others(world: World) -> None:
    world.patch("0001_nick")
    with psycopg.connect(world.url) as reader:
        reader.execute("SELECT count(*) FROM alfa.patients")
        order: list[str] = []

        def report(outcome: Outcome) -> None:
            order.append(outcome.clinic)
            reader.rollback()

        outcomes = world.evolve(lock_timeout=0.05, pauses=(0.01,), report=report)
    assert order == ["beta", "alfa"]
    assert outcomes["alfa"].state is State.DONE
    assert outcomes["alfa"].seconds > 0.05


def test_a_clinic_that_another_robot_keeps_is_named_in_the_end(world: World) -> None:
    world.patch("0001_nick")
    clinic = world.one("SELECT id::text FROM clinics WHERE schema_name = 'alfa'")[0]
    lock = "SELECT pg_advisory_lock(hashtextextended(%s, 7))"
    world.sql.execute(lock, [clinic])
    outcomes = world.evolve(patience=0.1, look_again=0.01)
    assert outcomes["alfa"].state is State.BUSY
    assert "another robot" in outcomes["alfa"].why[0]
    assert not world.has_nick("alfa")
    assert outcomes["beta"].state is State.DONE
    world.sql.execute(lock.replace("lock(", "unlock(", 1), [clinic])
    assert world.evolve()["alfa"].state is State.DONE


def test_a_clinic_dropped_meanwhile_is_said_and_is_no_failure(world: World) -> None:
    nick = world.patch("0001_nick")
    targets = world.behind()
    assert [target.schema_name for target in targets] == ["alfa", "beta"]
    world.sql.execute("DELETE FROM lines WHERE clinic_id = %s", [targets[0].id])
    world.sql.execute("DELETE FROM memberships WHERE clinic_id = %s", [targets[0].id])
    world.sql.execute("DELETE FROM clinics WHERE id = %s", [targets[0].id])
    world.sql.execute("DROP SCHEMA alfa CASCADE")
    outcomes = world.evolve(targets)
    assert outcomes["alfa"].state is State.DROPPED
    assert outcomes["alfa"].state.fine
    assert world.record("alfa", nick) is None
    assert outcomes["beta"].state is State.DONE


def test_a_clinic_without_its_schema_is_named(world: World) -> None:
    world.sql.execute("DROP SCHEMA alfa CASCADE")
    # Found although its fingerprint is current.
    assert [target.schema_name for target in world.behind()] == ["alfa"]
    world.patch("0001_nick")
    outcomes = world.evolve()
    assert outcomes["alfa"].state is State.ABSENT
    assert not outcomes["alfa"].state.fine
    assert "restore it from a backup" in outcomes["alfa"].why[0]
    assert world.one("SELECT to_regnamespace('alfa') IS NULL") == (True,)
    assert outcomes["beta"].state is State.DONE


def test_a_clinic_of_a_newer_release_is_left_alone(world: World) -> None:
    world.patch("0001_nick")
    world.evolve()
    records = world.records()
    world.own.clear()
    outcomes = world.evolve()
    assert {one.state for one in outcomes.values()} == {State.AHEAD}
    assert outcomes["alfa"].why == ("has extra.0001_nick, which is not known here",)
    assert world.records() == records


def test_what_stopped_is_listed_as_not_reached(world: World) -> None:
    world.patch("0001_nick")
    stopped: list[str] = []
    stop = Event()

    def report(outcome: Outcome) -> None:
        stopped.append(outcome.clinic)
        stop.set()

    outcomes = world.evolve(report=report, stop=stop)
    assert stopped == ["alfa"]
    assert outcomes["alfa"].state is State.DONE
    assert outcomes["beta"].state is State.LEFT
    assert not world.has_nick("beta")
