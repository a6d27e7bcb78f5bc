"""Closing a clinic: exported, frozen, opened again or dropped; and nothing too early."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinics.models import Chair, Patient
from clinics.services import closing
from clinics.services.events import owe_publication
from clinics.tenancy.models import Clinic, Line, Membership, Role, User
from dentalogic.core import clock
from dentalogic.core.models import OutboxMessage
from dentalogic.core.relay import drain
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Client, client_of, credentials, membership
from tests.fixtures.clinics import make_patient, make_user
from tests.fixtures.template import PASSWORD


def run(*words: str) -> str:
    out = StringIO()
    call_command("close_clinic", *words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        run(*words)
    return error.value.returncode, str(error.value)


def test_nobody_enters_a_frozen_clinic_and_it_opens_as_it_was(alfa: Clinic) -> None:
    client = client_of(membership(alfa, "ceo"))
    assert client.get("patients/").status_code == 200
    assert "may be dropped after" in run("alfa", "--freeze")
    assert client.get("patients/").status_code == 401
    denied = Client().post("auth/login/", credentials())
    assert denied.status_code in {401, 403}
    alfa.refresh_from_db()
    assert alfa.frozen_at is not None
    today = alfa.frozen_at.astimezone(ZoneInfo(alfa.timezone)).date()
    assert alfa.drop_after == today + timedelta(days=90)
    assert "is frozen" in run("alfa")
    assert refused("alfa", "--freeze") == (1, "refused: it is frozen already")
    assert "open again" in run("alfa", "--unfreeze")
    assert Client().post("auth/login/", credentials()).status_code == 200
    assert refused("alfa", "--unfreeze")[0] == 1
    assert "is open" in run("alfa")


def test_nothing_goes_out_of_a_frozen_clinic(alfa: Clinic) -> None:
    with clinic_scope(alfa):
        owe_publication()
    closing.freeze_clinic(clinic=alfa)
    drain()
    row = OutboxMessage.objects.get(clinic_id=alfa.pk)
    assert (row.done_at, row.dead_at, row.attempts) == (None, None, 0)
    assert row.due_at > clock.real_now() + timedelta(minutes=50)
    closing.unfreeze_clinic(clinic=alfa)
    drain()
    row.refresh_from_db()
    assert row.done_at is not None


def test_wrong_use(alfa: Clinic) -> None:
    assert refused("nowhere")[0] == 2
    assert refused("alfa", "--freeze", "--unfreeze")[0] in {1, 2}
    assert refused("alfa", "--freeze", "--days", "3") == (1, "refused: at least 30 days")
    alfa.refresh_from_db()
    assert alfa.frozen_at is None


@pytest.fixture
def leaving(throwaway: Clinic) -> Clinic:
    make_user(throwaway, Role.CEO, password=PASSWORD)
    with clinic_scope(throwaway):
        make_patient()
        Chair.objects.create(name="Uno")
    return throwaway


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname::text FROM pg_namespace")
        return {name for (name,) in cursor.fetchall()}


def let_time_pass(clinic: Clinic) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(drop_after=date(2020, 1, 1))


def still_there(clinic: Clinic) -> bool:
    with clinic_scope(clinic):
        return Patient.objects.count() == 1 and Clinic.objects.filter(pk=clinic.pk).exists()


def test_a_drop_asks_for_everything_first(leaving: Clinic, tmp_path: Path) -> None:
    schema, name = leaving.schema_name, leaving.name
    early, late = tmp_path / "early", tmp_path / "late"
    drop = (schema, "--drop", str(late), "--name", name)
    run(schema, "--export", str(early))
    assert refused(schema, "--export", str(early)) == (1, "refused: the folder is there already")
    assert refused(*drop) == (1, "refused: it is not frozen")
    run(schema, "--freeze", "--days", "30")
    assert refused(*drop) == (1, "refused: the period is not over")
    let_time_pass(leaving)
    assert refused(*drop)[1].startswith("refused: no export")
    assert refused(schema, "--drop", str(early), "--name", name)[1].startswith("refused: no export")
    run(schema, "--export", str(late))
    assert refused(schema, "--drop", str(late), "--name", "otra")[1].startswith(
        "refused: that is not its name"
    )
    assert still_there(leaving)
    people = set(User.objects.filter(memberships__clinic=leaving).values_list("pk", flat=True))
    assert "is gone, with 1 members and 1 lines" in run(*drop)
    assert schema not in schemas()
    assert not Clinic.objects.filter(pk=leaving.pk).exists()
    assert not Membership.objects.filter(clinic_id=leaving.pk).exists()
    assert not Line.objects.filter(clinic_id=leaving.pk).exists()
    assert User.objects.filter(pk__in=people).count() == 1
    assert refused(schema)[0] == 2
    dump = (late / "schema.sql").read_text()
    assert "Pérez" in dump


def test_an_export_that_fails_leaves_nothing(
    leaving: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "export"
    nowhere: dict[str, Any] = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "PATH": "/bin"}
    with pytest.raises(closing.ClosingRefused) as error:
        closing.export_clinic(clinic=leaving, folder=folder, environment=nowhere)
    assert error.value.reason == "not_dumped"
    assert not folder.exists()
