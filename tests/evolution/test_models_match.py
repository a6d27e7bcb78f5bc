"""The database that the patches give is what the models declare, column by column."""

from __future__ import annotations

import pytest
from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope, no_scope
from tests.evolution.declared import (
    CLINICS,
    SHARED,
    catalogue_of,
    declared,
    found,
    mismatches,
    tables_of,
    unused_rules,
)


@pytest.mark.django_db
def test_a_clinics_tables_are_what_the_models_declare(alfa: Clinic) -> None:
    expected = declared(CLINICS, "alfa")
    assert sum(name.startswith("table ") for name in expected) == sum(
        len(tables_of(label)) for label in CLINICS
    )
    assert mismatches(expected, found("alfa")) == []


@pytest.mark.django_db
def test_the_shared_tables_are_what_the_models_declare(alfa: Clinic) -> None:
    with no_scope():
        assert mismatches(declared(SHARED, "alfa"), found("public", SHARED)) == []


@pytest.mark.django_db
def test_every_exception_is_still_needed(alfa: Clinic) -> None:
    assert unused_rules(catalogue_of("alfa")) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE patients ADD COLUMN nick text", ["column patients.nick is not declared"]),
        (
            "ALTER TABLE patients ALTER COLUMN dni TYPE varchar(16)",
            ["column patients.dni: type is character varying(16), declared character varying(15)"],
        ),
        (
            "ALTER TABLE patients ALTER COLUMN dni SET NOT NULL",
            ["column patients.dni: nullable is no, declared yes"],
        ),
        (
            "ALTER TABLE patients ALTER COLUMN dni SET DEFAULT '0'",
            ["column patients.dni: default is '0'::character varying, declared "],
        ),
        (
            "ALTER TABLE calendar_states DROP CONSTRAINT calendar_trust_known",
            ["constraint calendar_states.calendar_trust_known is declared and missing"],
        ),
        ("DROP INDEX inbox_waiting", ["index inbox_items.inbox_waiting is declared and missing"]),
        (
            "ALTER TABLE turn_steps DROP CONSTRAINT turn_steps_turn_id_57d4ae9b_fk_turns_id",
            [
                "constraint turn_steps.turn_steps_turn_id_57d4ae9b_fk_turns_id"
                " is declared and missing"
            ],
        ),
        (
            "ALTER TABLE chairs ADD CHECK (name <> '')",
            ["constraint chairs.chairs_name_check is not declared"],
        ),
        (
            "CREATE TRIGGER quiet BEFORE DELETE ON chairs EXECUTE FUNCTION refuse_change()",
            ["trigger chairs.quiet is not declared"],
        ),
        ("CREATE TABLE notes (id uuid)", ["column notes.id", "table notes"]),
    ],
)
def test_a_difference_is_found(alfa: Clinic, statement: str, said: list[str]) -> None:
    with clinic_scope(alfa), connection.cursor() as cursor:
        cursor.execute(statement)
    differing = mismatches(declared(CLINICS, "alfa"), found("alfa"))
    assert len(differing) == len(said)
    assert all(line.startswith(start) for line, start in zip(differing, said, strict=True))
