"""A database that a test may spoil, steps of its own, and robots as processes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests.evolution.world import World
from tests.fixtures.database import point_django_at, template_name, with_database


@pytest.fixture
def world(
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """Clone the template, with alfa and beta, for one test that commits as it likes."""
    url = os.environ["DATABASE_URL"]
    mine, before = f"evolve_{uuid.uuid4().hex[:12]}", str(settings.DATABASES["default"]["NAME"])
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        admin = stack.enter_context(
            psycopg.connect(with_database(url, "postgres"), autocommit=True)
        )
        admin.execute(f'CREATE DATABASE "{mine}" TEMPLATE "{template_name()}"')
        stack.callback(admin.execute, f'DROP DATABASE IF EXISTS "{mine}" WITH (FORCE)')
        monkeypatch.setenv("DATABASE_URL", with_database(url, mine))
        point_django_at(mine)
        stack.callback(point_django_at, before)
        stack.callback(connections.close_all)
        yield stack.enter_context(World(with_database(url, mine), tmp_path))
