"""`tenant_id` on every table of a clinic: whoever writes, and how, a foreign row is refused."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from dentalogic.embedded.home import Home
from dentalogic.embedded.postgres import ADMIN, url
from tests.walls.prover_world import World, tenant_models

MODELS = {model._meta.db_table: model for model in tenant_models()}
Worlds = tuple[World, World]


def tables(world: World) -> list[str]:
    """Return every table that the clinic's schema really has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [world.clinic.schema_name]
        )
        return sorted(name for (name,) in cursor.fetchall())


def quoted(world: World, table: str) -> str:
    return f'"{world.clinic.schema_name}"."{table}"'


def columns(cursor: Any, world: World, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s"
        " AND table_name = %s AND column_name <> 'tenant_id' ORDER BY ordinal_position",
        [world.clinic.schema_name, table],
    )
    return [f'"{name}"' for (name,) in cursor.fetchall()]


def refused(cursor: Any, statement: str, values: list[Any], match: str) -> None:
    with transaction.atomic():
        # Else foreign keys wait for the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match=match), transaction.atomic():
            cursor.execute(statement, values)


def test_no_table_is_without_it(worlds: Worlds) -> None:
    own, _ = worlds
    found = tables(own)
    assert set(found) >= MODELS.keys()
    with connection.cursor() as cursor:
        for table in found:
            cursor.execute(
                "SELECT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), c.convalidated,"
                " pg_get_constraintdef(c.oid)"
                " FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid"
                " AND d.adnum = a.attnum JOIN pg_constraint c ON c.conrelid = a.attrelid"
                " AND c.conname = %s WHERE a.attrelid = %s::regclass AND a.attname = 'tenant_id'",
                [f"{table}_tenant", quoted(own, table)],
            )
            row = cursor.fetchone()
            assert row is not None, f"{table} lacks the second wall"
            tenant = f"'{own.clinic.pk}'::uuid"
            assert row == (True, tenant, True, f"CHECK ((tenant_id = {tenant}))"), table


def test_a_foreign_row_is_refused_on_every_road(worlds: Worlds) -> None:
    for table in sorted(MODELS):
        refused_on_every_road(*worlds, table)


def refused_on_every_road(own: World, foreign: World, table: str) -> None:
    name = quoted(own, table)
    wall = f"{table}_tenant"
    with clinic_scope(own.clinic), connection.cursor() as cursor:
        listed = ", ".join(columns(cursor, own, table))
        cursor.execute(f"SELECT count(*) FROM {name} WHERE tenant_id = %s", [own.clinic.pk])
        before = cursor.fetchone()
        # A copy of a row that is good but for the clinic: nothing else can be what refuses it.
        copy = f"SELECT {listed}, %s FROM {name} WHERE tenant_id = %s LIMIT 1"
        insert = f"INSERT INTO {name} ({listed}, tenant_id) {copy}"
        refused(cursor, insert, [foreign.clinic.pk, own.clinic.pk], wall)
        refused(cursor, insert, [None, own.clinic.pk], "null value in column|not-null")
        update = f"UPDATE {name} SET tenant_id = %s WHERE tenant_id = %s"
        frozen = f"{wall}|append-only"
        refused(cursor, update, [foreign.clinic.pk, own.clinic.pk], frozen)
        refused(cursor, update, [None, own.clinic.pk], f"null value|append-only|{wall}")
        cursor.execute(f"SELECT count(*) FROM {name} WHERE tenant_id = %s", [own.clinic.pk])
        assert cursor.fetchone() == before
        copied_in(cursor, own, table, listed, foreign.clinic.pk, wall)


