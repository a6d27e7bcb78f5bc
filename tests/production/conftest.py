"""What a new deployment is given: made by the committed script, in a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.composed import env_file
from scripts.tools import CHECKOUT

PUBLIC_URL = "https://clinics.example.org"


@dataclass(frozen=True, slots=True)
class Secrets:
    folder: Path

    @property
    def product(self) -> dict[str, str]:
        return env_file(self.folder / "dentalogic.env")


def new_secrets(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "deploy/new-secrets.sh", str(folder)],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def made(tmp_path: Path) -> Secrets:
    folder = tmp_path / "production"
    done = new_secrets(folder, PUBLIC_URL=PUBLIC_URL)
    assert done.returncode == 0, done.stderr
    return Secrets(folder)
