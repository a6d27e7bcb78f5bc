"""The webhook in a real uvicorn process, and a message's whole way in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clinics.tenancy.models import Clinic
from tests.whatsapp.conftest import (
    PATH,
    SECRET,
    change,
    headers,
    items,
    number_of,
    owed,
    text_message,
    webhook,
)

ROOT = Path(__file__).resolve().parent.parent.parent
THREE_MB = 3 * 1024 * 1024


@pytest.fixture
def web(throwaway: Clinic) -> Iterator[str]:
    """The web as it is deployed, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "dentalogic.asgi:application"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    variables = dict(os.environ) | {"WHATSAPP_APP_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=variables, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 30
        while True:
            try:
                httpx.put(url + PATH, trust_env=False)
                break
            except httpx.TransportError:
                assert time.monotonic() < until
                assert process.poll() is None
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        assert process.wait(20) in {0, -15}


@pytest.mark.processes
def test_the_served_webhook(web: str, throwaway: Clinic) -> None:
    with httpx.Client(base_url=web, trust_env=False, timeout=20) as client:
        raw = webhook(change(number_of(throwaway), text_message()))
        assert client.post(PATH, content=raw).status_code == 401
        assert items(throwaway) == []
        for _ in range(3):
            assert client.post(PATH, content=raw, headers=headers(raw)).status_code == 200
        assert len(items(throwaway)) == 1
        assert owed(throwaway, "inbox.received") == 1

        large = b"x" * (THREE_MB + 1)
        assert client.post(PATH, content=large, headers=headers(large)).status_code == 413
        chunks = (b"x" * 65_536 for _ in range(60))
        assert client.post(PATH, content=chunks, headers=headers(b"")).status_code == 413
        assert len(items(throwaway)) == 1
        # The server is as well as before.
        late = webhook(change(number_of(throwaway), text_message()))
        assert client.post(PATH, content=late, headers=headers(late)).status_code == 200
        assert len(items(throwaway)) == 2
