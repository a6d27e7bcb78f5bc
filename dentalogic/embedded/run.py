"""`make run`: servers, schema, demo, then the project's processes until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from dentalogic.embedded import servers
from dentalogic.embedded.banner import banner, say
from dentalogic.embedded.child import Child
from dentalogic.embedded.environment import environment, load_dotenv, real_credentials
from dentalogic.embedded.home import Home, SetupError, default_home, read_json, write_private
from dentalogic.embedded.processes import Process, port_is_free
from dentalogic.embedded.programs import STEPS, Program, Step, programs

TICK = 0.2
READY_IS_LATE = 60.0
LAST_PORT = 65535


class Interrupted(Exception):
    """The user asked to stop before everything was up."""


class ParentWatch:
    """Notice when `make` dies, or is interrupted alone (by its number, not from a terminal).

    An interrupted make waits for its children without telling them. What it does is to put the
    signal back to its default, and that can be read.
    """

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._caught = self._catches_interrupt()

    def _catches_interrupt(self) -> bool:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return False
        caught = status.partition("SigCgt:")[2].split()[0]
        return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)

    @property
    def wants_end(self) -> bool:
        return os.getppid() != self._pid or (self._caught and not self._catches_interrupt())


class Supervisor:
    """Run everything of one home; `run` returns the exit code after nothing is left."""

    def __init__(
        self,
        home: Home,
        *,
        watch_parent: bool = False,
        steps: Sequence[Step] = STEPS,
        choose: Callable[[Mapping[str, str]], Sequence[Program]] = programs,
    ) -> None:
        self._home = home
        self._steps = steps
        self._choose = choose
        self._children: list[Child] = []
        self._signals = 0
        self._parent = ParentWatch() if watch_parent else None
        self._env: dict[str, str] = {}
        self._started_at = time.monotonic()

    @property
    def _stopping(self) -> bool:
        return self._signals > 0 or (self._parent is not None and self._parent.wants_end)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        _check_sandbox()
        try:
            self._start_servers()
            for step in self._steps:
                self._do(step)
            self._announce()
            for program in self._choose(self._env):
                self._launch(program)
            return self._watch()
        except Interrupted:
            return 130
        finally:
            self._stop_all()

    def _start_servers(self) -> None:
        servers.start_servers(self._home.root, fast=False, bound=True)
        self._env = {
            **os.environ,
            **environment(self._home.root),
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "dentalogic.settings"
            ),
            "PYTHONUNBUFFERED": "1",
            # Threads otherwise get an arena each, which idles at tens of megabytes.
            "MALLOC_ARENA_MAX": "2",
        }

    def _do(self, step: Step) -> None:
        if self._stopping:
            raise Interrupted
        say(f"… {step.title}")
        child = Child(
            Program(step.name, step.command, stage=0), logs=self._home.logs, env=self._env
        )
        self._children = [child]
        child.start()
        while child.code is None:
            if self._stopping:
                raise Interrupted
            time.sleep(0.05)
        self._children = []
        if child.code != 0:
            raise SetupError(
                f"`{' '.join(step.command[1:])}` failed (log: {child.log})",
                detail=child.last_words(),
            )

    def _launch(self, program: Program) -> None:
        child = Child(program, logs=self._home.logs, env=self._env)
        self._children.append(child)
        child.start()

    def _announce(self) -> None:
        """Leave a note for manage.py and the next `make run`."""
        me = Process.find(os.getpid())
        note = {
            "pid": os.getpid(),
            "started": me.started if me else 0,
            "port": int(self._env["PORT"]),
            "sandbox_port": int(self._env["SANDBOX_PORT"]),
        }
        write_private(self._home.run_file, json.dumps(note) + "\n")

    def _watch(self) -> int:
        ready = late = False
        next_look = 0.0
        while not self._stopping:
            for child in self._children:
                if (news := child.tend()) is not None:
                    say(f"! {news}")
                if child.hopeless:
                    raise SetupError(
                        f"{child.program.name} keeps crashing (log: {child.log})",
                        detail=child.last_words(),
                    )
            self._tend_servers()
            if not ready and time.monotonic() >= next_look:
                state = self._readiness()
                ready = state == "ready"
                if ready:
                    took = timedelta(seconds=time.monotonic() - self._started_at)
                    say(banner(self._home, self._env, took))
                elif not late and time.monotonic() - self._started_at > READY_IS_LATE:
                    late = True
                    say(f"! Not ready after {READY_IS_LATE:g} s ({state}); logs: {self._home.logs}")
                next_look = time.monotonic() + 0.5
            time.sleep(TICK)
        say("\nDeteniendo… / stopping…")
        return 0

    def _readiness(self) -> str:
        url = f"http://127.0.0.1:{self._env['PORT']}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return "ready" if answer.status == 200 else str(answer.status)  # noqa: PLR2004
        except urllib.error.HTTPError as refusal:
            with refusal:
                return f"{refusal.code} {refusal.read(300).decode(errors='replace')}"
        except (OSError, urllib.error.URLError):
            return "web does not answer"

    def _tend_servers(self) -> None:
        """Start a server again that died; everything else finds it at its old address."""
        if servers.discover(self._home.root) is not None:
            return
        say(f"! A database server ended; starting it again. Logs: {self._home.logs}")
        endpoints = servers.start_servers(self._home.root, fast=False, bound=True)
        before = (self._env["DATABASE_URL"], self._env["REDIS_URL"])
        if (endpoints.database_url, endpoints.redis_url) != before:
            raise SetupError("A database server's port was taken while it was down: start again")

    def _stop_all(self) -> None:
        stages = sorted({child.program.stage for child in self._children})
        for stage in stages:
            members = [child for child in self._children if child.program.stage == stage]
            for child in members:
                child.ask_to_end()
            for child in members:
                # A second Ctrl-C means at once.
                child.end(0.5 if self._signals > 1 else child.program.patience.total_seconds())
        self._home.run_file.unlink(missing_ok=True)
        servers.stop(self._home.root, only_own=True)


def _check_sandbox() -> None:
    real = real_credentials(os.environ)
    if os.environ.get("SANDBOX") == "1" and real:
        raise SetupError(
            f"SANDBOX=1 is refused beside a vendor's own credential ({', '.join(real)}): "
            "unset one of them"
        )


def _port(name: str, default: str) -> int:
    text = os.environ.get(name, "").strip() or default
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        raise SetupError(f"{name}={text} is not a port")
    if not port_is_free(int(text)):
        raise SetupError(f"{name}: port {text} is taken by another program; set {name} to another")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dentalogic.embedded.run",
        description="Run the whole project on this machine until Ctrl-C.",
    )
    parser.add_argument(
        "--watch-parent", action="store_true", help="stop when the parent (make) is stopped"
    )
    given = parser.parse_args()
    load_dotenv()
    return supervise(watch_parent=given.watch_parent)


def supervise(
    *,
    watch_parent: bool = False,
    steps: Sequence[Step] = STEPS,
    choose: Callable[[Mapping[str, str]], Sequence[Program]] = programs,
) -> int:
    """Run these steps and programs in this environment's home; return the exit code."""
    try:
        home = Home.open(default_home())
        holder = read_json(home.run_file).get("pid", "?")
        busy = (
            f"DENTALOGIC_HOME: another `make run` (pid {holder}) is using {home.root}; "
            "stop it, or set DENTALOGIC_HOME, PORT and SANDBOX_PORT"
        )
        with home.lock("run", timeout=1, busy=busy):
            if _port("PORT", "8000") == _port("SANDBOX_PORT", "8001"):
                raise SetupError("SANDBOX_PORT and PORT are the same port")
            supervisor = Supervisor(home, watch_parent=watch_parent, steps=steps, choose=choose)
            return supervisor.run()
    except SetupError as refusal:
        sys.stderr.write(f"dentalogic: {refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
