"""Processes that a test may kill: started by it, in an environment of its own, on its database."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.evals.road import Road
from dentalogic.sandbox.client import SandboxProcess

# Short, so that a dead worker's turn comes back soon; in the order that the settings demand.
LEASES = {
    "AGENT_TURN_SECONDS": "4",
    "WHATSAPP_TURN_LEASE_SECONDS": "4.5",
    "OUTBOX_LEASE_AGENT_SECONDS": "5",
    "OUTBOX_LEASE_SECONDS": "3",
}
OpenRoad = Callable[..., Road]


@pytest.fixture
def road(
    committing: None, vendors: SandboxProcess, service_account: str, tmp_path: Path
) -> Iterator[OpenRoad]:
    """Open roads to the sandbox; every process of theirs ends with the test."""
    with ExitStack() as stack:

        def build(**more: str) -> Road:
            environment = {
                **os.environ,
                **LEASES,
                "REDIS_PREFIX": f"road-{uuid.uuid4().hex[:8]}",
                "DATABASE_POOL_SIZE": "10",
                "OPENAI_BASE_URL": vendors.openai_url,
                "OPENAI_API_KEY": "sandbox-tests",
                "OPENAI_MODEL": "scripted-receptionist",
                "WHATSAPP_GRAPH_URL": vendors.graph_url,
                "WHATSAPP_ACCESS_TOKEN": "tests",
                "GOOGLE_CALENDAR_URL": vendors.base_url,
                "GOOGLE_CREDENTIALS_JSON": service_account,
                **more,
            }
            return stack.enter_context(Road(environment, tmp_path))

        yield build
