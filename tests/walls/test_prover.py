"""Every route, as everybody, with another clinic's ids."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import FileField
from django.test import Client
from django.urls import get_resolver

from tests.walls.prover_callers import CALLERS
from tests.walls.prover_judging import Prover
from tests.walls.prover_routes import find_fields, find_routes
from tests.walls.prover_table import compare, read_table
from tests.walls.prover_world import World

TABLE = read_table()


def test_every_route_and_every_id_has_a_verdict() -> None:
    assert compare(find_routes(get_resolver().url_patterns), find_fields(), TABLE) == []


@pytest.mark.parametrize("name", CALLERS)
def test_nothing_of_another_clinic_is_reached(worlds: tuple[World, World], name: str) -> None:
    own, foreign = worlds
    prover = Prover(CALLERS[name](own, foreign), own, foreign)
    prover.run(TABLE)
    assert not prover.findings, "\n".join(prover.findings)
    assert prover.tried > len(TABLE)


# Every column that names a file, with the route that gives the file out; none so far. Such a route
# belongs in the table like any other, with the file of the other clinic as its thing.
LINKS: dict[str, str] = {}


def test_every_link_to_a_file_has_its_route() -> None:
    files = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    }
    assert files == LINKS.keys()
    assert set(LINKS.values()) <= {row.route for row in TABLE}


def test_nothing_is_served_from_the_media_folder(worlds: tuple[World, World]) -> None:
    client = Client()
    for path in ("/media/", "/media/x.ogg", "/static/../media/x.ogg", "/export/", "/api/v1/media/"):
        assert client.get(path).status_code == 404


def test_the_admins_search_looks_for_pages_alone() -> None:
    """Its answers are kept by user and word for minutes: rows in them would outlive a switch."""
    unfold: dict[str, Any] = settings.UNFOLD
    assert "search_models" not in unfold.get("COMMAND", {})
