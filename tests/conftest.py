"""Two clinics and a stranger in every set of fixtures: a leak between clinics shows in any test.

One PostgreSQL and one Redis serve a run. Each worker clones the template database and has a prefix
of its own in Redis.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("DENTALOGIC_TEST_HOME", ROOT / ".dentalogic-test"))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def _prepare_environment() -> None:
    """Start the servers of the tests and point the settings at them, before Django reads them."""
    from dentalogic.embedded import environment, start

    endpoints = start(HOME, fast=True)
    # Where collected static files would be: WhiteNoise warns about a folder that is not there.
    (HOME / "static").mkdir(exist_ok=True)
    os.environ["DENTALOGIC_HOME"] = str(HOME)
    os.environ["DATABASE_URL"] = endpoints.database_url
    os.environ["REDIS_URL"] = endpoints.redis_url
    os.environ["REDIS_PREFIX"] = f"test-{WORKER}-{os.getpid()}"
    os.environ["DEBUG"] = "0"
    os.environ["SANDBOX"] = "1"
    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ["DATABASE_POOL_SIZE"] = "24"
    # Processes that tests start inherit both: a violation of theirs is read here.
    os.environ["QUERY_GUARD"] = "1"
    report = HOME / f"query-guard-{WORKER}-{os.getpid()}.jsonl"
    os.environ["QUERY_GUARD_REPORT"] = str(report)
    report.unlink(missing_ok=True)
    for name, value in environment(HOME).items():
        os.environ.setdefault(name, value)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dentalogic.settings"


sys.path.insert(0, str(ROOT))
_prepare_environment()
django.setup()

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.clinics",
    "tests.fixtures.api",
    "tests.fixtures.sandbox",
    "tests.fixtures.server",
    "tests.fixtures.browser",
    "tests.fixtures.flows",
    "tests.fixtures.guard",
    "tests.fixtures.smtp",
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker read the settings after it has named its own Redis prefix, not before.

    pytest-django reads them at once where the variable is inherited, and all would share one.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(autouse=True)
def outside_every_clinic() -> Iterator[None]:
    """A test that forgets to leave a clinic must not lend it to the next one."""
    from dentalogic.core.scope import SCOPE

    SCOPE.set(None)
    yield
    SCOPE.set(None)
