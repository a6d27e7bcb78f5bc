"""A real Celery worker that hops between two clinics, whose tasks fail half-way now and then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clinics.models import Chair
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope

TASKS = 300
WORKER = """
import json, sys, threading
from dentalogic.celery import app
import django; django.setup()
from celery.contrib.testing.worker import start_worker
from celery.exceptions import SoftTimeLimitExceeded
from django.db import close_old_connections, connection, transaction
from clinics.models import Chair
from dentalogic.core.guard.exemption import unguarded
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import clinic_scope

app.conf.update(broker_url="memory://", result_backend="cache+memory://", task_ignore_result=True,
                broker_transport_options={"polling_interval": 0.002})
found, lock, done = [], threading.Lock(), threading.Event()
first, second, total, naive = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "naive"

def read(schema):
    if naive:
        connection.ensure_connection()
        if len(found) < 2:
            connection.connection.execute(f'SET search_path = "{schema}"')
        with unguarded("the schema has to keep clinics apart by itself"):
            return connection.connection.execute("SELECT name FROM chairs").fetchone()[0]
    with clinic_scope(schema):
        return Chair.objects.get().name

@app.task(name="visit", ignore_result=True, throws=(SoftTimeLimitExceeded,))
def visit(number):
    schema = (first, second)[number % 2]
    try:
        inherited = SCOPE.get()
        name = read(schema)
        if number % 7 == 0 and not naive:
            with clinic_scope(schema), transaction.atomic():
                Chair.objects.create(name="undone")
                raise SoftTimeLimitExceeded
    finally:
        with lock:
            found.append(inherited is None and name == schema)
            if len(found) == total:
                done.set()

with start_worker(app, pool="solo" if naive else "threads", concurrency=4, perform_ping_check=False,
                  loglevel="CRITICAL", shutdown_timeout=20):
    for number in range(total):
        app.send_task("visit", (number,), queue="mail", ignore_result=True)
    assert done.wait(60)
print(json.dumps(found))
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two(new_clinic: Callable[..., Clinic]) -> list[Clinic]:
    made = [new_clinic(), new_clinic()]
    for clinic in made:
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
    return made


def visits(two: list[Clinic], how: str, tasks: int) -> list[bool]:
    """Let a worker of its own process visit the clinics in turn; which visits were right."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, *(one.schema_name for one in two), str(tasks), how],
        cwd=ROOT,
        env={**os.environ, "DATABASE_POOL_SIZE": "1" if how == "naive" else "4"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[bool] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_worker_that_hops(two: list[Clinic]) -> None:
    assert visits(two, "scoped", TASKS) == [True] * TASKS
    for clinic in two:
        with clinic_scope(clinic):
            assert Chair.objects.get().name == clinic.schema_name


def test_control_a_worker_that_keeps_its_path(two: list[Clinic]) -> None:
    assert visits(two, "naive", 40).count(False) > 10
