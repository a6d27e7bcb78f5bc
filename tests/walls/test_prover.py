"""Every route, as everybody, with another clinic's ids."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import get_resolver

from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from tests.fixtures.clinics import NOW
from tests.walls.prover_callers import CALLERS
from tests.walls.prover_judging import Prover
from tests.walls.prover_routes import find_fields, find_routes
from tests.walls.prover_rows import fill
from tests.walls.prover_table import compare, read_table
from tests.walls.prover_world import World

TABLE = read_table()
Worlds = tuple[World, World]


@pytest.fixture
def worlds(alfa: Clinic, beta: Clinic, nothing_counted: None) -> Iterator[Worlds]:
    """Fill the clinic of the callers and the other one, at 09:00 of a Tuesday."""
    with clock.frozen(NOW):
        yield (
            fill(alfa, word="lapacho", public_word="jacaranda", digit="7"),
            fill(beta, word="quebracho", public_word="algarrobo", digit="8"),
        )


def test_every_route_and_every_id_has_a_verdict() -> None:
    assert compare(find_routes(get_resolver().url_patterns), find_fields(), TABLE) == []


@pytest.mark.parametrize("name", CALLERS)
def test_nothing_of_another_clinic_is_reached(worlds: Worlds, name: str) -> None:
    own, foreign = worlds
    prover = Prover(CALLERS[name](own, foreign), own, foreign)
    prover.run(TABLE)
    assert not prover.findings, "\n".join(prover.findings)
    assert prover.tried > len(TABLE)
