"""Refusals that come before any of our views, and the document of those that come after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser

from tests.fixtures.api import Api, assert_problem

pytestmark = pytest.mark.django_db


def test_djangos_own_404(api: Api) -> None:
    assert_problem(api("ceo").get("/api/v1/nothing/"), 404, "not-found")
    assert_problem(api("ceo").get("/api/v1/patients/not-a-uuid/"), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b"[1, 2]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"minutes": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"x" * (1024 * 1024 + 1), "application/json", 413),
        (b"a=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_request(api: Api, body: bytes, kind: str, status: int) -> None:
    given: Any = body
    response = api("ceo").generic("POST", "treatments/", given, content_type=kind)
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_method_that_is_not_there(api: Api) -> None:
    refused = api("ceo").put("treatments/", {})
    assert_problem(refused, 405, "method-not-allowed")
    assert "GET" in refused.headers["Allow"]


def test_a_wrong_host() -> None:
    refused = Browser(headers={"host": "evil.test"}).get("/api/v1/auth/me/")
    assert_problem(refused, 400, "invalid")


def test_the_document_is_served_and_open(api: Api) -> None:
    schema = api().get("/api/schema/?format=json")
    assert schema.status_code == 200
    document: dict[str, Any] = schema.json()
    assert document["openapi"].startswith("3.1")
    booking = document["paths"]["/api/v1/appointments/"]["post"]
    assert set(booking["responses"]) >= {"201", "400", "401", "403", "409"}
    assert "application/problem+json" in booking["responses"]["409"]["content"]
    assert api().get("/api/docs/").status_code == 200


def test_the_committed_document_is_what_is_served(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)
    assert fresh.read_text() == (settings.BASE_DIR / "docs/openapi.yaml").read_text()
