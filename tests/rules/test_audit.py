"""Every change leaves who, when, before and after, whatever road it came by."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinics.models import AuditEntry, Chair, ClinicalRecord, Patient, Professional
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.guard.exemption import unguarded
from dentalogic.core.tenancy import acting_as, clinic_scope, no_scope
from tests.fixtures.api import Api, membership
from tests.fixtures.clinics import make_patient, tomorrow

LATER = 5


def entries(table: str, **only: Any) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(table_name=table, **only).order_by("at", "id"))


@pytest.mark.parametrize("actor", [f"staff:{uuid.UUID(int=7)}", "patient", "agent", "system"])
def test_each_kind_of_actor_is_named(in_alfa: Clinic, actor: str) -> None:
    began = clock.real_now()
    with acting_as(actor):
        chair = Chair.objects.create(name="Uno")
    with acting_as("system"), acting_as(actor):
        Chair.objects.filter(pk=chair.pk).update(name="Dos")
    with acting_as(actor):
        chair.delete()
    made, changed, gone = entries("chairs", row_id=chair.pk)
    assert [(one.action, one.before, one.after) for one in (made, changed, gone)] == [
        ("insert", None, {"name": "Uno", "is_active": True}),
        ("update", {"name": "Uno"}, {"name": "Dos"}),
        ("delete", {"name": "Dos", "is_active": True}, None),
    ]
    assert {one.actor for one in (made, changed, gone)} == {actor}
    real = timedelta(seconds=LATER)
    assert all(one.at - began < real for one in (made, changed, gone))


@pytest.mark.usefixtures("in_alfa")
def test_without_a_name_it_was_the_system() -> None:
    chair = Chair.objects.create(name="Uno")
    assert [one.actor for one in entries("chairs", row_id=chair.pk)] == ["system"]


def test_who_acts_is_one_of_four() -> None:
    for name in ("", "staff:", "staff:ana", "x'; DROP TABLE patients; --", "Agent"):
        with pytest.raises(ValueError, match="nobody acts"), acting_as(name):
            pass


@pytest.mark.usefixtures("in_alfa")
def test_nothing_changed_leaves_nothing() -> None:
    patient = make_patient()
    before = AuditEntry.objects.count()
    Patient.objects.filter(pk=patient.pk).update(first_name=patient.first_name)
    Patient.objects.filter(pk=patient.pk).update(version=9, name_key="otra")
    assert AuditEntry.objects.count() == before


def test_a_request_is_its_users(alfa: Clinic, api: Api) -> None:
    body = {"first_name": "Eva", "last_name": "Sosa"}
    made = api("secretary").post("patients/", body).json()
    changed = api("ceo").patch(f"patients/{made['id']}/", {"version": 1, "email": "e@sosa.test"})
    assert changed.status_code == 200, changed.content
    with clinic_scope(alfa):
        first, *_, last = entries("patients", row_id=made["id"])
    assert first.actor == f"staff:{membership(alfa, 'secretary').user_id}"
    assert last.actor == f"staff:{membership(alfa, 'ceo').user_id}"
    assert last.before == {"email": ""}
    assert last.after == {"email": "e@sosa.test"}


def test_a_booking_is_audited_in_its_own_statement(
    in_alfa: Clinic, ana: Patient, ruiz: Professional, cleaning: Any
) -> None:
    with acting_as("agent"):
        row = booking.book_appointment(
            patient=ana,
            professional_id=ruiz.pk,
            treatment=cleaning,
            starts_at=tomorrow(10),
            actor=Actor.staff(uuid.uuid4()),
            source="staff",
        )
    (entry,) = entries("appointments", row_id=row.pk)
    assert entry.actor == "agent"
    assert entry.after is not None
    assert entry.after["status"] == "scheduled"
    assert entry.after["patient_id"] == str(ana.pk)


def test_what_is_undone_leaves_nothing(in_alfa: Clinic) -> None:
    class Undone(Exception):
        pass

    before = AuditEntry.objects.count()

    def undo() -> None:
        with transaction.atomic():
            Chair.objects.create(name="Uno")
            assert AuditEntry.objects.count() == before + 1
            raise Undone

    with pytest.raises(Undone):
        undo()
    assert AuditEntry.objects.count() == before


def test_who_acts_survives_what_is_undone(throwaway: Clinic) -> None:
    """A SET is taken back with its transaction; the next change must name its own actor."""

    def fail() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            Chair.objects.create(name="failed")
            cursor.execute("SELECT 1/0")

    me, other = (f"staff:{uuid.uuid4()}" for _ in range(2))
    with clinic_scope(throwaway):
        for actor in (me, other):
            with acting_as(actor):
                with pytest.raises(DatabaseError):
                    fail()
                with transaction.atomic():
                    point = transaction.savepoint()
                    with acting_as("agent"):
                        Chair.objects.create(name="undone")
                    transaction.savepoint_rollback(point)
                    Chair.objects.create(name=f"{actor} again")
        found = {one.after["name"]: one.actor for one in entries("chairs") if one.after}
        assert found == {f"{me} again": me, f"{other} again": other}


def test_raw_sql_is_audited_too(throwaway: Clinic) -> None:
    with clinic_scope(throwaway):
        patient = make_patient()
    with no_scope(), transaction.atomic(), connection.cursor() as cursor:
        # By the full name, from outside every clinic, by whoever has the password.
        cursor.execute(
            f'UPDATE "{throwaway.schema_name}".patients SET dni = %s WHERE tenant_id = %s',
            ["1", throwaway.pk],
        )
    with clinic_scope(throwaway):
        entry = entries("patients", row_id=patient.pk)[-1]
    assert (entry.action, entry.before, entry.after) == (
        "update",
        {"dni": "30111222"},
        {"dni": "1"},
    )


def test_another_clinic_sees_nothing(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        chair = Chair.objects.create(name="Uno")
        assert entries("chairs", row_id=chair.pk)
    with clinic_scope(beta):
        assert entries("chairs", row_id=chair.pk) == []


def test_clinical_text_is_not_copied(in_alfa: Clinic, ana: Patient, ruiz: Professional) -> None:
    record = ClinicalRecord.objects.create(
        patient=ana,
        professional=ruiz,
        author_user_id=uuid.uuid4(),
        position=1,
        kind="evolution",
        text="caries en 16",
        content={"why": "caries"},
        hash="0" * 64,
    )
    (entry,) = entries("clinical_records", row_id=record.pk)
    assert entry.after is not None
    assert entry.after["patient_id"] == str(ana.pk)
    assert "caries" not in str(entry.after)


REFUSED = (
    "UPDATE audit_entries SET actor = 'system' WHERE tenant_id = %s",
    "UPDATE audit_entries SET after = '{}' WHERE tenant_id = %s",
    """UPDATE audit_entries SET after = after || '{"name": "otro"}' WHERE tenant_id = %s""",
    "UPDATE audit_entries SET after = NULL WHERE tenant_id = %s",
    "UPDATE audit_entries SET id = id WHERE tenant_id = %s",
    "DELETE FROM audit_entries WHERE tenant_id = %s",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_an_entry_is_not_changed(in_alfa: Clinic, statement: str) -> None:
    chair = Chair.objects.create(name="Uno")
    (before,) = AuditEntry.objects.filter(row_id=chair.pk).values()
    with (
        pytest.raises(IntegrityError, match="audit_entries is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [in_alfa.pk])
    assert AuditEntry.objects.filter(row_id=chair.pk).values().get() == before


def test_the_table_is_not_emptied(in_alfa: Clinic) -> None:
    Chair.objects.create(name="Uno")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        unguarded("the table itself has to refuse"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE audit_entries")
    assert AuditEntry.objects.exists()


@pytest.mark.usefixtures("in_alfa")
def test_an_erased_value_and_an_old_entry_may_go() -> None:
    chair = Chair.objects.create(name="Uno")
    mine = AuditEntry.objects.filter(row_id=chair.pk)
    mine.update(after={"name": "[borrado]", "is_active": True})
    assert [one.after for one in mine] == [{"name": "[borrado]", "is_active": True}]
    old = AuditEntry.objects.create(
        table_name="chairs",
        row_id=chair.pk,
        action="update",
        actor="system",
        at=clock.real_now() - timedelta(days=3660),
    )
    assert AuditEntry.objects.filter(pk=old.pk).delete()[0] == 1


@contextmanager
def counted(wrapper: Any) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with wrapper.execute_wrapper(note):
        yield sent


def test_another_actor_costs_no_round_trip(throwaway: Clinic) -> None:
    names = [f"staff:{uuid.uuid4()}" for _ in range(3)]
    with clinic_scope(throwaway):
        assert told() == "system"
        with counted(connection) as sent:
            for name in names:
                with acting_as(name):
                    assert told() == name
                    assert told() == name
        assert sent == [TOLD] * 6


TOLD = "SELECT current_setting('dentalogic.actor')"


def told() -> str:
    with connection.cursor() as cursor:
        cursor.execute(TOLD)
        return str(cursor.fetchone()[0])
