"""Protocol Omega: nobody waits for ever because a mail server is away."""

from __future__ import annotations

import logging
import multiprocessing
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from clinics.tenancy.models import Clinic, Membership, User
from dentalogic.core import relay
from dentalogic.core.private_log import PrivateLog
from tests.fixtures.api import Api, assert_problem, credentials
from tests.fixtures.smtp import MailServer

pytestmark = pytest.mark.django_db

OMEGA = "/admin/omega/"
REQUEST = {
    "email": "nueva@alfa.test",
    "password": "una-clave-bien-larga-9",
    "first_name": "Nueva",
    "last_name": "Persona",
    "role": "secretary",
    "clinic": "alfa",
}


def operator() -> Browser:
    client = Browser()
    client.force_login(User.objects.create_superuser("op@platform.test"))
    return client


def deliver_mail() -> None:
    """Let the retry be due now, and run it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.outbox SET due_at = now() WHERE done_at IS NULL")
    relay.drain(sinks=("mail",))


def owed() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempts, last_error FROM public.outbox"
            " WHERE topic = 'registration.pending' AND done_at IS NULL AND dead_at IS NULL"
        )
        found: list[tuple[int, str]] = cursor.fetchall()
        return found


def omega_log(settings: Any) -> Path:
    path: Path = settings.HOME / "log" / "omega.log"
    return path


def test_a_request_is_passed_on_by_hand_until_the_mail_goes_out(
    api: Api, alfa: Clinic, mail_server: MailServer, settings: Any
) -> None:
    log = omega_log(settings)
    before = log.stat().st_size if log.exists() else 0
    page = operator()
    assert "nueva@alfa.test" not in page.get(OMEGA).content.decode()
    assert api().post("auth/register/", REQUEST).status_code == 201
    asked = Membership.objects.get(user__email="nueva@alfa.test")
    for attempt in (1, 2):
        deliver_mail()
        assert owed() == [(attempt, "DependencyAway")]
    with log.open("rb") as lines:
        lines.seek(before)
        (line,) = [one for one in lines.read().decode().splitlines() if "nueva@alfa.test" in one]
    for part in (
        "CRITICAL PROTOCOL OMEGA",
        f"user={asked.user_id}",
        'name="Nueva Persona"',
        "clinic=alfa role=secretary",
        f"link={settings.PUBLIC_URL}/admin/activation/",
        "expires=20",
    ):
        assert part in line
    shown = page.get(OMEGA).content.decode()
    assert "nueva@alfa.test" in shown
    found = re.search(r'value="http://[^/]+(/admin/activation/[^"]+)"', shown)
    assert found is not None
    # The link lets in neither nobody nor the operator.
    assert Browser().post(found[1]).status_code == 302
    assert_problem(page.post(found[1]), 403, "not-allowed")
    asked.refresh_from_db()
    assert asked.status == "pending"
    mail_server.start()
    deliver_mail()
    assert owed() == []
    (message,) = mail_server.received
    assert message["To"] == "ceo@alfa.test"
    assert "nueva@alfa.test" not in page.get(OMEGA).content.decode()
    ceo = Browser()
    ceo.post("/login/", credentials())
    assert ceo.post(found[1]).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "active"


def test_the_list_is_the_operators_alone(api: Api, alfa: Clinic) -> None:
    for role in ("ceo", "secretary"):
        client = Browser()
        client.post("/login/", credentials(role))
        assert_problem(client.get(OMEGA, follow=True), 403, "not-allowed")
    assert Browser().get(OMEGA).status_code == 302


def test_who_was_decided_about_meanwhile_is_on_no_list(
    api: Api, alfa: Clinic, mail_server: MailServer
) -> None:
    assert api().post("auth/register/", REQUEST).status_code == 201
    deliver_mail()
    asked = Membership.objects.get(user__email="nueva@alfa.test")
    assert api("ceo").post(f"staff/{asked.pk}/activate/").status_code == 200
    assert "nueva@alfa.test" not in operator().get(OMEGA).content.decode()
    mail_server.start()
    deliver_mail()
    assert owed() == []
    assert mail_server.received == []


def test_a_log_that_cannot_be_written_still_leaves_the_list(
    api: Api, alfa: Clinic, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handlers = logging.getLogger("dentalogic.omega").handlers
    (handler,) = [one for one in handlers if isinstance(one, PrivateLog)]
    (tmp_path / "a-file").touch()
    monkeypatch.setattr(handler, "baseFilename", str(tmp_path / "a-file" / "omega.log"))
    monkeypatch.setattr(handler, "stream", None)
    assert api().post("auth/register/", REQUEST).status_code == 201
    deliver_mail()
    assert owed() == [(1, "DependencyAway")]
    assert "nueva@alfa.test" in operator().get(OMEGA).content.decode()


def write_lines(path: Path, writer: int) -> None:
    handler = PrivateLog(path, largest=2000, kept=50)
    for number in range(40):
        text = f"writer {writer} line {number} {'x' * 60}"
        handler.emit(logging.LogRecord("omega", logging.CRITICAL, "", 0, text, None, None))
    handler.close()


def test_several_processes_rotate_one_log_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log" / "omega.log"
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=write_lines, args=(path, number)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(30)
    assert [one.exitcode for one in writers] == [0] * 4
    files = [file for file in path.parent.glob("omega.log*") if not file.name.endswith(".lock")]
    lines = "".join(file.read_text() for file in files).splitlines()
    assert len(lines) == 160
    assert len(set(lines)) == 160
    assert len(files) > 5
    assert all(file.stat().st_size <= 2000 for file in files)
    assert all(file.stat().st_mode & 0o077 == 0 for file in path.parent.iterdir())
    assert path.parent.stat().st_mode & 0o077 == 0
