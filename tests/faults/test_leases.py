"""A turn ends before its lease, and its lease before the outbox gives the work to another."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dentalogic.env import check_order


def test_the_deployment_s_leases_are_in_order() -> None:
    turn, agent = settings.WHATSAPP_TURN_LEASE_SECONDS, settings.OUTBOX_LEASES["agent"]
    assert settings.AGENT_TURN_SECONDS < turn < agent


@pytest.mark.parametrize("lease", [3, 4])
def test_a_lease_that_ends_too_early_is_refused_by_name(lease: float) -> None:
    with pytest.raises(ImproperlyConfigured, match="TURN=4 is not less than LEASE="):
        check_order(TURN=4, LEASE=lease, OUTBOX=9)
