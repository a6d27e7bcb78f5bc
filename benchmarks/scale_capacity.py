"""What 100,000 clinics would take, by arithmetic on what one was measured to take."""

from __future__ import annotations

from typing import Any

ONE_SERVER, ALL = 5_000, 100_000
LOCKS = 1024 * 200
CLINICS_PER_CONNECTION = 200
CONNECTIONS = 64
# Of a busy clinic: what it is asked to do in the ten hours that it is open.
MESSAGES, BOOKINGS, OPEN_SECONDS = 200, 30, 36_000


def table(curve: dict[str, Any]) -> list[str]:
    """Return the capacity table, its formulas filled with the measured figures."""
    one, filled, visits = curve["each"], curve["filled"], curve["visits"]
    here = curve["clinics"]
    noop = curve["noop"]
    grown = (noop[-1]["seconds"] - noop[0]["seconds"]) / (noop[-1]["clinics"] - noop[0]["clinics"])
    column = curve["column"]
    each_column = (column["seconds"] - column["start_s"]) / here
    year = filled["year"]["mb"] - filled["empty"]["mb"] + one["disk_mb"]
    catalogue = one["disk_mb"] - filled["empty"]["mb"]
    dump, vacuum = curve["dump_all"], curve["vacuum"]
    rows = [
        ("disk, empty", f"{one['disk_mb']} MB", one["disk_mb"] / 1e3, "GB"),
        ("disk, each with 3,000 appointments", f"{year:.2f} MB", year / 1e3, "GB"),
        ("of that the catalogues", f"{catalogue:.2f} MB", catalogue / 1e3, "GB"),
        ("catalogue rows", f"{one['catalogue_rows']:.0f}", one["catalogue_rows"] / 1e6, "million"),
        ("files in one folder", f"{one['files']:.0f}", one["files"] / 1e6, "million"),
        (
            "a backend that touched them all",
            f"{visits['backend_kb_a_clinic']} kB",
            visits["backend_kb_a_clinic"] / 1e6,
            "GB",
        ),
        ("creating them, one after the other", f"{curve['creation_s']:.3f} s",
         curve["creation_s"] / 3600, "h"),
        ("log written by that", f"{one['wal_mb']} MB", one["wal_mb"] / 1e3, "GB"),
        ("`evolve` with nothing to do, beyond its start", f"{1e3 * grown:.2f} ms", grown, "s"),
        (f"`evolve` of one column, {column['jobs']} jobs", f"{1e3 * each_column:.0f} ms",
         each_column / 60, "min"),
        ("`pg_dump` of all, if it could", f"{1e3 * dump['seconds'] / here:.0f} ms",
         dump["seconds"] / here / 60, "min"),
        ("locks that it holds", f"{dump['locks'] / here:.0f}", dump["locks"] / here / 1e3,
         "thousand"),
        ("one `VACUUM (ANALYZE)` of everything, one worker",
         f"{1e3 * vacuum['seconds'] / here:.0f} ms", vacuum["seconds"] / here / 60, "min"),
        ("messages a second", f"{MESSAGES} in ten hours", MESSAGES / OPEN_SECONDS, "/s"),
        ("bookings a second", f"{BOOKINGS} in ten hours", BOOKINGS / OPEN_SECONDS, "/s"),
    ]  # fmt: skip
    bounded = CLINICS_PER_CONNECTION * visits["backend_kb_a_clinic"] / 1e3
    return [
        f"| what | measured a clinic | × {ONE_SERVER:,} | × {ALL:,} |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {what} | {measured} | {_short(factor * ONE_SERVER)} {unit}"
            f" | {_short(factor * ALL)} {unit} |"
            for what, measured, factor, unit in rows
        ),
        "",
        f"* `pg_dump` of all stops at {int(LOCKS / (dump['locks'] / here)):,} clinics: it locks"
        f" every table, and the server's table of locks has {LOCKS:,} places (1,024 × 200).",
        f"* {CONNECTIONS} backends that each remember {CLINICS_PER_CONNECTION} clinics hold"
        f" {CONNECTIONS * bounded / 1e3:.1f} GB ({bounded:.0f} MB each), however many clinics"
        " there are.",
    ]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
