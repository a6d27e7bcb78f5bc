"""The health checks of the containers: about their own process, and never about a neighbour."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.tools import CHECKOUT
from tests.fixtures.server import Served


def check(kind: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dentalogic.healthcheck", kind],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_web_that_answers_under_its_name(server: Served) -> None:
    assert check("web", PORT=str(server.port), PUBLIC_URL=server.url).returncode == 0
    # A name that it does not serve is not its health: the check asks by the public one.
    refused = check("web", PORT=str(server.port), PUBLIC_URL="https://elsewhere.example.org")
    assert refused.returncode == 1
    assert "400" in refused.stderr


def test_a_web_that_is_not_there() -> None:
    done = check("web", PORT="9")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("age", "code"), [(0, 0), (50, 0), (70, 1)])
def test_a_beat_is_well_while_it_is_young(age: int, code: int, tmp_path: Path) -> None:
    file = tmp_path / "alive"
    file.touch()
    then = time.time() - age
    os.utime(file, (then, then))
    assert check("beat", HEARTBEAT_FILE=str(file)).returncode == code


def test_no_beat_yet_is_not_well(tmp_path: Path) -> None:
    assert check("beat", HEARTBEAT_FILE=str(tmp_path / "none")).returncode == 1
    assert check("beat").returncode == 1


def test_wrong_use_is_two() -> None:
    assert check("nonsense").returncode == 2
