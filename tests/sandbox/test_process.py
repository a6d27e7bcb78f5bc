"""Starting, refusing to start, keeping what was there, and the pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from dentalogic.sandbox.client import SandboxProcess

REAL_GOOGLE = json.dumps({"token_uri": "https://oauth2.googleapis.com/token"})
LOCAL_GOOGLE = json.dumps({"token_uri": "http://127.0.0.1:8001/token"})


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "dentalogic.sandbox", "--port", "1"],
        env=base | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "SANDBOX"),
        ({"SANDBOX": "0"}, "SANDBOX"),
        ({"OPENAI_API_KEY": "sk-proj-abc"}, "OPENAI_API_KEY"),
        ({"OPENAI_FALLBACK_API_KEY": "sk-abc"}, "OPENAI_FALLBACK_API_KEY"),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1"}, "OPENAI_BASE_URL"),
        ({"WHATSAPP_GRAPH_URL": "https://graph.facebook.com/v23.0"}, "WHATSAPP_GRAPH_URL"),
        ({"WHATSAPP_ACCESS_TOKEN": "EAAGxyz"}, "WHATSAPP_ACCESS_TOKEN"),
        ({"GOOGLE_CREDENTIALS_JSON": REAL_GOOGLE}, "GOOGLE_CREDENTIALS_JSON"),
        ({"GOOGLE_CREDENTIALS_JSON": "{}"}, "GOOGLE_CREDENTIALS_JSON"),
        ({"GOOGLE_CREDENTIALS_JSON": "{"}, "GOOGLE_CREDENTIALS_JSON"),
        ({"SANDBOX_LINES": "[1]"}, "SANDBOX_LINES"),
        ({"SANDBOX_RETRY_SECONDS": "soon"}, "SANDBOX_RETRY_SECONDS"),
    ],
)
def test_it_refuses_to_run_beside_real_vendors(environment: dict[str, str], named: str) -> None:
    allowed = {"SANDBOX": "1"} if environment else {}
    ended = start(**(allowed | environment))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("sandbox: ")
    assert named in ended.stderr
    assert not any(value in ended.stderr for value in environment.values() if len(value) > 4)


def test_a_second_start_finds_calendars_and_chats(tmp_path: Path) -> None:
    state = tmp_path / "home" / "sandbox.json"
    settings: dict[str, Any] = {
        "webhook_url": "http://127.0.0.1:9/",
        "app_secret": "x",
        "SANDBOX_STATE": str(state),
        "SANDBOX_RETRY_LIMIT": "1",
        "GOOGLE_CREDENTIALS_JSON": LOCAL_GOOGLE,
    }
    with SandboxProcess(**settings) as first:
        first.calendar("a@example.com", "Dra. Ruiz")
        event = first.add_event("a@example.com", "Congreso", "2026-11-26", "2026-11-27")
        assert first.say("5491160000000", "Hola", "Ana")["webhook"]["status"] == 0
        first.line("100000000000002", "+5491150009999", name="Otra")
    assert state.stat().st_mode & 0o777 == 0o600
    with SandboxProcess(**settings) as second:
        assert [one["id"] for one in second.events("a@example.com")] == [event["id"]]
        said = second.messages("5491160000000")
        assert [(one["text"], one["status"]) for one in said] == [("Hola", "failed")]
        lines = second.http.get("/lines/").json()["lines"]
        assert [one["name"] for one in lines] == ["Clínica Dental Sonrisas", "Otra"]
    state.write_text("{")
    with SandboxProcess(**settings) as third:
        assert third.messages("5491160000000") == []


def test_it_stays_small_and_django_stays_out(sandbox: SandboxProcess) -> None:
    status = Path(f"/proc/{sandbox.process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    assert int(resident.split()[1]) < 90_000
    code = "import dentalogic.sandbox.server, sys; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


@pytest.mark.parametrize("path", ["/", "/calendar/", "/faults/page"])
def test_the_pages_say_what_they_are_and_run_no_inline_code(
    sandbox: SandboxProcess, path: str
) -> None:
    answer = httpx.get(sandbox.base_url + path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.text.lower()
    assert "http://127.0.0.1:8000" in answer.text
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    for tag in answer.text.split("<script")[1:]:
        assert " src=" in tag.split(">")[0]
