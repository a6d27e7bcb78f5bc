from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as live
from django.test import Client

from clinics.tenancy.models import Clinic
from dentalogic.core import bell, health_views
from dentalogic.core.health import beat, expected
from dentalogic.core.models import ClinicPatch, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_redis(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bell.client.cache_clear()
    yield
    bell.client.cache_clear()


def test_alive() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_ready_says_each_part(db: None) -> None:
    for name in expected():
        beat(name)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "redis": "ok",
            "workers": dict.fromkeys(expected(), "ok"),
        },
    )
    assert {"dispatcher", "agent", "whatsapp"} < set(expected())
    for gone in ("dispatcher", "agent"):
        bell.client().delete(f"{live.REDIS_PREFIX}:alive:{gone}")
        body = Client().get("/readyz").json()
        assert (body["status"], body["workers"][gone]) == ("degraded", "away")
        assert body["workers"]["whatsapp"] == "ok"


def test_a_clinic_that_is_behind_turns_nobody_else_away(alfa: Clinic, beta: Clinic) -> None:
    for name in expected():
        beat(name)
    health_views._complete.cache_clear()
    for clinic, status, said in ((alfa, 200, "behind"), (beta, 503, "missing")):
        ClinicPatch.objects.filter(schema_name=clinic.schema_name).update(finished_at=None)
        response = Client().get("/readyz")
        assert (response.status_code, response.json()["migrations"]) == (status, said)
        assert response.json()["status"] != "ok"


def test_without_redis_it_is_degraded_and_serves(without_redis: None) -> None:
    with pytest.raises(redis.RedisError):
        bell.client().ping()
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["redis"] == "away"


def test_metrics_want_the_token(alfa: Clinic) -> None:
    for headers in ({}, {"X-Internal-Token": "x"}, {"X-Internal-Token": "ñ"}):
        response = Client().get("/metrics", headers=headers)
        assert response.status_code == 401
        assert "dentalogic_" not in response.content.decode()
    OutboxMessage.objects.create(clinic_id=alfa.pk, topic="t", sink="mail")
    shown = Client().get("/metrics", headers={"X-Internal-Token": live.INTERNAL_API_TOKEN})
    assert shown.status_code == 200
    assert 'dentalogic_outbox_waiting{sink="mail"} 1' in shown.content.decode()
