"""Servers of their own for every test: these kill, stop and starve what others want to use."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dentalogic.embedded import servers
from dentalogic.embedded.secrets import GENERATED

GIVEN = (
    *("DATABASE_URL", "ADMIN_DATABASE_URL", "REDIS_URL", "DENTALOGIC_HOME", "PORT"),
    *("SANDBOX_PORT", "SANDBOX", "SANDBOX_WEBHOOK_URL", "WHATSAPP_GRAPH_URL", "YCLOUD_API_URL"),
    *("GOOGLE_CALENDAR_URL", "GOOGLE_CREDENTIALS_JSON", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    *("OPENAI_MODEL", "OPENAI_TRANSCRIPTION_MODEL", *GENERATED),
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what the suite itself was given: a set variable replaces a server."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a home that is stopped and removed afterwards, whatever the test did to it."""
    with _own_home() as folder:
        yield folder


@pytest.fixture
def other_home() -> Iterator[Path]:
    with _own_home() as folder:
        yield folder


@contextmanager
def _own_home() -> Iterator[Path]:
    # Not tmp_path: pytest keeps the last three and closes them to the user that PostgreSQL may
    # have to run as.
    folder = Path(tempfile.mkdtemp(prefix="dentalogic-home-"))
    yield folder
    os.environ.pop("DATABASE_URL", None)
    servers.stop(folder)
    shutil.rmtree(folder)
