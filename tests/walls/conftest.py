"""Two filled clinics, for the tests of the walls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from clinics.tenancy.models import Clinic, User
from dentalogic.core import clock
from tests.fixtures.clinics import NOW
from tests.fixtures.template import PASSWORD
from tests.walls.prover_rows import fill
from tests.walls.prover_world import World

Worlds = tuple[World, World]


@pytest.fixture
def worlds(alfa: Clinic, beta: Clinic, nothing_counted: None, settings: Any) -> Iterator[Worlds]:
    """Fill the clinic of the callers and the other one, at 09:00 of a Tuesday."""
    # Half of the time would go into hashing passwords, which are not what is tried here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))
    with clock.frozen(NOW):
        yield (
            fill(alfa, word="lapacho", public_word="jacaranda", digit="7"),
            fill(beta, word="quebracho", public_word="algarrobo", digit="8"),
        )
