"""Run every check and name those that failed. `make check` runs this; so may a single name.

.venv/bin/python -m scripts.check [--list] [NAME ...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dentalogic.embedded import SetupError, environment, servers

CHECKOUT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTHON = sys.executable
OPENAPI, FRESH_OPENAPI = "docs/openapi.yaml", "build/openapi.yaml"


@dataclass(frozen=True, slots=True)
class Check:
    """Describe one check: commands that all have to succeed, in order."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    needs_servers: bool = False


def manage(*words: str) -> tuple[str, ...]:
    return (PYTHON, "manage.py", *words)


CHECKS = (
    Check("format", ((str(BIN / "ruff"), "format", "--check", "."),)),
    Check("lint", ((str(BIN / "ruff"), "check", "."),)),
    Check("types", ((PYTHON, "-m", "mypy", "."),), needs_servers=True),
    Check("layers", ((str(BIN / "lint-imports"),),)),
    Check("settings", (manage("check", "--fail-level", "WARNING"),), needs_servers=True),
    Check("patches", (manage("makepatch", "--check"),), needs_servers=True),
    Check("foundation", (manage("makefoundation", "--check"),), needs_servers=True),
    Check("migrations", (manage("makemigrations", "--check", "--dry-run"),), needs_servers=True),
    Check(
        "openapi",
        (
            manage("spectacular", "--validate", "--fail-on-warn", "--file", FRESH_OPENAPI),
            ("diff", "-u", OPENAPI, FRESH_OPENAPI),
        ),
        needs_servers=True,
    ),
    Check("audit", ((PYTHON, "-m", "scripts.audit"),)),
)


def passes(check: Check, env: dict[str, str]) -> bool:
    sys.stdout.write(f"— {check.name}\n")
    sys.stdout.flush()
    began = time.monotonic()
    for command in check.commands:
        done = subprocess.run(command, cwd=CHECKOUT, env=env, check=False)
        if done.returncode != 0:
            return False
    sys.stdout.write(f"  {time.monotonic() - began:.1f} s\n")
    return True


def run(checks: list[Check]) -> int:
    """Run them all, also after a failure, and say at the end which failed."""
    (CHECKOUT / "build").mkdir(exist_ok=True)
    failed = []
    with tempfile.TemporaryDirectory(prefix="dentalogic-check-") as folder:
        env = dict(os.environ)
        # Servers of their own: nobody's data is looked at, and nothing has to run already.
        if any(check.needs_servers for check in checks):
            servers.start_servers(Path(folder), fast=True, bound=True)
            env.update(environment(Path(folder)))
        try:
            failed = [check.name for check in checks if not passes(check, env)]
        finally:
            servers.stop(Path(folder))
    if failed:
        sys.stdout.write(f"\nmake check: FAILED: {', '.join(failed)}\n")
        return 1
    sys.stdout.write(f"\nmake check: {len(checks)} checks passed\n")
    return 0


def main() -> int:
    names = [check.name for check in CHECKS]
    parser = argparse.ArgumentParser(prog="scripts.check", description="Run the checks.")
    parser.add_argument("name", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--list", action="store_true", help="print the names and end")
    given = parser.parse_args()
    if given.list:
        sys.stdout.write("\n".join(names) + "\n")
        return 0
    if unknown := set(given.name) - set(names):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    try:
        return run([check for check in CHECKS if not given.name or check.name in given.name])
    except SetupError as refusal:
        sys.stderr.write(f"dentalogic: {refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
