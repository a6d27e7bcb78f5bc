"""What a clinic must not have, so that its schema can live on any server: ties to another schema.

Read from the catalogue of a real clinic, and from the text of the patches.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from clinics.tenancy.models import Clinic

# What lives once: `public`'s own tables, and the extensions.
SHARED = {"public", "extensions", "pg_catalog", "information_schema"}
OBJECTS = """
SELECT DISTINCT d.classid::regclass::text, coalesce(
        pg_describe_object(d.classid, d.objid, d.objsubid), ''), far.nspname
FROM pg_depend d
JOIN LATERAL (
    SELECT relnamespace AS home FROM pg_class
        WHERE d.classid = 'pg_class'::regclass AND oid = d.objid
    UNION ALL SELECT pronamespace FROM pg_proc
        WHERE d.classid = 'pg_proc'::regclass AND oid = d.objid
    UNION ALL SELECT typnamespace FROM pg_type
        WHERE d.classid = 'pg_type'::regclass AND oid = d.objid
    UNION ALL SELECT connamespace FROM pg_constraint
        WHERE d.classid = 'pg_constraint'::regclass AND oid = d.objid
    UNION ALL SELECT c.relnamespace FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
    UNION ALL SELECT c.relnamespace FROM pg_attrdef a JOIN pg_class c ON c.oid = a.adrelid
        WHERE d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
    UNION ALL SELECT c.relnamespace FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    UNION ALL SELECT c.relnamespace FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid
) near ON true
JOIN pg_namespace mine ON mine.oid = near.home AND mine.nspname = %s
JOIN LATERAL (
    SELECT relnamespace AS home FROM pg_class
        WHERE d.refclassid = 'pg_class'::regclass AND oid = d.refobjid
    UNION ALL SELECT pronamespace FROM pg_proc
        WHERE d.refclassid = 'pg_proc'::regclass AND oid = d.refobjid
    UNION ALL SELECT typnamespace FROM pg_type
        WHERE d.refclassid = 'pg_type'::regclass AND oid = d.refobjid
) ref ON true
JOIN pg_namespace far ON far.oid = ref.home AND far.nspname <> mine.nspname
"""
INTO = """
SELECT con.conname, near.nspname, far.nspname FROM pg_constraint con
JOIN pg_class a ON a.oid = con.conrelid JOIN pg_namespace near ON near.oid = a.relnamespace
JOIN pg_class b ON b.oid = con.confrelid JOIN pg_namespace far ON far.oid = b.relnamespace
WHERE con.contype = 'f' AND near.nspname <> far.nspname
"""


def rows(question: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def ties(schema: str) -> list[str]:
    """Name what a clinic's objects depend on outside their schema, the shared functions aside."""
    return [
        f"{what} needs something of {where}"
        for kind, what, where in rows(OBJECTS, schema)
        if where not in SHARED or (where == "public" and kind != "pg_class")
    ]


def test_no_foreign_key_crosses_schemas(alfa: Clinic) -> None:
    assert rows(INTO) == []


def test_a_clinic_depends_on_no_other_schema(alfa: Clinic) -> None:
    assert ties("alfa") == []


@pytest.mark.parametrize(
    "tie",
    [
        "ALTER TABLE alfa.chairs ADD COLUMN x uuid REFERENCES beta.chairs (id)",
        "ALTER TABLE alfa.chairs ADD COLUMN x uuid REFERENCES public.users (id)",
        "CREATE TABLE beta.t (i int); CREATE VIEW alfa.both AS SELECT i FROM beta.t",
        "CREATE TRIGGER t BEFORE INSERT ON alfa.chairs FOR EACH ROW"
        " EXECUTE FUNCTION beta.refuse_change()",
        "CREATE TABLE alfa.t (c beta.chairs)",
        "CREATE SEQUENCE beta.s; ALTER TABLE alfa.chairs ADD COLUMN x int DEFAULT"
        " nextval('beta.s'::regclass)",
    ],
)
def test_the_check_sees_a_tie(alfa: Clinic, tie: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(tie)
    assert ties("alfa") or rows(INTO)


def test_bodies_name_no_schema(alfa: Clinic) -> None:
    """Functions are text: what they name is found by the search path of whoever calls them."""
    names = {row[0] for row in rows("SELECT schema_name FROM public.clinics")} | {"public"}
    named = [
        (function, schema)
        for function, body in rows(
            "SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'alfa'"
        )
        for schema in names
        if re.search(rf'\b"?{schema}"?\.', body.split("AS $", 1)[-1])
    ]
    assert named == []


def test_no_sequence_is_smaller_than_bigint(alfa: Clinic) -> None:
    """A distributed sequence carries its node in the high bits."""
    small = rows(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = 'alfa'"
        " AND data_type <> 'bigint'::regtype"
    )
    assert small == []


def test_nothing_that_a_distributed_schema_lacks(alfa: Clinic) -> None:
    """No rules, no partitions, no materialised views, no inheritance."""
    unwanted = rows(
        "SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'alfa' AND (c.relkind IN ('p', 'I', 'm', 'f') OR c.relispartition)"
    )
    rules = rows("SELECT rulename FROM pg_rules WHERE schemaname = 'alfa'")
    assert unwanted == []
    assert rules == []


def test_the_extensions_are_outside(alfa: Clinic) -> None:
    homes = rows(
        "SELECT e.extname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
        " WHERE n.nspname NOT IN ('extensions', 'pg_catalog')"
    )
    assert homes == []


def test_patches_of_a_clinic_name_no_schema() -> None:
    for app in settings.TENANT_APPS:
        for patch in sorted((settings.SQL_DIR / app).glob("*.sql")):
            text = re.sub(r"--.*", "", patch.read_text(encoding="utf-8"))
            assert not re.search(r'\b(public|extensions)"?\.', text), patch.name


def test_a_function_can_reach_no_clinic_but_its_own(alfa: Clinic) -> None:
    """A control: a body that names another clinic is what the rule above is there for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION alfa.peek() RETURNS bigint LANGUAGE sql AS"
            " $$ SELECT count(*) FROM beta.chairs $$"
        )
    with pytest.raises(AssertionError):
        test_bodies_name_no_schema(alfa)
