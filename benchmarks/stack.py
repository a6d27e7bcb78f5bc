"""Everything that `make run` starts, on a home and ports of its own, while a benchmark runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.figures import ROOT

START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Stack:
    """A running product: its addresses and the supervisor's process id."""

    url: str
    sandbox_url: str
    pid: int


@contextmanager
def running(**settings: str) -> Iterator[Stack]:
    """Start the supervisor, wait until the clinic is open, and stop everything at the end."""
    with tempfile.TemporaryDirectory(prefix="dentalogic-bench-") as folder:
        port, sandbox_port = _free_ports()
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        environment |= {
            "DENTALOGIC_HOME": folder,
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
            **settings,
        }
        log = (Path(folder) / "supervisor.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "dentalogic.embedded.run"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack = Stack(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}", process.pid)
        try:
            _wait_until_open(stack, process, Path(log.name))
            yield stack
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            log.close()


def _wait_until_open(stack: Stack, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the supervisor ended:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{stack.url}/readyz", timeout=5).json().get("status") == "ok":
                return
        except (httpx.TransportError, ValueError):
            pass
        time.sleep(0.5)
    raise SystemExit(f"the product was not ready in {START_SECONDS} s:\n{log.read_text()[-3000:]}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
