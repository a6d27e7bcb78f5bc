"""What everything that `make run` starts takes when nobody uses it: the sum of PSS."""

from __future__ import annotations

import time
from typing import Any

import psutil

from benchmarks.figures import figure
from benchmarks.stack import running

SETTLE_SECONDS = 30
GOAL_MB = 900


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    with running() as stack:
        time.sleep(SETTLE_SECONDS)
        supervisor = psutil.Process(stack.pid)
        rows = []
        for process in [supervisor, *supervisor.children(recursive=True)]:
            try:
                pss = process.memory_full_info().pss / 1e6
                rows.append((pss, " ".join(process.cmdline())[:90] or process.name()))
            except psutil.NoSuchProcess:
                continue
    for pss, name in sorted(rows, reverse=True)[:12]:
        print(f"{pss:8.1f} MB  {name}")
    total = sum(pss for pss, _ in rows)
    return [figure("idle_memory_mb", total, "MB", "sum of PSS after make run", GOAL_MB, "<")]
