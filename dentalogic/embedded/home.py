"""The folder that holds everything a machine keeps: servers' data, secrets, logs and media."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


class SetupError(Exception):
    """Say in one line what stands in the way; `detail` holds lines of a log, if there are any."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.detail}" if self.detail else message


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return DENTALOGIC_HOME, or `.dentalogic/` in the checkout."""
    named = environ.get("DENTALOGIC_HOME", "").strip()
    return Path(named).expanduser().absolute() if named else CHECKOUT / ".dentalogic"


@dataclass(frozen=True, slots=True)
class Home:
    """Name the places inside one DENTALOGIC_HOME."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres" / "data"

    @property
    def redis_dir(self) -> Path:
        return self.root / "redis"

    @property
    def servers_file(self) -> Path:
        return self.root / "servers.json"

    @property
    def run_file(self) -> Path:
        return self.root / "run.json"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.env"

    @classmethod
    def at(cls, root: Path) -> Home:
        """Return the home at a path without making it."""
        return cls(root.expanduser().absolute())

    @classmethod
    def open(cls, root: Path) -> Home:
        """Make the folder, private to its owner, and check that it can be written."""
        home = cls.at(root)
        try:
            home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (home.logs, home.redis_dir, home.postgres_data.parent):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as refusal:
            raise SetupError(
                f"DENTALOGIC_HOME: {home.root} can't be made or written ({refusal.strerror})"
            ) from refusal
        if not os.access(home.root, os.W_OK | os.X_OK):
            raise SetupError(f"DENTALOGIC_HOME: {home.root} can't be written by this user")
        return home

    @contextmanager
    def lock(self, name: str, *, timeout: float, busy: str) -> Iterator[None]:
        """Hold `<name>.lock` or raise SetupError(busy) after the timeout. The kernel frees it."""
        path = self.root / f"{name}.lock"
        with path.open("a") as handle:
            deadline = time.monotonic() + timeout
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise SetupError(busy) from None
                    time.sleep(0.05)
            yield


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file; a missing or half-written file counts as empty."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)
