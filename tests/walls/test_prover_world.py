"""The ground that the prover stands on: nothing of a clinic is missing in it."""

from __future__ import annotations

from typing import Any

import pytest

from clinics.models import AppointmentStatus
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW
from tests.walls.prover_fingerprint import fingerprint
from tests.walls.prover_rows import fill
from tests.walls.prover_world import free_text, tenant_models

pytestmark = pytest.mark.django_db
# A hash, an actor's label, a table's name and the like: said by us, not by anybody.
SAID_BY_US = {"instance", "from_status", "to_status", "table_name", "sha256"}


def test_every_model_and_every_text_is_there(beta: Clinic) -> None:
    with clock.frozen(NOW):
        world = fill(beta, word="quebracho", public_word="algarrobo", digit="8")
    with clinic_scope(beta):
        for model in tenant_models():
            rows: list[dict[str, Any]] = [dict(row) for row in model.objects.values()]
            assert rows, f"{model._meta.label}: the prover has no row of it; add one to fill()"
            for field in free_text(model):
                written = [str(row[field.attname] or "") for row in rows]
                marked = any(text.lower() in "".join(written).lower() for text in world.texts)
                assert marked or field.name in SAID_BY_US, field
    assert {f"appointment.{status}" for status in AppointmentStatus} <= world.ids.keys()


def test_the_fingerprint_sees_any_change(beta: Clinic) -> None:
    with clock.frozen(NOW):
        world = fill(beta, word="quebracho", public_word="algarrobo", digit="8")
    before = fingerprint(world)
    assert fingerprint(world) == before
    with clinic_scope(beta):
        for model in tenant_models():
            assert before[model._meta.db_table] is not None
    beta.name = "otra"
    beta.save()
    assert {name for name, value in fingerprint(world).items() if before[name] != value} == {
        "public.clinics"
    }
