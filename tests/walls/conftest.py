"""Two filled clinics, for the tests of the walls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from tests.fixtures.clinics import NOW
from tests.walls.prover_rows import fill
from tests.walls.prover_world import World

Worlds = tuple[World, World]


@pytest.fixture
def worlds(alfa: Clinic, beta: Clinic, nothing_counted: None) -> Iterator[Worlds]:
    """Fill the clinic of the callers and the other one, at 09:00 of a Tuesday."""
    with clock.frozen(NOW):
        yield (
            fill(alfa, word="lapacho", public_word="jacaranda", digit="7"),
            fill(beta, word="quebracho", public_word="algarrobo", digit="8"),
        )
