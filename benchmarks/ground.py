"""The ground that benchmarks stand on: fresh, durable servers and a clinic of a known size."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TREATMENT_MINUTES = 30


@contextmanager
def fresh_servers() -> Iterator[Path]:
    """Start PostgreSQL and Redis as durable as in production, and set Django up on them."""
    from dentalogic.embedded import environment, start, stop

    with tempfile.TemporaryDirectory(prefix="dentalogic-bench-") as folder:
        home = Path(folder)
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        endpoints = start(home, fast=False)
        try:
            os.environ |= {
                "DENTALOGIC_HOME": folder,
                "DATABASE_URL": endpoints.database_url,
                "REDIS_URL": endpoints.redis_url,
                "LOG_LEVEL": "ERROR",
                "SANDBOX": "1",
                "DJANGO_SETTINGS_MODULE": "dentalogic.settings",
            }
            os.environ |= environment(home)
            import django
            from django.core.management import call_command

            django.setup()
            call_command("setup_database", verbosity=0)
            yield home
        finally:
            _close_pools()
            stop(home)


def _close_pools() -> None:
    """End the pools before their server: they would try for minutes to reach it again."""
    from django.db import connections

    for one in connections.all(initialized_only=True):
        one.close()
        one.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's backend alone has it


def busy_clinic(*, professionals: int = 10, appointments: int = 3000) -> Any:
    """Open a local clinic whose agenda is filled from today on, six visits a professional a day."""
    from django.db import transaction

    from clinics.models import (
        Appointment,
        Patient,
        Professional,
        ProfessionalTreatment,
        Treatment,
    )
    from clinics.tenancy.creation import create_clinic
    from dentalogic.core.names import name_key
    from dentalogic.core.tenancy import clinic_scope

    schema = f"b{uuid.uuid4().hex[:10]}"
    clinic = create_clinic(
        name="Medida", schema=schema, settings={"holidays": False, "horizon_days": 366}
    )
    day = [{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "18:00"}]
    with clinic_scope(clinic), transaction.atomic():
        treatment = Treatment.objects.create(
            code="limpieza", name="Limpieza", name_key="limpieza", minutes=TREATMENT_MINUTES
        )
        people = Professional.objects.bulk_create(
            Professional(
                first_name="Profesional",
                last_name=f"Número {number}",
                name_key=name_key(f"profesional numero {number}"),
                working_hours={str(weekday): day for weekday in range(7)},
            )
            for number in range(professionals)
        )
        ProfessionalTreatment.objects.bulk_create(
            ProfessionalTreatment(professional=person, treatment=treatment) for person in people
        )
        patients = Patient.objects.bulk_create(
            Patient(
                first_name="Paciente",
                last_name=str(number),
                name_key=f"paciente {number}",
                dni=str(20_000_000 + number),
                insurance="PARTICULAR",
                phone=f"+54911{number:08}",
                status="active",
            )
            for number in range(max(appointments, 1))
        )
        start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        Appointment.objects.bulk_create(
            [
                Appointment(
                    patient=patients[index],
                    professional=people[index % professionals],
                    treatment=treatment,
                    starts_at=at,
                    ends_at=at + timedelta(minutes=TREATMENT_MINUTES),
                    status="scheduled",
                    source="demo",
                )
                for index in range(appointments)
                for at in [
                    start
                    + timedelta(
                        days=index // (professionals * 6),
                        minutes=60 * (index // professionals % 6),
                    )
                ]
            ],
            batch_size=500,
        )
    return clinic


@contextmanager
def served(app: str = "dentalogic.asgi:application") -> Iterator[str]:
    """Serve an application by one uvicorn[standard] process; its address."""
    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"{url}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit("benchmarks: the web process did not start")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(15)
