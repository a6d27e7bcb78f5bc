"""Make `.venv/` and the front end's files, with nothing but a Python that is already there.

    python3 -m scripts.bootstrap [--dev] [--bench]

Standard library only: it runs before anything is installed. A second run with unchanged
requirements does nothing. Works where pip is missing or externally managed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts import OLDEST, frontend, machine, tools
from scripts.tools import CHECKOUT, SetupFailed, run, say

VENV = CHECKOUT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


@contextmanager
def alone() -> Iterator[None]:
    """Let one set-up at a time work on this checkout."""
    path = CHECKOUT / "build" / "setup.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work on this checkout; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fingerprint(files: Sequence[Path], *also: str) -> str:
    """Return a hash over contents and words; it changes when one of them does."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes() + b"\0")
    for word in also:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()


def once(stamp: Path, name: str, mark: str, work: Callable[[], None]) -> bool:
    """Do the work unless the stamp says that it was done for this mark; tell whether it was done.

    The stamp is written after the work: one that was cut off is done again.
    """
    try:
        noted = json.loads(stamp.read_text())
    except (OSError, ValueError):
        noted = {}
    if noted.get(name) == mark:
        return False
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps({**noted, name: mark}, indent=2) + "\n")
    return True


def venv_version() -> str | None:
    """Return the version of the environment's Python, or None when it is missing or broken."""
    command = [str(VENV_PYTHON), "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    version = asked.stdout.strip()
    return version if tuple(map(int, version.split("."))) >= OLDEST else None


def make_venv() -> str:
    """Make the environment unless it works; return its Python's version."""
    version = venv_version()
    if version is not None:
        return version
    say("Making .venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    uv = tools.uv()
    if uv is not None:
        run([str(uv), "venv", "--quiet", "--python", sys.executable, str(VENV)])
    else:
        run([sys.executable, "-m", "venv", str(VENV)])
    version = venv_version()
    if version is None:
        raise SetupFailed(f"{VENV} was made by {sys.executable}, but its Python doesn't run")
    return version


def install(*files: Path) -> None:
    """Install exactly the pinned packages, each checked against its hash."""
    wanted = [word for path in files for word in ("-r", str(path))]
    uv = tools.uv()
    if uv is not None:
        command = [str(uv), "pip", "install", "--quiet", "--python", str(VENV_PYTHON)]
    else:
        command = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
    run([*command, "--require-hashes", *wanted])


def set_up(*, dev: bool, bench: bool) -> None:
    version = make_venv()
    stamp = VENV / "dentalogic.json"
    runtime, development = CHECKOUT / "requirements.txt", CHECKOUT / "requirements-dev.txt"

    def packages(name: str, *files: Path) -> None:
        def work() -> None:
            say(f"Installing {' and '.join(path.name for path in files)}")
            install(*files)

        once(stamp, name, fingerprint(files, version), work)

    packages("runtime", runtime)
    if dev:
        packages("dev", runtime, development)
    sources = [CHECKOUT / "package.json", CHECKOUT / "package-lock.json"]
    mark = fingerprint(sources, *frontend.FILES)
    if frontend.missing():
        frontend.STAMP.unlink(missing_ok=True)
    once(frontend.STAMP, "frontend", mark, frontend.install)
    if dev:
        machine.browser()
        machine.servers()
    if bench:
        machine.wrk()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--dev", action="store_true", help="what testing and checking need too")
    parser.add_argument("--bench", action="store_true", help="what the benchmarks need too")
    given = parser.parse_args()
    began = time.monotonic()
    os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    # The environment is named outright; one that happens to be active must not be changed.
    os.environ.pop("VIRTUAL_ENV", None)
    tools.trust_the_machine()
    try:
        with alone():
            set_up(dev=given.dev, bench=given.bench)
    except SetupFailed as failure:
        sys.stderr.write(f"dentalogic: {failure}\n")
        return 1
    except OSError as failure:
        sys.stderr.write(f"dentalogic: set-up failed: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ndentalogic: set-up interrupted; the next one goes on from here\n")
        return 130
    took = time.monotonic() - began
    if took > 1:
        say(f"Set up in {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
