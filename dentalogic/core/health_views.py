"""How this process is: for load balancers, for `make run`, and for Prometheus."""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dentalogic.core import bell, clock
from dentalogic.core.evolution import tenant_steps
from dentalogic.core.evolution.steps import public_steps
from dentalogic.core.health import alive, expected
from dentalogic.core.internal import refuse_strangers
from dentalogic.core.problems import RETRY_AFTER_SECONDS

OK, AWAY, MISSING, BEHIND = "ok", "away", "missing", "behind"

_BEHIND = """
SELECT count(*) FILTER (WHERE had.patches < %s), count(*) FROM public.clinics c,
LATERAL (
    SELECT count(*) FROM public.clinic_patches p
    WHERE p.schema_name = c.schema_name AND p.finished_at IS NOT NULL
      AND p.app || '.' || p.migration = ANY(%s)) had (patches)
WHERE c.is_active
"""
_WAITING = """
SELECT sink, count(*) FILTER (WHERE dead_at IS NULL), count(*) FILTER (WHERE dead_at IS NOT NULL),
       coalesce(extract(epoch FROM %s - min(due_at) FILTER (WHERE dead_at IS NULL)), 0)
FROM public.outbox WHERE done_at IS NULL GROUP BY sink ORDER BY sink
"""


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers. Asks nobody else: a dead database is no reason to restart."""
    return JsonResponse({"status": OK})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether work can be done, and what is missing for it.

    200 `ok`; 200 `degraded` without Redis or a worker, which delays deliveries and loses nothing;
    200 `degraded` while some clinics lack a patch, which is no reason to turn the others away;
    503 without the database, without the shared tables, or when every clinic is behind.
    """
    database, migrations = _database()
    cache_state, workers = _redis()
    parts: dict[str, Any] = {
        "database": database,
        "migrations": migrations,
        "redis": cache_state,
        "workers": workers,
    }
    if database != OK or migrations not in {OK, BEHIND}:
        response = JsonResponse({"status": "unavailable", **parts}, status=503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    whole = migrations == cache_state == OK and all(state == OK for state in workers.values())
    return JsonResponse({"status": OK if whole else "degraded", **parts})


def _database() -> tuple[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return OK, _migrations()
    except Error:
        connection.close()
        return AWAY, "unknown"


def _migrations() -> str:
    # Code does not change while a process runs: what was complete once stays so.
    try:
        _complete()
    except Incomplete as lacking:
        return lacking.state
    return OK


class Incomplete(Exception):
    """The database lacks what this code was written for."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@cache
def _complete() -> bool:
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations or ())
    shared = {node for node in loader.graph.nodes if node[0] not in _tenant_labels()}
    held = {step.key for step in public_steps() if step.contracts}
    if shared - applied - held - _replaced(loader):
        raise Incomplete(MISSING)
    # A contract patch takes away what this code does not use: it may still be missing.
    steps = [step.label for step in tenant_steps() if not step.contracts]
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, [len(steps), steps])
        behind, clinics = cursor.fetchone()
    if behind:
        raise Incomplete(MISSING if behind == clinics else BEHIND)
    return True


def _tenant_labels() -> set[str]:
    return {step.app for step in tenant_steps()}


def _replaced(loader: MigrationLoader) -> set[tuple[str, str]]:
    return {one for squashed in loader.replacements.values() for one in squashed.replaces}


def _redis() -> tuple[str, dict[str, str]]:
    try:
        bell.client().ping()
        return OK, {name: OK if alive(name) else AWAY for name in expected()}
    except redis.RedisError:
        return AWAY, dict.fromkeys(expected(), "unknown")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Export what waits in the outbox, by sink, in Prometheus' text format."""
    refused = refuse_strangers(request)
    if refused is not None:
        return refused
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [clock.real_now()])
        rows = cursor.fetchall()
    gauges = {
        "dentalogic_outbox_waiting": ("Deliveries that are owed.", 1),
        "dentalogic_outbox_dead": ("Deliveries given up for good.", 2),
        "dentalogic_outbox_oldest_seconds": ("How long the oldest one has been due.", 3),
    }
    lines = []
    for name, (meaning, column) in gauges.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [f'{name}{{sink="{row[0]}"}} {max(float(row[column]), 0):g}' for row in rows]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
