"""Past one server: a read replica by `pg_basebackup`, and a clinic moved to a second server."""

from __future__ import annotations

import copy
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from dentalogic.embedded import postgres
from dentalogic.embedded.home import Home
from dentalogic.embedded.processes import choose_port

WRITES = 50
REPLICA_MB = 64
READY_SECONDS = 300


def replica(home: Path, schema: str) -> dict[str, Any]:
    """Copy the running server, follow it, and read a clinic's report from the copy."""
    from django.db import NotSupportedError, connections
    from django.db.utils import InternalError

    from clinics.models import Chair
    from dentalogic.core.tenancy import clinic_scope

    began = time.perf_counter()
    with _follower(home) as (url, data):
        ready = time.perf_counter() - began
        with _alias("replica", url), clinic_scope(schema):
            lags = []
            for _ in range(WRITES):
                chair = Chair.objects.create(name=uuid.uuid4().hex[:20])
                written = time.perf_counter()
                while not Chair.objects.using("replica").filter(pk=chair.pk).exists():
                    pass
                lags.append(time.perf_counter() - written)
            refused = False
            try:
                Chair(name="no").save(using="replica")
            except (InternalError, NotSupportedError):
                refused = True
            path = connections["replica"].schema_name  # type: ignore[attr-defined]
        if not refused or path != schema:
            raise SystemExit("benchmarks.scale: the replica took a write, or lost the clinic")
        size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
    return {
        "ready_s": round(ready, 1),
        "mb": round(size / 1e6),
        "lag_ms": round(statistics.median(lags) * 1e3, 1),
        "lag_worst_ms": round(max(lags) * 1e3, 1),
    }


def move(schema: str) -> dict[str, Any]:
    """Bring one clinic's schema to a server that has nothing but the extensions, and read it."""
    from clinics.models import Appointment, Patient
    from dentalogic.core.tenancy import clinic_scope
    from dentalogic.embedded import start, stop

    with tempfile.TemporaryDirectory(prefix="dentalogic-bench-second-") as folder:
        kept = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL")}
        try:
            second = start(Path(folder), fast=False).database_url
        finally:
            os.environ |= kept
        try:
            began = time.perf_counter()
            _copy_schema(os.environ["DATABASE_URL"], second, schema)
            seconds = time.perf_counter() - began
            with _alias("second", second), clinic_scope(schema):
                here = (Appointment.objects.count(), Patient.objects.count())
                there = tuple(
                    model.objects.using("second").count() for model in (Appointment, Patient)
                )
            if here != there or not here[0]:
                raise SystemExit(f"benchmarks.scale: moved {there} of {here}")
        finally:
            for name in kept:
                os.environ.pop(name)
            try:
                stop(Path(folder))
            finally:
                os.environ |= kept
    return {"seconds": round(seconds, 2), "appointments": here[0], "patients": here[1]}


def _copy_schema(source: str, target: str, schema: str) -> None:
    dump = subprocess.run(
        [str(postgres.binary("pg_dump")), "-n", schema, "--no-owner", "-d", source],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [str(postgres.binary("psql")), "-qX", "-v", "ON_ERROR_STOP=1", "-1", "-d", target],
        input=dump.stdout,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def _follower(path: Path) -> Iterator[tuple[str, Path]]:
    home = Home.at(path)
    primary = urlsplit(os.environ["DATABASE_URL"])
    port = choose_port(None)
    data = home.postgres_data.with_name("replica")
    account = postgres.account()
    admin = postgres.password(home, postgres.ADMIN)
    subprocess.run(
        account.command(
            postgres.binary("pg_basebackup"),
            *("-D", data, "-h", str(primary.hostname), "-p", str(primary.port)),
            *("-U", postgres.ADMIN, "-R", "-X", "stream", "-c", "fast", "--no-sync"),
        ),
        env=os.environ | {"PGPASSWORD": admin},
        check=True,
    )
    settings = {
        **postgres.SETTINGS,
        "port": str(port),
        "shared_buffers": f"{REPLICA_MB}MB",
        "io_method": "sync",
        # One call for the folder: opening each of its 150 files a clinic takes minutes.
        "recovery_init_sync_method": "syncfs",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (home.logs / "replica.log").open("wb") as log:
        process = subprocess.Popen(
            account.command(postgres.binary("postgres"), "-D", data, *words),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = os.environ["DATABASE_URL"].replace(f":{primary.port}/", f":{port}/")
    try:
        until = time.monotonic() + READY_SECONDS
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
                break
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit((home.logs / "replica.log").read_text()[-2000:])
            time.sleep(0.2)
        yield url, data
    finally:
        # PostgreSQL's immediate shutdown: nobody needs what is in it.
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _alias(name: str, url: str) -> Iterator[None]:
    """Let Django know another server for a while."""
    from django.db import connections

    parts = urlsplit(url)
    settings = copy.deepcopy(connections.databases["default"])
    settings |= {"HOST": parts.hostname, "PORT": str(parts.port), "PASSWORD": parts.password or ""}
    settings["OPTIONS"] = {**settings["OPTIONS"], "pool": False}
    connections.databases[name] = settings
    try:
        yield
    finally:
        connections[name].close()
        del connections[name]
        del connections.databases[name]
