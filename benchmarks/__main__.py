"""`make bench`: run the benchmarks one after the other, print a table, keep `results.json`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
# Each in a process of its own: one must not warm, or leak into, the next.
MODULES = ("intake", "availability", "booking", "reply", "memory", "lists", "scale")


def main() -> int:
    """Run what was asked for; 1 when a goal was missed or a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="NAME", help=", ".join(MODULES))
    chosen = parser.parse_args().modules or list(MODULES)
    unknown = [name for name in chosen if name not in MODULES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    for name in chosen:
        print(f"— {name}", flush=True)
        found = _run(name)
        if found is None:
            failed.append(name)
        else:
            rows += found
    _keep(rows)
    _print(rows)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed) or not all(row["ok"] for row in rows))


def _run(name: str) -> list[dict[str, Any]] | None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        answer = Path(folder) / "rows.json"
        code = (
            "import json, sys, importlib;"
            f"rows = importlib.import_module('benchmarks.{name}').run();"
            "open(sys.argv[1], 'w').write(json.dumps(rows))"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, str(answer)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
        )
        if ended.returncode != 0 or not answer.exists():
            return None
        rows: list[dict[str, Any]] = json.loads(answer.read_text())
        return rows


def _keep(rows: list[dict[str, Any]]) -> None:
    """Replace the figures that were measured now; the others stay with their own date."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    names = {row["name"] for row in rows}
    merged = [row for row in kept if row["name"] not in names] + rows
    merged.sort(key=lambda row: row["name"])
    RESULTS.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n")


def _print(rows: list[dict[str, Any]]) -> None:
    width = max((len(row["name"]) for row in rows), default=4)
    for row in rows:
        mark = "ok " if row["ok"] else "MISSED"
        print(
            f"{row['name']:{width}}  {row['value']:>10} {row['unit']:<5} goal {row['goal']:<8}"
            f" {mark:<6} {row['against']}"
        )


if __name__ == "__main__":
    sys.exit(main())
