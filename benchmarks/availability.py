"""What `check_availability` costs, in multiples of a `SELECT 1` in the same transaction.

10 professionals, 3,000 appointments, no Google; the whole tool call, from the arguments' text to
the result. Recording what was offered is counted apart.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

from benchmarks.figures import figure
from benchmarks.ground import busy_clinic, fresh_servers

ROUNDS = 300


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    with fresh_servers():
        return _measure()


def _measure() -> list[dict[str, Any]]:
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from agent.tools import offering
    from agent.tools.registry import call
    from clinics.models import Patient
    from dentalogic.core import clock
    from dentalogic.core.tenancy import clinic_scope

    clinic = busy_clinic()
    offers = Apart(vars(offering)["make_offers"])
    with clinic_scope(clinic), mock.patch.object(offering, "make_offers", offers):
        desk = _desk(clinic, Patient.objects.all()[0])
        tomorrow = (clock.now() + timedelta(days=1)).date()
        month = f"{tomorrow}T00:00/{tomorrow + timedelta(days=30)}T00:00"
        results: dict[str, float] = {}
        # One transaction a figure: what was offered is taken back, so rows do not pile up.
        for name, when in (("1d", str(tomorrow)), ("30d", month)):
            arguments = json.dumps({"service": "limpieza", "when": when})
            with transaction.atomic():
                answer = call(desk, "check_availability", arguments)
                assert answer["ok"], answer
                assert len(answer["slots"]) == 3, answer
                with CaptureQueriesContext(connection) as seen:
                    offers.forget()
                    call(desk, "check_availability", arguments)
                if name == "1d":
                    statements = len(seen) - offers.statements
                check = partial(call, desk, "check_availability", arguments)
                results[name], results[f"select_{name}"] = _side_by_side(check, offers)
                hot = _hot_select_1()
                transaction.set_rollback(True)
    trips = results["1d"] / results["select_1d"]
    growth = results["30d"] / results["1d"]
    print(
        f"SELECT 1: {results['select_1d'] * 1e3:.3f} ms (in a loop of its own {hot * 1e3:.3f} ms,"
        f" {results['1d'] / hot:.1f} times that), 1 day: {results['1d'] * 1e3:.2f} ms,"
        f" 30 days: {results['30d'] * 1e3:.2f} ms, offers apart: {offers.median * 1e3:.2f} ms"
    )
    return [
        figure("availability_1d_trips", trips, "×", "SELECT 1 in the same transaction", 15),
        figure("availability_statements", statements, "", "statements of one check", 6),
        figure("availability_30d_growth", growth, "×", "the check of 1 day", 5),
    ]


class Apart:
    """Wraps the recording of offers, and keeps its time and statements out of the figure."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self.spent: list[float] = []
        self.statements = 0

    def forget(self) -> None:
        self.statements = 0

    def __call__(self, **given: Any) -> Any:
        from django.db import connection

        before = len(connection.queries_log)
        began = time.perf_counter()
        try:
            return self.original(**given)
        finally:
            self.spent.append(time.perf_counter() - began)
            self.statements += len(connection.queries_log) - before

    @property
    def median(self) -> float:
        return statistics.median(self.spent)


def _side_by_side(check: Callable[[], Any], apart: Apart) -> tuple[float, float]:
    """Time the check and `SELECT 1` in turns, so that both meet the same machine.

    A `SELECT 1` in a loop of its own finds the server's process awake and its caches warm, which
    no statement of a real call does; `_hot_select_1` prints that one besides.
    """
    checks: list[float] = []
    selects: list[float] = []
    for _ in range(ROUNDS):
        count = len(apart.spent)
        began = time.perf_counter()
        check()
        took = time.perf_counter() - began
        checks.append(took - sum(apart.spent[count:]))
        began = time.perf_counter()
        _select_1()
        selects.append(time.perf_counter() - began)
    return statistics.median(checks), statistics.median(selects)


def _hot_select_1() -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _select_1()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _select_1() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _desk(clinic: Any, person: Any) -> Any:
    from agent.context import TurnContext
    from agent.tools.calling import Desk

    context = TurnContext(
        conversation_id=uuid4(),
        turn_no=1,
        person=person,
        new=(),
        history=(),
        profile_name="",
        is_current=lambda: True,
    )
    return Desk(context=context, clinic=clinic)
