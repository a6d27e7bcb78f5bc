"""A clinic is dumped, lost and put back; a whole database likewise. By the commands of the docs."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from clinics.models import AccountingTransaction, ClinicalRecord
from clinics.services.events import record_event
from clinics.tenancy.models import Clinic, Membership, Role
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope, no_scope
from dentalogic.embedded.postgres import binary
from scripts.tools import CHECKOUT
from tests.fixtures.api import Client
from tests.fixtures.clinics import (
    NOW,
    drop_clinic,
    make_patient,
    make_professional,
    make_treatment,
    make_user,
)
from tests.fixtures.database import with_database
from tests.fixtures.template import PASSWORD
from tests.realtime.conftest import snapshot

pytestmark = pytest.mark.processes
NINE = "2026-11-25T09:00:00-03:00"
# Tables of `public` that say something about a clinic, and are left out of its dump.
LEFT_OUT = {
    *("outbox", "idempotency_keys", "refresh_families", "quarantine"),
    # The second step is the person's, and its keys are no clinic's to hand on: they enrol anew.
    *("otp_totp_totpdevice", "otp_static_staticdevice"),
}
Content = dict[str, list[str]]


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{binary('pg_dump').parent}:{os.environ['PATH']}"
    return subprocess.run(
        words,
        cwd=CHECKOUT,
        env={"DATABASE_URL": os.environ["DATABASE_URL"], **env, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def tables(line: psycopg.Connection[Any], *schemas: str) -> list[tuple[str, str]]:
    rows = line.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)"
        " OR (%s AND schemaname !~ '^pg_|^information_schema$') ORDER BY 1, 2",
        [list(schemas), not schemas],
    ).fetchall()
    return [(schema, table) for schema, table in rows]


def content(url: str, *schemas: str) -> Content:
    """Return every row of these schemas, or of all, as text."""
    with psycopg.connect(url) as line:
        found = {}
        for schema, table in tables(line, *schemas):
            query = sql.SQL("SELECT one::text FROM {} one ORDER BY 1").format(
                sql.Identifier(schema, table)
            )
            found[f"{schema}.{table}"] = [row[0] for row in line.execute(query).fetchall()]
        return found


def about(clinic: Clinic) -> Content:
    """Return what `public` says of a clinic and its people, without numbers given by tables."""
    queries: dict[str, tuple[str, Any]] = {
        "clinics": ("SELECT to_jsonb(o) FROM clinics o WHERE id = %s", clinic.pk),
        "users": (
            "SELECT to_jsonb(o) - 'last_clinic_id' FROM users o WHERE id IN"
            " (SELECT user_id FROM memberships WHERE clinic_id = %s)",
            clinic.pk,
        ),
        "memberships": ("SELECT to_jsonb(o) FROM memberships o WHERE clinic_id = %s", clinic.pk),
        "lines": ("SELECT to_jsonb(o) FROM lines o WHERE clinic_id = %s", clinic.pk),
        "clinic_patches": (
            "SELECT to_jsonb(o) - 'id' FROM clinic_patches o WHERE schema_name = %s",
            clinic.schema_name,
        ),
        "clinic_schemas": (
            "SELECT to_jsonb(o) FROM clinic_schemas o WHERE schema_name = %s",
            clinic.schema_name,
        ),
    }
    found = {}
    with no_scope(), connection.cursor() as cursor:
        for name, (query, value) in queries.items():
            cursor.execute(query, [value])
            found[name] = sorted(str(row[0]) for row in cursor.fetchall())
    return found


@pytest.fixture
def secretary(throwaway: Clinic) -> Membership:
    """Fill a clinic with one of everything; return who will log in to see it."""
    throwaway.clock_offset = NOW - clock.real_now()
    throwaway.save(update_fields=["clock_offset"])
    with no_scope():
        member = make_user(throwaway, Role.SECRETARY, password=PASSWORD)
    with clinic_scope(throwaway):
        cleaning = make_treatment()
        ruiz, ana = make_professional(treatments=(cleaning,)), make_patient()
        ClinicalRecord.objects.create(
            patient=ana,
            professional=ruiz,
            author_user_id=member.user_id,
            position=1,
            kind="evolution",
            text="Control: sin novedades. ñ 'comillas' \\ {llaves}",
            hash="0" * 64,
        )
        AccountingTransaction.objects.create(
            occurred_on=date(2026, 11, 24),
            recorded_by=member.user_id,
            kind="income",
            method="cash",
            amount="1500.50",
            currency="ARS",
        )
    client = log_in(throwaway, member)
    booked = client.post(
        "appointments/",
        {
            "patient": str(ana.pk),
            "professional": str(ruiz.pk),
            "treatment": str(cleaning.pk),
            "starts_at": NINE,
        },
    )
    assert booked.status_code == 201, booked.content
    return member


def log_in(clinic: Clinic, member: Membership) -> Client:
    client = Client()
    answer = client.post(
        "auth/login/",
        {"email": member.user.email, "password": PASSWORD, "clinic": clinic.schema_name},
    )
    assert answer.status_code == 200, answer.content
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    return client


def lose(clinic: Clinic, *members: Membership) -> None:
    with no_scope(), connection.cursor() as cursor:
        drop_clinic(cursor, clinic)
        cursor.execute("DELETE FROM clinic_schemas WHERE schema_name = %s", [clinic.schema_name])
        cursor.execute("DELETE FROM users WHERE id = ANY(%s)", [[one.user_id for one in members]])


def test_a_clinic_comes_back_whole(
    new_clinic: Callable[..., Clinic],
    throwaway: Clinic,
    secretary: Membership,
    nothing_counted: None,
    tmp_path: Path,
) -> None:
    url, neighbour = os.environ["DATABASE_URL"], new_clinic()
    before = (content(url, throwaway.schema_name), about(throwaway))
    next_door = (content(url, neighbour.schema_name), about(neighbour))
    assert before[0][f"{throwaway.schema_name}.clinical_records"]

    dumped = run("deploy/dump-clinic.sh", throwaway.schema_name, str(tmp_path / "dump"))
    assert dumped.returncode == 0, dumped.stderr
    assert (tmp_path / "dump").stat().st_mode & 0o077 == 0
    lose(throwaway, secretary)
    assert content(url, throwaway.schema_name) == {}

    restored = run("deploy/restore-clinic.sh", str(tmp_path / "dump"))
    assert restored.returncode == 0, restored.stderr
    assert (content(url, throwaway.schema_name), about(throwaway)) == before
    assert (content(url, neighbour.schema_name), about(neighbour)) == next_door

    # The people log in as ever, the agenda is there, and the schema is what evolution left.
    client = log_in(throwaway, secretary)
    [visit] = client.get("appointments/").json()["results"]
    assert (visit["starts_at"], visit["patient"]["name"]) == (NINE, "Ana Pérez")
    with clinic_scope(throwaway):
        assert ClinicalRecord.objects.get().text.startswith("Control")
        # What can't be changed still can't, and what may be written can be.
        with pytest.raises(Exception, match="clinical_records"):
            ClinicalRecord.objects.update(text="otra cosa")
        make_patient("Beto Gómez", dni="30111333", phone="+5491155550003")
    call_command("evolve", check=True, clinic=throwaway.schema_name)


def test_a_clinic_that_is_there_is_not_restored_over(
    throwaway: Clinic, secretary: Membership, nothing_counted: None, tmp_path: Path
) -> None:
    url = os.environ["DATABASE_URL"]
    assert (
        run("deploy/dump-clinic.sh", throwaway.schema_name, str(tmp_path / "dump")).returncode == 0
    )
    before = (content(url, throwaway.schema_name), about(throwaway))
    refused = run("deploy/restore-clinic.sh", str(tmp_path / "dump"))
    assert refused.returncode == 1
    assert "refused, and nothing was changed" in refused.stderr
    assert (content(url, throwaway.schema_name), about(throwaway)) == before
    # The schema alone in the way, too: the rows of `public` that came first are taken back.
    with no_scope(), connection.cursor() as cursor:
        lose(throwaway)
        cursor.execute(f'CREATE SCHEMA "{throwaway.schema_name}"')
    assert run("deploy/restore-clinic.sh", str(tmp_path / "dump")).returncode == 1
    assert about(throwaway)["clinics"] == []


def test_a_clinic_that_is_not_there_is_not_dumped(committing: None, tmp_path: Path) -> None:
    refused = run("deploy/dump-clinic.sh", "nobody", str(tmp_path / "dump"))
    assert refused.returncode == 1
    assert list(tmp_path.iterdir()) == []
    assert run("deploy/dump-clinic.sh", "a; DROP", str(tmp_path / "dump")).returncode == 2


def test_every_table_about_clinics_is_dumped_or_left_out_on_purpose(committing: None) -> None:
    """A table that is added to `public` is decided about here."""
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name IN"
            " ('clinic_id', 'tenant_id', 'schema_name', 'membership_id', 'user_id')"
        )
        found = {row[0] for row in cursor.fetchall()}
    text = (CHECKOUT / "deploy" / "dump-clinic.sh").read_text()
    dumped = set(re.findall(r"statements\('public\.(\w+)'", text))
    others = {"django_admin_log", "auth_user_groups"}
    assert found - dumped - LEFT_OUT - others == set()
    assert dumped >= {"clinics", "users", "memberships", "lines", "clinic_patches"}


@pytest.fixture
def empty_database() -> Iterator[str]:
    name = f"restored_{uuid.uuid4().hex[:8]}"
    admin = with_database(os.environ["DATABASE_URL"], "postgres")
    with psycopg.connect(admin, autocommit=True) as line:
        line.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield with_database(admin, name)
        line.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def documented(start: str) -> str:
    """Return the command of docs/operations.md that begins like this."""
    lines = (CHECKOUT / "docs" / "operations.md").read_text().splitlines()
    [found] = [line.strip() for line in lines if line.strip().startswith(start)]
    return found


def test_everything_comes_back_into_an_empty_database(
    throwaway: Clinic,
    secretary: Membership,
    nothing_counted: None,
    empty_database: str,
    tmp_path: Path,
) -> None:
    with clinic_scope(throwaway):
        with transaction.atomic():
            record_event("NEW_APPOINTMENT", snapshot())  # type: ignore[arg-type]
    places = {"BACKUP": str(tmp_path / "all.dump"), "NEW_DATABASE_URL": empty_database}
    before = content(os.environ["DATABASE_URL"])
    for start in ("pg_dump --format=custom", "pg_restore"):
        done = run("sh", "-euc", documented(start), **places)
        assert (done.returncode, done.stderr) == (0, ""), documented(start)
    assert content(empty_database) == before
    assert before[f"{throwaway.schema_name}.appointments"]
