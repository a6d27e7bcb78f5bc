"""Real Celery workers that hop between two clinics, and whose tasks fail or are ended half-way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinics.models import Chair
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope

HOPS, NAIVE_HOPS = 300, 40
START = """
import django, sys; django.setup()
from tests.walls.celery_worker import main; main(*sys.argv[1:])
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two(new_clinic: Callable[..., Clinic]) -> list[Clinic]:
    made = [new_clinic(), new_clinic()]
    for clinic in made:
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
    return made


def run(two: list[Clinic]) -> dict[str, Any]:
    """Run all the pools in one process: most of what a worker costs is its start."""
    names = [one.schema_name for one in two]
    done = subprocess.run(
        [sys.executable, "-c", START, *names, str(HOPS), str(NAIVE_HOPS)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.processes
def test_workers_that_hop(two: list[Clinic]) -> None:
    found = run(two)
    for pool, threads in (("threads", 4), ("solo", 1)):
        right, idents, held = zip(*found[pool], strict=True)
        assert right == (True,) * HOPS, pool
        assert len(set(idents)) <= threads, pool
        assert len(set(held)) <= threads, pool
    # The control: a path that is chosen once is read by every task after.
    assert found["naive"].count(False) > NAIVE_HOPS // 4

    soft, after_soft, hard, after_hard = found["prefork"]
    # Both tasks were ended inside the first clinic, and the next one began outside of all.
    for stuck, after in ((soft, after_soft), (hard, after_hard)):
        assert stuck["name"] in {two[0].schema_name, "undone"}
        assert (after["outside"], after["path"]) == (True, "public")
        assert after["names"] == [two[1].schema_name]
    assert after_soft["pid"] == soft["pid"] == hard["pid"] != after_hard["pid"]
    for clinic in two:
        with clinic_scope(clinic):
            assert Chair.objects.get().name == clinic.schema_name
