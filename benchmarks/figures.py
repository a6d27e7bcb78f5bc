"""What a benchmark returns: a row of `results.json`, with its goal and whether it was met."""

from __future__ import annotations

import operator
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SENSES: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `against` says what a ratio is a ratio of."""

    name: str
    value: float
    unit: str
    against: str
    goal: str
    ok: bool
    measured_at: str
    commit: str

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def figure(
    name: str, value: float, unit: str, against: str, goal: float, sense: str = "<="
) -> dict[str, Any]:
    """Build a row; `sense` says on which side of `goal` the value belongs."""
    return Figure(
        name=name,
        value=round(value, 3),
        unit=unit,
        against=against,
        goal=f"{sense} {goal}",
        ok=SENSES[sense](value, goal),
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=_commit(),
    ).as_row()


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()