def copied_in(
    cursor: Any, own: World, table: str, listed: str, tenant: uuid.UUID, wall: str
) -> None:
    """COPY knows no application code at all."""
    raw: psycopg.Cursor[Any] = cursor.cursor if hasattr(cursor, "cursor") else cursor
    name = quoted(own, table)
    with raw.copy(
        f"COPY (SELECT {listed}, '{tenant}'::uuid FROM {name}"
        f" WHERE tenant_id = '{own.clinic.pk}' LIMIT 1) TO STDOUT"
    ) as out:
        row = b"".join(bytes(part) for part in out)
    assert row.count(b"\n") == 1
    place = transaction.savepoint()
    with (
        pytest.raises(psycopg.errors.CheckViolation, match=wall),
        raw.copy(f"COPY {name} ({listed}, tenant_id) FROM STDIN") as target,
    ):
        target.write(row)
    transaction.savepoint_rollback(place)


@pytest.fixture
def superuser(alfa: Clinic) -> Iterator[psycopg.Connection[Any]]:
    """Connect as the server's superuser, past all that ours would check; nothing is committed."""
    target = urlsplit(os.environ["DATABASE_URL"])
    home = Home.open(Path(os.environ["DENTALOGIC_HOME"]))
    database = target.path.removeprefix("/")
    with psycopg.connect(
        url(home, port=target.port or 0, role=ADMIN, database=database)
    ) as connection:
        connection.execute('SET search_path TO "alfa"')
        yield connection
        connection.rollback()


INSERT = (
    "INSERT INTO chairs (id, tenant_id, name, is_active) VALUES (gen_random_uuid(), {}, 'x', true)"
)


def test_left_out_it_is_this_clinic(superuser: psycopg.Connection[Any], alfa: Clinic) -> None:
    row = superuser.execute(INSERT.format("DEFAULT") + " RETURNING tenant_id").fetchone()
    assert row == (alfa.pk,)


def test_not_even_a_superuser_gets_past_it(
    superuser: psycopg.Connection[Any], beta: Clinic
) -> None:
    """A policy of row-level security would let them through; a constraint asks nobody's name."""
    assert superuser.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone() == (True,)
    with pytest.raises(psycopg.errors.CheckViolation, match="chairs_tenant"):
        superuser.execute(INSERT.format("%s"), [beta.pk])


def test_who_was_refused_is_the_owner(worlds: Worlds) -> None:
    """The application's own role made the tables, and was refused above."""
    own, _ = worlds
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = %s::regnamespace"
            " AND relkind = 'r' AND pg_get_userbyid(relowner) = current_user",
            [own.clinic.schema_name],
        )
        assert cursor.fetchone() == (len(tables(own)),)


def test_a_reference_can_not_leave_the_clinic(worlds: Worlds) -> None:
    """Each schema's foreign keys look into that schema: another clinic's row is not there."""
    own, foreign = worlds
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint c JOIN pg_class t ON t.oid = c.confrelid"
            " WHERE c.contype = 'f' AND c.connamespace = %s::regnamespace"
            " AND t.relnamespace <> c.connamespace",
            [own.clinic.schema_name],
        )
        assert cursor.fetchone() == (0,)
    tried = 0
    with clinic_scope(own.clinic), connection.cursor() as cursor:
        for table, model in MODELS.items():
            for field in model._meta.concrete_fields:
                related: Any = field.related_model
                if related is None or table in FROZEN:
                    continue
                name = related._meta.model_name
                target = foreign.ids[THINGS.get(name, name)]
                refused(
                    cursor,
                    f"UPDATE {quoted(own, table)} SET {field.column} = %s WHERE tenant_id = %s"
                    f" AND id = (SELECT id FROM {quoted(own, table)} WHERE tenant_id = %s LIMIT 1)",
                    [target, own.clinic.pk, own.clinic.pk],
                    "foreign key",
                )
                tried += 1
    assert tried >= 20


# Never updated at all: their triggers come first.
FROZEN = {
    *("clinical_records", "record_attachments", "record_reads", "record_heads"),
    *("accounting_transactions", "cash_flow_steps", "appointment_changes"),
    *("consent_texts", "breaches"),
}
THINGS = {"professional": "professional.mine", "appointment": "appointment.scheduled"}
