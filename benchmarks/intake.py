"""How many webhooks one web process stores, against a bare application that only verifies them.

Both are served by the same uvicorn in the same run, against a fresh PostgreSQL that is as durable
as in production. Needs `wrk`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psycopg

from dentalogic.embedded import environment, start, stop

ROOT = Path(__file__).resolve().parent.parent
PATH = "/webhooks/whatsapp/meta/"
NUMBER = "100000000000077"
SENDERS = 500
CONNECTIONS = 32
ROUNDS = 3
SECONDS = 6
BODIES = 180_000
RATIO_GOAL = 0.15
P99_GOAL = 5.0

_CLINIC = f"""
import django; django.setup()
from clinics.tenancy.creation import create_clinic
from clinics.tenancy.models import Line
clinic = create_clinic(name="Medida", schema="measured")
Line.objects.create(clinic=clinic, external_id="{NUMBER}", phone="+5491150000077")
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests, seconds, the 99th percentile in milliseconds, and failures."""

    requests: int
    seconds: float
    p99: float
    errors: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    if shutil.which("wrk") is None:
        raise SystemExit("benchmarks.intake: wrk is not installed (apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="dentalogic-bench-") as folder:
        home = Path(folder)
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        endpoints = start(home, fast=False)
        try:
            variables = _environment(home, endpoints.database_url, endpoints.redis_url)
            manage = [sys.executable, str(ROOT / "manage.py"), "setup_database", "--skip-checks"]
            subprocess.run(manage, env=variables, check=True, stdout=subprocess.DEVNULL)
            subprocess.run([sys.executable, "-c", _CLINIC], env=variables, check=True, cwd=ROOT)
            bodies = home / "bodies.txt"
            _write_bodies(bodies, variables["WHATSAPP_APP_SECRET"].split(",")[0].encode())
            return _measure(bodies, variables, endpoints.database_url)
        finally:
            stop(home)


def _measure(bodies: Path, variables: dict[str, str], database_url: str) -> list[dict[str, Any]]:
    bare: list[Load] = []
    kept: list[Load] = []
    # The whole web when there is one; the same handler alone before.
    whole = find_spec("clinics.routing") is not None
    product = "dentalogic.asgi:application" if whole else "benchmarks.intake_apps:intake"
    with (
        _served("benchmarks.intake_apps:bare", variables) as bare_url,
        _served(product, variables) as product_url,
    ):
        _wrk(bare_url, bodies, 1, 0)
        _wrk(product_url, bodies, 1, BODIES - 10_000)
        for _ in range(ROUNDS):
            bare.append(_wrk(bare_url, bodies, SECONDS, 0))
            sent = sum(load.requests for load in kept)
            kept.append(_wrk(product_url, bodies, SECONDS, sent))
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT id FROM public.clinics WHERE schema_name = 'measured'"
        ).fetchone()
        found = connection.execute(
            "SELECT count(*) FROM measured.inbox_items WHERE tenant_id = %s", found
        ).fetchone()
    stored = found[0] if found else 0
    acknowledged = sum(load.requests for load in kept)
    if any(load.errors for load in [*bare, *kept]) or stored < acknowledged:
        raise SystemExit(f"benchmarks.intake: {acknowledged} acknowledged, {stored} stored: {kept}")
    ratio = statistics.median(load.rate for load in kept) / statistics.median(
        load.rate for load in bare
    )
    p99_ratio = statistics.median(load.p99 for load in kept) / statistics.median(
        load.p99 for load in bare
    )
    for name, loads in (("bare", bare), ("intake", kept)):
        figures = ", ".join(f"{load.rate:.0f}/s p99 {load.p99:.1f} ms" for load in loads)
        print(f"{name}: {figures}")
    return [
        _row("intake_ratio", ratio, "×", "requests/s of a bare ASGI app", RATIO_GOAL, ">="),
        _row("intake_p99_ratio", p99_ratio, "×", "p99 of a bare ASGI app", P99_GOAL, "<="),
    ]


def _row(
    name: str, value: float, unit: str, against: str, goal: float, sense: str
) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "against": against,
        "goal": f"{sense} {goal}",
        "ok": value >= goal if sense == ">=" else value <= goal,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
    }


def _environment(home: Path, database_url: str, redis_url: str) -> dict[str, str]:
    given = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DENTALOGIC_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "dentalogic.settings",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    return environment(home) | given


def _write_bodies(path: Path, secret: bytes) -> None:
    run_id = uuid.uuid4().hex[:12]
    now = int(time.time())
    with path.open("wb") as file:
        for index in range(BODIES):
            sender = f"54911{40_000_000 + index % SENDERS}"
            message = {
                "from": sender,
                "id": f"wamid.HBgN{run_id}{index:08}AAIAEhgUM0E",
                "timestamp": str(now),
                "type": "text",
                "text": {"body": f"Hola, quisiera un turno para una limpieza ({index})"},
            }
            value = {
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": "5491150000077",
                    "phone_number_id": NUMBER,
                },
                "contacts": [{"profile": {"name": "Paciente"}, "wa_id": sender}],
                "messages": [message],
            }
            change = {"value": value, "field": "messages"}
            entry = [{"id": "200000000000001", "changes": [change]}]
            body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
            digest = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
            file.write(b"sha256=" + digest + b" " + body + b"\n")


@contextmanager
def _served(app: str, variables: dict[str, str]) -> Iterator[str]:
    """Serve an application by one uvicorn process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning"]
    if app.startswith("benchmarks."):
        command += ["--lifespan", "off"]
    process = subprocess.Popen(command, env=variables, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 30
        while True:
            try:
                httpx.post(url + PATH, content=b"{}", trust_env=False)
                break
            except httpx.TransportError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wrk(url: str, bodies: Path, seconds: int, offset: int) -> Load:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(ROOT / "benchmarks" / "intake.lua"), url, "--"]
    command += [str(bodies), PATH, str(offset)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in ended.stdout.splitlines() if line.startswith("RESULT "))
    requests, microseconds, p99, errors = (float(part) for part in line.split()[1:])
    return Load(int(requests), microseconds / 1e6, p99 / 1000, int(errors))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1, ensure_ascii=False))
