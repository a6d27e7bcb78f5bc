"""The curve of `scale.json` as Markdown, printed and kept between the marks of docs/scaling.md."""

from __future__ import annotations

import json
from typing import Any

from benchmarks import scale_capacity
from benchmarks.figures import ROOT

DOCS = ROOT / "docs" / "scaling.md"
REPLICA_WRITES = 50
PARTS = ("measured", "capacity")


def tables(curve: dict[str, Any]) -> str:
    """Return the measured tables."""
    return "\n".join([*_creation(curve), "", *_evolution(curve), "", *_memory(curve)])


def write(curve: dict[str, Any]) -> None:
    """Replace what stands between the marks of the page."""
    text = DOCS.read_text(encoding="utf-8")
    contents = (tables(curve), "\n".join(scale_capacity.table(curve)))
    for part, content in zip(PARTS, contents, strict=True):
        begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
        head, _, rest = text.partition(begin)
        _, found, tail = rest.partition(end)
        if not found:
            raise SystemExit(f"benchmarks.scale: {DOCS.name} has no place for {part}")
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    DOCS.write_text(text, encoding="utf-8")


def _creation(curve: dict[str, Any]) -> list[str]:
    worst = max(row["median_ms"] for row in curve["creation"])
    lines = [
        f"Measured {curve['measured_at']} with {curve['clinics']} clinics on {curve['cores']} cores"
        f" (load {curve['load'][0]} before, {curve['load'][1]} after).",
        "",
        "| clinics | creating one, median | worst | |",
        "| ---: | ---: | ---: | :--- |",
    ]
    for row in curve["creation"]:
        bar = "█" * max(round(20 * row["median_ms"] / worst), 1)
        lines.append(f"| {row['clinics']} | {row['median_ms']} ms | {row['worst_ms']} ms | {bar} |")
    return lines


def _evolution(curve: dict[str, Any]) -> list[str]:
    column = curve["column"]
    lines = ["| `evolve`, nothing to do | seconds | peak PSS | its backends |"]
    lines += ["| ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {row['clinics']} clinics | {row['seconds']} | {row['peak_mb']} MB"
        f" | {row['backends_mb']} MB |"
        for row in curve["noop"]
    ]
    lines += [
        "",
        f"| `evolve --jobs {column['jobs']}`, one new column: {column['seconds']} s in all"
        " | clinics/s | PSS | its backends |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['clinics']} clinics after {row['second']} s | {row['per_second']}"
        f" | {row['process_mb']} MB | {row['backends_mb']} MB |"
        for row in column["tenths"]
    ]
    return lines


def _memory(curve: dict[str, Any]) -> list[str]:
    visits = curve["visits"]
    lines = [
        "| one web process that served | its PSS | its backends | their own memory |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['clinics']} clinics | {row['process_mb']} MB | {row['backends']}"
        f" | {row['backends_mb']} MB |"
        for row in visits["marks"][:: max(len(visits["marks"]) // 10, 1)]
    ]
    one, filled = curve["each"], curve["filled"]
    lines += [
        "",
        "| what one clinic costs | |",
        "| --- | ---: |",
        f"| disk, empty, with its rows in the catalogues | {one['disk_mb']} MB |",
        f"| its tables and indexes, empty | {filled['empty']['mb']} MB |",
        f"| the same, the demo's {filled['demo']['appointments']} appointments"
        f" and {filled['demo']['patients']} patients | {filled['demo']['mb']} MB |",
        f"| the same, {filled['year']['appointments']} appointments"
        f" and as many patients | {filled['year']['mb']} MB |",
        f"| write-ahead log of its creation | {one['wal_mb']} MB |",
        f"| files in the data directory | {one['files']} |",
        f"| tables | {one['tables']} |",
        f"| relations (tables, indexes, toast) | {one['relations']} |",
        f"| catalogue rows | {one['catalogue_rows']} |",
        f"| memory of a backend that touched {visits['pages']} of its lists"
        f" | {visits['backend_kb_a_clinic']} kB |",
        f"| `pg_dump` of it alone, beside {curve['clinics']} others"
        f" | {curve['dump_one']['seconds']} s |",
        f"| its share of a `pg_dump` of all ({curve['dump_all']['seconds']} s,"
        f" {curve['dump_all']['locks']} locks)"
        f" | {1e3 * curve['dump_all']['seconds'] / curve['clinics']:.1f} ms |",
        f"| its share of `VACUUM (ANALYZE)` of all ({curve['vacuum']['seconds']} s)"
        f" | {1e3 * curve['vacuum']['seconds'] / curve['clinics']:.1f} ms |",
        f"| moving one with {curve['move']['appointments']} appointments to a second server"
        f" (`pg_dump -n`, `psql`) | {curve['move']['seconds']} s |",
        f"| a read replica of all ({curve['replica']['mb']} MB) by `pg_basebackup`, until it"
        f" answers | {curve['replica']['ready_s']} s |",
        f"| how far the replica is behind, median (worst of {REPLICA_WRITES})"
        f" | {curve['replica']['lag_ms']} ms ({curve['replica']['lag_worst_ms']} ms) |",
    ]
    return lines


if __name__ == "__main__":
    write(json.loads((ROOT / "benchmarks" / "scale.json").read_text()))
