"""A thousand clinics on one server: creating them, evolving them, and what each of them costs.

The server is as durable as in production. `SCALE_CLINICS=200` is a rehearsal: it prints everything
and keeps nothing. The curve is kept in `scale.json`, and `scale_report` writes it into the docs.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import scale_costs, scale_report, scale_servers, scale_visits
from benchmarks.figures import ROOT, figure
from benchmarks.ground import fresh_servers
from benchmarks.scale_change import Change, new_column
from benchmarks.scale_watch import Sample, Server, Watched, manage

CURVE = ROOT / "benchmarks" / "scale.json"
ALL = 1000
CLINICS = int(os.environ.get("SCALE_CLINICS", str(ALL)))
# Where the memory of everything is looked at: a tenth, a half, all.
MARKS = sorted({max(CLINICS // 10, 10), CLINICS // 2, CLINICS})
JOBS = 2
# Clinics 5 to 15 stand for the tenth, the last ten for the thousandth.
EARLY, LATE = slice(4, 15), slice(-10, None)
CREATE_GOAL, GROWTH_GOAL = 0.4, 1.5
NOOP_GOAL, COLUMN_GOAL = 3.0, 90.0
FLAT_GOAL = 1.5


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    with fresh_servers() as home:
        server = Server()
        try:
            curve = _measure(server, home)
        finally:
            server.close()
    print(scale_report.tables(curve))
    if CLINICS != ALL:
        print(f"a rehearsal with {CLINICS} clinics: nothing is kept")
        return []
    CURVE.write_text(json.dumps(curve, indent=1) + "\n")
    scale_report.write(curve)
    return _figures(curve)


def _measure(server: Server, home: Path) -> dict[str, Any]:
    data = home / "postgres" / "data"
    load_before = os.getloadavg()[0]
    # The first clinic of a process also pays for what is read once.
    _create("w", 2)
    before = scale_costs.standing(server, data)
    took: list[float] = []
    noop: dict[int, Watched] = {}
    for mark in MARKS:
        took += _create("c", mark - len(took), first=len(took))
        noop[mark] = _noop(server)
        print(f"  {mark} clinics, creating one took {statistics.median(took[LATE]) * 1e3:.0f} ms")
    after = scale_costs.standing(server, data)
    with new_column() as change:
        column = _column(server, change)
    visits = scale_visits.visit_all(server, CLINICS)
    filled = scale_costs.filled(server)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": [round(load_before, 2), round(os.getloadavg()[0], 2)],
        "clinics": CLINICS,
        "creation_s": statistics.median(took),
        "creation_growth": statistics.median(took[LATE]) / statistics.median(took[EARLY]),
        "creation": [
            {
                "clinics": place + step,
                "median_ms": round(statistics.median(took[place : place + step]) * 1e3, 1),
                "worst_ms": round(max(took[place : place + step]) * 1e3, 1),
            }
            for step in [CLINICS // 10]
            for place in range(0, CLINICS, step)
        ],
        "noop": [
            {
                "clinics": mark,
                "seconds": round(seen.seconds, 2),
                "peak_mb": seen.peak_mb,
                "backends_mb": seen.backends_peak_mb,
            }
            for mark, seen in noop.items()
        ],
        "column": {
            "jobs": JOBS,
            "start_s": next((one.second for one in column.samples if one.done), 0.0),
            "seconds": round(column.seconds, 2),
            "peak_mb": column.peak_mb,
            "backends_mb": column.backends_peak_mb,
            "tenths": _tenths(column.samples),
        },
        "visits": visits,
        "each": scale_costs.each(before, after, CLINICS),
        "filled": filled,
        "vacuum": scale_costs.vacuum(server),
        "dump_one": scale_costs.dump(server, schema="c000000"),
        "dump_all": scale_costs.dump(server),
        "replica": scale_servers.replica(home, filled["year"]["schema"]),
        "move": scale_servers.move(filled["year"]["schema"]),
    }


def _create(letter: str, number: int, *, first: int = 0) -> list[float]:
    from django.db import connection

    from clinics.tenancy.creation import create_clinic

    took = []
    for place in range(first, first + number):
        began = time.perf_counter()
        create_clinic(name=f"Clínica {place}", schema=f"{letter}{place:06}")
        took.append(time.perf_counter() - began)
        # As at the end of a request: the pool replaces what remembers too many clinics.
        connection.close()
    return took


def _noop(server: Server) -> Watched:
    """Evolve when nothing is missing: the median of three processes."""
    runs = sorted((manage("evolve", server=server) for _ in range(3)), key=lambda one: one.seconds)
    _refuse_failure(runs[-1])
    return runs[1]


def _column(server: Server, change: Change) -> Watched:
    def done() -> int:
        return server.number(
            "SELECT count(*) FROM public.clinic_patches"
            " WHERE migration = %s AND finished_at IS NOT NULL",
            change.migration,
        )

    seen = manage("evolve", "--jobs", str(JOBS), checkout=change.checkout, server=server, done=done)
    _refuse_failure(seen)
    columns = server.number(
        "SELECT count(*) FROM information_schema.columns"
        " WHERE table_name = 'patients' AND column_name = 'bench_note' AND is_nullable = 'YES'"
    )
    if columns < CLINICS:
        raise SystemExit(f"benchmarks.scale: {columns} clinics have the column")
    return seen


def _refuse_failure(seen: Watched) -> None:
    if seen.code != 0:
        raise SystemExit(f"benchmarks.scale: evolve ended with {seen.code}:\n{seen.output[-3000:]}")


def _tenths(samples: list[Sample]) -> list[dict[str, float]]:
    """Cut a run into tenths of its work: clinics a second, and memory, in each."""
    tenths: list[dict[str, float]] = []
    last = Sample(0.0, 0, 0.0, 0.0)
    for tenth in range(1, 11):
        reached = [sample for sample in samples if sample.done >= CLINICS * tenth / 10]
        if not reached:
            break
        now = reached[0]
        if now.done > last.done:
            tenths.append(
                {
                    "clinics": now.done,
                    "second": now.second,
                    "per_second": round((now.done - last.done) / (now.second - last.second), 1),
                    "process_mb": now.process_mb,
                    "backends_mb": now.backends_mb,
                }
            )
            last = now
    return tenths


def halves(rows: list[dict[str, float]]) -> float:
    """Return the peak of the second half over that of the first: 1 is flat."""
    peaks = [
        max(row["process_mb"] + row["backends_mb"] for row in half)
        for half in (
            [row for row in rows if row["clinics"] <= CLINICS / 2],
            [row for row in rows if row["clinics"] > CLINICS / 2],
        )
    ]
    return peaks[1] / peaks[0]


def _figures(curve: dict[str, Any]) -> list[dict[str, Any]]:
    noop = curve["noop"]
    against = f"{CLINICS} clinics, durable server"
    halved = "peak PSS with backends, second half of the clinics over the first"
    return [
        figure(
            "clinic_create_s", curve["creation_s"], "s", f"median of {against}", CREATE_GOAL, "<"
        ),
        figure(
            *("clinic_create_growth", curve["creation_growth"], "×"),
            *("the clinics around the tenth", GROWTH_GOAL),
        ),
        figure("evolve_noop_s", noop[-1]["seconds"], "s", against, NOOP_GOAL, "<"),
        figure(
            *("evolve_column_s", curve["column"]["seconds"], "s"),
            *(f"{against}, {JOBS} jobs", COLUMN_GOAL, "<"),
        ),
        figure(
            *("evolve_noop_memory_growth", noop[-1]["peak_mb"] / noop[0]["peak_mb"], "×"),
            *(f"peak PSS with {noop[0]['clinics']} clinics", FLAT_GOAL),
        ),
        figure(
            *("evolve_column_memory_growth", halves(curve["column"]["tenths"]), "×"),
            *(halved, FLAT_GOAL),
        ),
        figure(
            *("web_memory_growth", halves(curve["visits"]["marks"]), "×"),
            *(f"one web process, {halved}", FLAT_GOAL),
        ),
    ]
