"""Start, find, stop: real servers, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from dentalogic.embedded import SetupError, discover, postgres, start, stop
from dentalogic.embedded.home import Home, read_json
from dentalogic.embedded.processes import PORT_RANGE, Process, wait_until
from dentalogic.embedded.servers import running, start_servers

pytestmark = pytest.mark.processes


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_data_outlives_a_restart_at_the_same_addresses(home: Path) -> None:
    before = start(home, fast=True)
    with psycopg.connect(before.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    stop(home)
    assert discover(home) is None
    after = start(home, fast=True)
    assert after == before
    assert one(after.database_url, "SELECT answer FROM kept") == 42


def test_the_application_role_is_nobody_special(home: Path) -> None:
    url = start(home).database_url
    with psycopg.connect(url, autocommit=True) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert rights == (False, False, False, False, False, True)
        # The owner of a table, and still held by its forced policy.
        connection.execute("CREATE TABLE guarded AS SELECT 1 AS n")
        connection.execute("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE guarded FORCE ROW LEVEL SECURITY")
        assert connection.execute("SELECT count(*) FROM guarded").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE another")


def test_extensions_lie_in_a_schema_of_their_own_in_every_database(home: Path) -> None:
    endpoints = start(home, fast=True)
    with psycopg.connect(endpoints.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE cloned")
    cloned = endpoints.database_url.rpartition("/")[0] + "/cloned"
    for url in (endpoints.database_url, cloned):
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT extname FROM pg_extension WHERE extnamespace = 'extensions'::regnamespace"
            ).fetchall()
            assert {name for (name,) in found} == set(postgres.EXTENSIONS)
            # What migrations for somebody else's server say must pass here too.
            connection.execute("CREATE SCHEMA IF NOT EXISTS extensions")
            connection.execute("CREATE EXTENSION IF NOT EXISTS citext SCHEMA extensions")
            connection.execute("CREATE TABLE public.allowed (n int)")


def test_nobody_enters_without_the_password(home: Path) -> None:
    endpoints = start(home, fast=True)
    server = running(home)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:guess@127.0.0.1:{server['postgres'].port}/postgres")
    with redis.Redis(port=server["redis"].port) as stranger:
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
    with redis.Redis.from_url(endpoints.redis_url) as client:
        assert client.ping()


def test_secrets_and_passwords_are_for_the_owner_alone(home: Path) -> None:
    start(home, fast=True)
    place = Home.at(home)
    private = [
        *(place.secrets_file, place.servers_file),
        *place.postgres_data.parent.glob("*.password"),
        *(place.redis_dir / "password", place.redis_dir / "redis.conf"),
    ]
    assert len(private) == 6
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    assert postgres.password(place, "postgres") != postgres.password(place, "dentalogic")


def test_starting_twice_finds_the_running_ones(home: Path) -> None:
    first = start(home, fast=True)
    processes = running(home)
    assert start(home, fast=True) == first
    assert running(home) == processes


def test_starting_at_once_from_many_threads_makes_one_pair(home: Path) -> None:
    together = threading.Barrier(4)

    def begin() -> object:
        together.wait()
        return start(home, fast=True)

    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(begin) for _ in range(4)]]
    assert len(set(answers)) == 1


def test_two_homes_keep_apart(home: Path, other_home: Path) -> None:
    mine, theirs = start(home, fast=True), start(other_home, fast=True)
    with psycopg.connect(mine.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE mine (n int)")
    assert one(theirs.database_url, "SELECT to_regclass('mine') IS NULL") is True
    stop(home)
    assert one(theirs.database_url, "SELECT 1") == 1


def test_a_taken_port_is_replaced_and_the_new_one_remembered(home: Path) -> None:
    start(home, fast=True)
    ports = {name: server.port for name, server in running(home).items()}
    stop(home)
    with socket.create_server(("127.0.0.1", ports["postgres"])):
        with socket.create_server(("127.0.0.1", ports["redis"])):
            moved = start(home, fast=True)
    now = {name: server.port for name, server in running(home).items()}
    assert now["postgres"] != ports["postgres"]
    assert now["redis"] != ports["redis"]
    assert one(moved.database_url, "SELECT 1") == 1
    stop(home)
    start(home, fast=True)
    assert {name: server.port for name, server in running(home).items()} == now


def test_durable_is_the_default_and_replaces_a_fast_server(home: Path) -> None:
    fast = start(home, fast=True)
    assert one(fast.database_url, "SHOW fsync") == "off"
    durable = start(home)
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert one(durable.database_url, f"SHOW {name}") == "on"
    process = running(home)["postgres"].process
    start(home, fast=True)
    assert running(home)["postgres"].process == process


def test_a_server_killed_outright_comes_back_with_what_was_committed(home: Path) -> None:
    url = start(home).database_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for server in running(home).values():
        os.kill(server.process.pid, signal.SIGKILL)
        assert wait_until(lambda process=server.process: not process.alive, 5)  # type: ignore[misc]
    assert discover(home) is None
    assert one(start(home).database_url, "SELECT answer FROM kept") == 42


def test_a_pid_file_from_before_a_power_cut_does_not_stop_the_start(home: Path) -> None:
    start(home, fast=True)
    stop(home)
    pid_file = Home.at(home).postgres_data / "postmaster.pid"
    # The number belongs to somebody else now, here to us.
    pid_file.write_text(f"{os.getpid()}\n{home}\n1\n1\n\n127.0.0.1\n")
    assert one(start(home, fast=True).database_url, "SELECT 1") == 1


def test_servers_that_nobody_noted_are_stopped_and_started_anew(home: Path) -> None:
    start(home, fast=True)
    left = [server.process for server in running(home).values()]
    Home.at(home).servers_file.unlink()
    assert discover(home) is None
    endpoints = start(home, fast=True)
    assert [process.alive for process in left] == [False, False]
    assert one(endpoints.database_url, "SELECT 1") == 1


def test_stop_ends_servers_that_nobody_noted(home: Path) -> None:
    start(home, fast=True)
    left = [server.process for server in running(home).values()]
    Home.at(home).servers_file.unlink()
    stop(home)
    assert [process.alive for process in left] == [False, False]


def test_a_cut_off_initdb_is_begun_anew(home: Path) -> None:
    partial = home / "postgres" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    assert one(start(home, fast=True).database_url, "SELECT 1") == 1
    assert not partial.exists()


def test_bound_servers_end_with_the_process_that_started_them(home: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path;"
        "from dentalogic.embedded.servers import start_servers;"
        f"start_servers(Path({str(home)!r}), fast=True, bound=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    noted = read_json(Home.at(home).servers_file)
    left = [Process(**noted[name]["process"]) for name in ("postgres", "redis")]
    assert wait_until(lambda: not any(process.alive for process in left), 10)
    assert one(start(home, fast=True).database_url, "SELECT 1") == 1


def test_only_own_servers_are_stopped_on_the_way_out(home: Path) -> None:
    start(home, fast=True)
    start_servers(home, fast=True, bound=True)
    stop(home, only_own=True)
    assert set(running(home)) == {"postgres", "redis"}


def test_given_addresses_replace_the_servers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@db.example/clinic")
    endpoints = start(home, fast=True)
    assert endpoints.database_url == "postgresql://someone@db.example/clinic"
    assert set(running(home)) == {"redis"}
    assert not Home.at(home).postgres_data.exists()


def test_what_stands_in_the_way_of_a_start_is_told_with_the_log(home: Path) -> None:
    start(home, fast=True)
    stop(home)
    (Home.at(home).postgres_data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(SetupError, match="PostgreSQL did not start") as refusal:
        start(home, fast=True)
    assert "no_such_setting" in refusal.value.detail
    assert "postgres" not in running(home)


def test_another_version_s_data_is_refused(home: Path) -> None:
    data = Home.at(home).postgres_data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetupError, match="made by PostgreSQL 12"):
        start(home, fast=True)


def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="DENTALOGIC_HOME"):
        start(tmp_path / "file" / "home")


def test_ports_are_below_those_of_outgoing_connections(home: Path) -> None:
    start(home, fast=True)
    assert all(server.port in PORT_RANGE for server in running(home).values())
