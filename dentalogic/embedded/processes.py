"""Processes, ports and logs, as the kernel tells them; nothing here knows PostgreSQL or Redis."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes the local ports of outgoing connections.
PORT_RANGE = range(20000, 32000)
LOG_GENERATIONS = 3
_STATE, _START_TIME = 0, 19


@dataclass(frozen=True, slots=True)
class Process:
    """Name one process for good: its number alone may be used again by another."""

    pid: int
    started: int

    @classmethod
    def find(cls, pid: int) -> Process | None:
        """Return the running process with this number; a zombie counts as gone."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return None
        if fields[_STATE] in "ZX":
            reap(pid)
            return None
        return cls(pid, int(fields[_START_TIME]))

    @property
    def alive(self) -> bool:
        return Process.find(self.pid) == self

    def runs(self, *words: str) -> bool:
        """Tell whether all these words are among the arguments it was started with."""
        try:
            arguments = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return all(os.fsencode(word) in arguments for word in words)

    def end(self, steps: Iterable[tuple[signal.Signals, float]]) -> bool:
        """Send each signal and wait as long as it says; return whether the process is gone."""
        for number, patience in steps:
            if not self.alive:
                return True
            os.kill(self.pid, number)
            if wait_until(lambda: not self.alive, patience):
                return True
        return not self.alive


def reap(pid: int) -> None:
    """Take a finished child off the process table; other people's children are theirs to reap."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def wait_until(condition: Callable[[], bool], timeout: float, *, pause: float = 0.02) -> bool:
    """Ask until the answer is yes; return the last answer when the time is up."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return condition()
        time.sleep(pause)
    return True


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As the servers do: the leftovers of closed connections don't count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(remembered: int | None) -> int:
    """Return the remembered port when it is free, otherwise another free one."""
    if remembered and port_is_free(remembered):
        return remembered
    for port in random.sample(PORT_RANGE, 200):
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def leashed(command: Sequence[str], number: signal.Signals) -> list[str]:
    """Return the command as one that gets the signal when this process dies."""
    return [sys.executable, "-I", "-S", str(LEASH), str(int(number)), str(os.getpid()), *command]


def spawn(command: Sequence[str], *, log: Path, env: dict[str, str]) -> int:
    """Start a server in a session of its own, writing to a log; return its process number.

    `posix_spawn` and not `Popen`: the server outlives the interpreter that started it, which a
    forgotten `Popen` complains about.
    """
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(command[0], list(command), env, file_actions=actions, setsid=True)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented; empty when there is none."""
    try:
        content = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in content[-lines:])


def rotate(log: Path) -> None:
    """Put the log of the start before away as `.1`, that one as `.2`, and so on."""
    if not log.exists() or log.stat().st_size == 0:
        return
    for number in range(LOG_GENERATIONS - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))
