"""What a hand may change in a clinic's schema is seen, and named."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution.catalogue import Catalogue, differences, read_catalogue
from dentalogic.core.tenancy import clinic_scope

OTHER_ID = "5a5a5a5a-5a5a-4a5a-8a5a-5a5a5a5a5a5a"
CHANGES = [
    (
        "ALTER TABLE patients ADD COLUMN nick varchar(20)",
        ["column patients.nick should not be there"],
    ),
    (
        "ALTER TABLE chairs DROP COLUMN is_active",
        ["column chairs.is_active is missing"],
    ),
    (
        "ALTER TABLE chairs ALTER COLUMN name TYPE varchar(61)",
        [
            "column chairs.name: its type is character varying(61), not character varying(60)",
        ],
    ),
    (
        "ALTER TABLE chairs ALTER COLUMN name DROP NOT NULL",
        ["column chairs.name: its nullable is yes, not no"],
    ),
    (
        "ALTER TABLE patients ALTER COLUMN dni SET NOT NULL",
        ["column patients.dni: its nullable is no, not yes"],
    ),
    (
        "ALTER TABLE chairs ALTER COLUMN name SET DEFAULT 'Sillón'",
        ["column chairs.name: its default is 'Sillón'::character varying, not none"],
    ),
    (
        f"ALTER TABLE chairs ALTER COLUMN tenant_id SET DEFAULT '{OTHER_ID}'",
        [f"column chairs.tenant_id: its default is '{OTHER_ID}'::uuid, not '<tenant>'::uuid"],
    ),
    (
        'ALTER TABLE chairs ALTER COLUMN name TYPE varchar(60) COLLATE "C"',
        [
            "column chairs.name: its collation is C, not none",
        ],
    ),
    (
        "ALTER TABLE chairs DROP CONSTRAINT chairs_tenant",
        ["constraint chairs.chairs_tenant is missing"],
    ),
    (
        "ALTER TABLE chairs ADD CONSTRAINT chair_named CHECK (name <> '') NOT VALID",
        ["constraint chairs.chair_named should not be there"],
    ),
    (
        "ALTER TABLE appointments DROP CONSTRAINT appointment_patient_free",
        [
            "constraint appointments.appointment_patient_free is missing",
            "index appointments.appointment_patient_free is missing",
        ],
    ),
    (
        "ALTER TABLE chairs RENAME CONSTRAINT chair_name_once TO chair_name",
        [
            "constraint chairs.chair_name should not be there",
            "constraint chairs.chair_name_once is missing",
            "index chairs.chair_name should not be there",
            "index chairs.chair_name_once is missing",
        ],
    ),
    ("DROP INDEX conversation_recent", ["index conversations.conversation_recent is missing"]),
    (
        "DROP INDEX conversation_recent;"
        " CREATE INDEX conversation_recent ON conversations (created_at)",
        [
            "index conversations.conversation_recent: its definition is CREATE INDEX"
            " conversation_recent ON <clinic>.conversations USING btree (created_at), not CREATE"
            " INDEX conversation_recent ON <clinic>.conversations USING btree (last_message_at)"
        ],
    ),
    (
        "ALTER TABLE clinical_records DISABLE TRIGGER refuse_row_change",
        ["trigger clinical_records.refuse_row_change: its enabled is D, not O"],
    ),
    (
        "DROP TRIGGER refuse_truncate ON clinical_records",
        ["trigger clinical_records.refuse_truncate is missing"],
    ),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'",
        ["function refuse_change(): its body was changed"],
    ),
    (
        "ALTER FUNCTION refuse_change() SECURITY DEFINER",
        ["function refuse_change(): its options is f v u f t f 100 0, not f v u f f f 100 0"],
    ),
    ("CREATE TABLE notes (id integer)", ["column notes.id", "table notes"]),
    ("DROP TABLE absences CASCADE", ["table absences is missing"]),
    ("CREATE VIEW names AS SELECT 1 AS one", ["view names should not be there"]),
    ("CREATE SEQUENCE numbers", ["sequence numbers should not be there"]),
    ("CREATE TYPE mood AS ENUM ('calm')", ["type <clinic>.mood should not be there"]),
    ("CREATE DOMAIN tooth AS integer", ["type <clinic>.tooth should not be there"]),
    (
        "GRANT SELECT ON patients TO PUBLIC",
        ["table patients: its privileges is everybody select, owner"],
    ),
    (
        "REVOKE DELETE ON patients FROM CURRENT_USER",
        ["table patients: its privileges is owner"],
    ),
    (
        "GRANT SELECT (dni) ON patients TO PUBLIC",
        ["column patients.dni: its privileges is everybody select, not none"],
    ),
    (
        "ALTER TABLE patients ENABLE ROW LEVEL SECURITY",
        ["table patients: its row security is yesno, not nono"],
    ),
    (
        "CREATE POLICY everything ON patients USING (true)",
        ["policy patients.everything should not be there"],
    ),
    (
        "CREATE RULE quiet AS ON DELETE TO chairs DO INSTEAD NOTHING",
        ["rule chairs.quiet should not be there"],
    ),
    ("ALTER TABLE turn_steps SET UNLOGGED", ["table turn_steps: its kept is u, not p"]),
]


def read(*schemas: str) -> list[Catalogue]:
    with connection.cursor() as cursor:
        found = read_catalogue(cursor, schemas)
    return [found[schema] for schema in schemas]


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "said"), CHANGES, ids=[change for change, _ in CHANGES])
def test_a_change_by_hand_is_seen_and_named(
    alfa: Clinic, beta: Clinic, statement: str, said: list[str]
) -> None:
    before, other = read("alfa", "beta")
    assert (differences(other, before), before.digest) == ([], other.digest)
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute(statement)
    changed, untouched = read("alfa", "beta")
    assert untouched == other
    assert changed != before
    assert changed.digest != before.digest
    found = differences(before, changed)
    for sentence in said:
        assert any(line.startswith(sentence) for line in found), found
    # Nothing else is accused, but for what falls with the thing that was changed.
    assert len(found) == len(said) or "DROP" in statement or "CREATE" in statement, found


@pytest.mark.django_db
def test_privileges_spelled_out_are_the_default_ones(alfa: Clinic) -> None:
    (before,) = read("alfa")
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute("GRANT SELECT ON patients TO PUBLIC; REVOKE SELECT ON patients FROM PUBLIC")
    assert read("alfa") == [before]


@pytest.mark.django_db
def test_a_check_restored_from_its_own_dump_is_the_same_check(alfa: Clinic) -> None:
    (before,) = read("alfa")
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'appointment_status_known' AND conrelid = 'appointments'::regclass"
        )
        (definition,) = cursor.fetchone()
        for _ in range(2):
            cursor.execute(
                "ALTER TABLE appointments DROP CONSTRAINT appointment_status_known,"
                f" ADD CONSTRAINT appointment_status_known {definition}"
            )
    assert read("alfa") == [before]
    assert "'held'" in definition
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE appointments DROP CONSTRAINT appointment_status_known,"
            f" ADD CONSTRAINT appointment_status_known {definition.replace('held', 'kept')}"
        )
    (said,) = differences(before, *read("alfa"))
    assert said.startswith("constraint appointments.appointment_status_known: its definition is")
    assert "ARRAY['kept', " in said
    assert "ARRAY['held', " in said


@pytest.mark.django_db
def test_many_schemas_are_one_statement_and_a_missing_one_is_empty(
    alfa: Clinic, beta: Clinic, django_assert_num_queries: Any
) -> None:
    # The search path is asked for, emptied and put back; the reading itself is one statement.
    with django_assert_num_queries(4), connection.cursor() as cursor:
        found = read_catalogue(cursor, ["alfa", "beta", "unheard_of"])
    assert list(found) == ["alfa", "beta", "unheard_of"]
    assert found["alfa"] is found["beta"]
    assert found["unheard_of"].lines == ()
    assert len(found["alfa"].lines) > 300
    assert "schema itself is missing" in differences(found["alfa"], found["unheard_of"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["user", "t1", "clinic"])
def test_the_schemas_name_does_not_matter(db: None, name: str) -> None:
    """`user` has to be quoted; a text that looks like the schema's name is no name."""
    read_as = []
    with connection.cursor() as cursor:
        for schema in (name, "elsewhere"):
            cursor.execute(
                f"""CREATE SCHEMA "{schema}";
                CREATE FUNCTION "{schema}".fine(word text) RETURNS boolean LANGUAGE sql IMMUTABLE
                    AS 'SELECT word <> ''{name}.x''';
                CREATE TABLE "{schema}".words (
                    word text CHECK ("{schema}".fine(word) AND word <> '{name}.x'),
                    tenant_id uuid DEFAULT '{uuid.uuid4()}'
                )"""
            )
        read_as = read(name, "elsewhere")
    assert differences(*read_as) == []
    assert any("<clinic>.fine" in line for line in read_as[0].lines)


@pytest.mark.django_db(transaction=False)
def test_the_search_path_is_as_before(alfa: Clinic) -> None:
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        before = cursor.fetchone()
        read_catalogue(cursor, ["beta"])
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == before
        with pytest.raises(TypeError), transaction.atomic():
            read_catalogue(cursor, 7)  # type: ignore[arg-type]
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == before


def test_outside_a_transaction_nothing_stays_on_the_connection(committing: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        before = cursor.fetchone()
        assert read_catalogue(cursor, ["alfa"])["alfa"].lines
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == before
