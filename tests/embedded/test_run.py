"""`make run`'s supervisor: what it starts is up together, and gone together."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dentalogic.embedded import environment, start
from dentalogic.embedded.environment import supervisor
from dentalogic.embedded.home import CHECKOUT, Home, write_private
from dentalogic.embedded.processes import Process, choose_port, wait_until
from dentalogic.embedded.servers import running

pytestmark = pytest.mark.processes
PATIENCE = 30


class Run:
    """One `make run` of a test, with its own home, ports and output."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.sandbox_port = choose_port(None), choose_port(None)
        self.output = home / "output.txt"
        self.processes: list[subprocess.Popen[bytes]] = []

    def begin(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "DENTALOGIC_HOME": str(self.home),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            **variables,
        }
        command = [sys.executable, "-m", "tests.embedded.supervised", *words]
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                command, cwd=CHECKOUT, env=env, stdout=output, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def said(self, words: str) -> bool:
        return wait_until(lambda: words in self.output.read_text(), PATIENCE)

    def members(self) -> list[Process]:
        """Return every process that knows this home: supervisor, programs, servers."""
        mark = os.fsencode(f"DENTALOGIC_HOME={self.home}")
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            process = Process.find(int(folder.name))
            if mark in environ and process is not None:
                found.append(process)
        return found


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    stand = Run(home)
    yield stand
    for process in stand.processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_comes_up_and_a_signal_leaves_nothing_behind(
    run: Run, number: signal.Signals
) -> None:
    write_private(
        run.home / "demo.json",
        json.dumps({"logins": [{"email": "ana@demo.test", "password": "demo-pass"}]}),
    )
    process = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    shown = run.output.read_text()
    assert f"http://127.0.0.1:{run.port}/admin/" in shown
    assert f"http://127.0.0.1:{run.sandbox_port}/" in shown
    assert "ana@demo.test  demo-pass" in shown
    assert supervisor(run.home)["port"] == run.port
    assert environment(run.home)["OPENAI_BASE_URL"] == f"http://127.0.0.1:{run.sandbox_port}/v1"
    members = run.members()
    assert len(members) >= 5
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert not any(member.alive for member in members)
    assert run.members() == []
    assert supervisor(run.home) == {}


def test_killing_the_supervisor_takes_everything_along(run: Run) -> None:
    process = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    process.kill()
    process.wait()
    assert wait_until(lambda: run.members() == [], PATIENCE)
    run.output.write_text("")
    again = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    again.terminate()
    assert again.wait(PATIENCE) == 0


def test_a_child_that_does_not_listen_is_taken_down(run: Run) -> None:
    process = run.begin("deaf")
    assert run.said("Dentalogic listo / ready")
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert run.members() == []


def test_a_child_that_keeps_crashing_ends_everything_with_its_last_words(run: Run) -> None:
    process = run.begin("crash")
    assert process.wait(60) == 1
    shown = run.output.read_text()
    assert "web ended (code 1); again in 0.5 s" in shown
    assert "web keeps crashing" in shown
    assert "this is why" in shown
    assert run.members() == []


def test_a_failed_step_stops_before_anything_runs(run: Run) -> None:
    process = run.begin("ready", "fail")
    assert process.wait(PATIENCE) == 1
    assert "step says no" in run.output.read_text()
    assert run.members() == []


def test_killed_servers_come_back_at_their_addresses(run: Run) -> None:
    process = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    before = running(run.home)
    for server in before.values():
        os.kill(server.process.pid, signal.SIGKILL)

    def are_back() -> bool:
        now = running(run.home)
        return set(now) == set(before) and all(
            now[name].process != before[name].process and now[name].port == before[name].port
            for name in now
        )

    assert wait_until(are_back, PATIENCE)
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert run.members() == []


def test_servers_started_before_stay_when_the_run_ends(run: Run) -> None:
    start(run.home)
    before = running(run.home)
    process = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert running(run.home) == before


def test_a_second_run_on_the_same_home_is_one_clear_line(run: Run) -> None:
    first = run.begin("ready")
    assert run.said("Dentalogic listo / ready")
    second = run.begin("ready", PORT=str(choose_port(None)))
    assert second.wait(PATIENCE) == 1
    assert f"another `make run` (pid {first.pid}) is using {run.home}" in run.output.read_text()
    first.terminate()
    assert first.wait(PATIENCE) == 0


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_names_its_variable(run: Run, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = run.begin("ready", **{variable: str(port)})
        assert process.wait(PATIENCE) == 1
    assert f"dentalogic: {variable}: port {port} is taken" in run.output.read_text()
    assert running(run.home) == {}


def test_the_sandbox_is_refused_beside_a_real_credential(run: Run) -> None:
    process = run.begin("ready", SANDBOX="1", OPENAI_API_KEY="sk-real")
    assert process.wait(PATIENCE) == 1
    assert "SANDBOX=1 is refused" in run.output.read_text()
    assert "OPENAI_API_KEY" in run.output.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_make_that_is_stopped_alone_stops_the_run(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    make = shutil.which("make")
    assert make is not None
    makefile = tmp_path / "Makefile"
    makefile.write_text(
        f"run:\n\t@cd {CHECKOUT} && exec {sys.executable} -m tests.embedded.supervised ready"
        " --watch-parent\n"
    )
    env = {
        **os.environ,
        "DENTALOGIC_HOME": str(run.home),
        "PORT": str(run.port),
        "SANDBOX_PORT": str(run.sandbox_port),
    }
    with run.output.open("ab") as output:
        process = subprocess.Popen(
            [make, "-f", str(makefile), "run"], env=env, stdout=output, stderr=subprocess.STDOUT
        )
    run.processes.append(process)
    assert run.said("Dentalogic listo / ready")
    process.send_signal(number)
    process.wait(PATIENCE)
    assert wait_until(lambda: run.members() == [], PATIENCE)


def test_logs_of_the_start_before_are_kept(home: Path) -> None:
    from dentalogic.embedded.processes import rotate

    log = Home.open(home).logs / "web.log"
    for number in range(6):
        log.write_text(str(number))
        rotate(log)
    kept = {path.name: path.read_text() for path in log.parent.glob("web.log*")}
    assert kept == {"web.log.1": "5", "web.log.2": "4", "web.log.3": "3"}
