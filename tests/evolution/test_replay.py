"""Every patch twice at its place, then all of them again in order, with rows in every table."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dentalogic.core.evolution.steps import Step, public_steps, tenant_steps
from tests.evolution.scratch import scratch_schema

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest.mark.parametrize("tenant", [True, False], ids=["clinic", "public"])
def test_every_patch_may_be_run_again_at_its_place_and_in_order(*, tenant: bool) -> None:
    steps: Sequence[Step] = tenant_steps() if tenant else public_steps()
    with scratch_schema(tenant=tenant) as scratch:
        for step in steps:
            for patch in step.patches:
                scratch.add(patch.sql, step.label)
        held = scratch.rows()
        assert len(held) > 7
        assert all(len(rows) == 2 for table, rows in held.items() if table != "retired"), held
        scratch.replay()
        scratch.replay()


def test_a_patch_that_is_not_idempotent_is_found() -> None:
    with scratch_schema(tenant=False) as scratch:
        scratch.add("DO $$ BEGIN CREATE TABLE IF NOT EXISTS things (id int); END $$;", "one")
        with pytest.raises(AssertionError, match="a second time"):
            scratch.add("DO $$ BEGIN INSERT INTO things VALUES (3); END $$;", "two")
        with pytest.raises(AssertionError, match="replayed"):
            scratch.replay()
