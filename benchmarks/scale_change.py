"""One new nullable column, made as a developer makes it, in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import ROOT

PARTS = ("dentalogic", "clinics", "agent", "whatsapp", "migrations_sql", "manage.py")
MODELS = Path("clinics/models/people.py")
BEFORE = "    medical_history = models.JSONField("
COLUMN = "bench_note"
NAME = "bench_note"


@dataclass(frozen=True, slots=True)
class Change:
    """A checkout that is one patch ahead, and the migration that it is ahead by."""

    checkout: Path
    migration: str


@contextmanager
def new_column() -> Iterator[Change]:
    """Copy the checkout, add a column to `patients` there, and let `makepatch` write the patch."""
    with tempfile.TemporaryDirectory(prefix="dentalogic-bench-change-") as folder:
        checkout = Path(folder)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(
                    source, checkout / part, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(source, checkout / part)
        _declare(checkout / MODELS)
        known = set(_migrations(checkout))
        made = subprocess.run(
            [sys.executable, "manage.py", "makepatch", "clinics", "-n", NAME],
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        new = sorted(set(_migrations(checkout)) - known)
        if made.returncode != 0 or len(new) != 1:
            raise SystemExit(f"makepatch did not write one patch:\n{made.stdout}{made.stderr}")
        yield Change(checkout, new[0])


def _declare(models: Path) -> None:
    text = models.read_text(encoding="utf-8")
    if text.count(BEFORE) != 1:
        raise SystemExit(f"{MODELS} no longer has one line {BEFORE!r}: choose another place")
    line = f"    {COLUMN} = models.TextField(null=True)\n"
    models.write_text(text.replace(BEFORE, line + BEFORE), encoding="utf-8")


def _migrations(checkout: Path) -> list[str]:
    folder = checkout / "clinics" / "migrations"
    return [path.stem for path in folder.glob("[0-9]*.py")]
