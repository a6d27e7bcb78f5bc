"""The prover can fail: it finds each kind of leak, and a table that is not the server's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.urls import get_resolver

from tests.walls import prover_leaky
from tests.walls.prover_callers import CALLERS
from tests.walls.prover_judging import Prover
from tests.walls.prover_routes import find_routes
from tests.walls.prover_table import BadTable, compare, read_table
from tests.walls.prover_world import World

VERDICTS = "\n          404  404  404  door  door\n"
LEAKS = {
    f"GET /leaky/patients/<uuid:row_id>/  patient{VERDICTS}": [
        "200 instead of 404",
        "says 'quebracho'",
        "is told apart",
    ],
    "GET /leaky/query/  -\n          own\n": ["says 'quebracho'"],
    f"GET /leaky/forbidding/<uuid:row_id>/  patient{VERDICTS}": ["403 instead of 404"],
    f"POST /leaky/writing/<uuid:row_id>/  line{VERDICTS}": ["changed ['public.lines']"],
    f"GET /leaky/broken/<uuid:row_id>/  patient{VERDICTS}": ["500: "],
    # A wall that lets nobody through is found as well.
    "GET /api/v1/staff/<uuid:member_id>/activate/  member:pending" + VERDICTS: ["405 instead"],
    "GET /api/v1/patients/  -\n          404\n": ["200 instead of 404"],
}


@pytest.mark.parametrize("row", LEAKS, ids=lambda row: " ".join(row.split()[:2]))
@pytest.mark.usefixtures("leaky")
def test_a_leak_is_found(worlds: tuple[World, World], row: str) -> None:
    own, foreign = worlds
    prover = Prover(CALLERS["ceo"](own, foreign), own, foreign)
    prover.run(read_table(row))
    said = "\n".join(prover.findings)
    for expected in LEAKS[row]:
        assert expected in said


@pytest.fixture
def leaky() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=prover_leaky.__name__):
        yield


def test_a_new_route_without_a_verdict_is_found() -> None:
    said = compare(find_routes(prover_leaky.urlpatterns), set(), read_table())
    assert "GET /leaky/query/ has no verdict" in said
    assert "POST /leaky/writing/<uuid:row_id>/ has no verdict" in said


def test_a_row_without_a_route_and_an_id_without_a_verdict_are_found() -> None:
    row = "GET /gone/  -\n          own\n          ?patient  patient  own\n"
    assert compare(set(), set(), read_table(row)) == ["GET /gone/ is no route"]
    fields = {("POST", "/gone/", ".chair")}
    assert "POST /gone/ .chair is an id without a verdict" in compare(set(), fields, [])
    assert compare({("GET", "/gone/")}, set(), read_table("GET /gone/  -\n"))[0] == (
        "GET /gone/ has no verdict"
    )


def test_a_table_that_says_nothing_known_is_refused() -> None:
    with pytest.raises(BadTable, match="line 2"):
        read_table("GET /\n          fine\n")


def test_the_routes_are_found_however_deep() -> None:
    found = find_routes(get_resolver("dentalogic.urls").url_patterns)
    assert ("PATCH", "/api/v1/patients/<uuid:row_id>/") in found
    assert ("GET", "/admin/tenancy/membership/<path:object_id>/change/") in found
    assert ("DELETE", "/api/v1/patients/<uuid:row_id>/") not in found
