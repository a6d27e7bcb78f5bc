"""Functions and triggers run where the guard can't look: their texts are read instead."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from dentalogic.core.guard.checking import check, names_in
from dentalogic.core.guard.tables import clinic_tables
from tests.guard.bodies import Body, bodies

STRUCTURE = re.compile(r"\s*(?:CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE)\b", re.IGNORECASE)
ALL = [
    body
    for path in sorted(settings.SQL_DIR.rglob("*.sql"))
    if path.parent.name != "foundation"  # made of what the others give; compared elsewhere
    for body in bodies(str(path.relative_to(settings.SQL_DIR)), path.read_text(encoding="utf-8"))
]
FUNCTIONS = [body for body in ALL if ": DO " not in body.name]
# Patches of the apps whose tables lie in `public`, which has a `retired` of its own.
SHARED = ("core/", "tenancy/")

# A patch notes what it takes away. The one insert without the column: its text is the generator's
# for every side, and the column's default and check leave it no choice of clinic.
RETIRING = re.compile(
    r"INSERT INTO retired \(kind, name\) VALUES \('\w+', '(?:[^']|'')+'\)"
    r" ON CONFLICT DO NOTHING"
)


def refused(body: Body) -> list[str]:
    tables = clinic_tables() - ({"retired"} if body.name.startswith(SHARED) else set())
    return [
        f"{one} in {statement}"
        for statement in body.statements
        if not RETIRING.fullmatch(statement.strip())
        for one in check(statement, tables, parametrised=False, values=body.values)
    ]


@pytest.mark.parametrize("body", ALL, ids=lambda body: body.name)
def test_bodies_name_the_clinic(body: Body) -> None:
    assert refused(body) == []


@pytest.mark.parametrize("body", FUNCTIONS, ids=lambda body: body.name)
def test_functions_run_no_text_that_holds_a_clinics_table(body: Body) -> None:
    for statement in body.statements:
        for text in re.findall(r"'((?:[^']|'')*)'", statement):
            # Structure is what patches are for; rows are not read through a text.
            assert STRUCTURE.match(text) or not (
                re.search(r"\b(?:FROM|INTO|UPDATE|JOIN)\b", text)
                and names_in(text, clinic_tables())
            ), text


def test_every_use_of_a_clinics_table_is_found() -> None:
    """The cutting loses nothing: the agenda's function and the trigger show all they read."""
    found = {body.name.split(": ")[1]: body for body in ALL}
    agenda = " ".join(found["agenda_rows"].statements)
    for table in ("closures", "chairs", "professionals", "appointments", "absences"):
        assert f"FROM {table} " in agenda
    assert any(
        "appointments other" in one for one in found["refuse_booking_over_overbooked"].statements
    )


@pytest.mark.parametrize(
    "table", ["closures", "chairs", "professionals", "appointments", "absences"]
)
def test_a_forgotten_predicate_in_a_function_is_found(table: str) -> None:
    path = settings.SQL_DIR / "clinics" / "0004_agenda_read.sql"
    sql = path.read_text(encoding="utf-8")
    alias = re.search(rf"FROM {table} (\w+)", sql)
    assert alias
    spoiled = sql.replace(f"{alias[1]}.tenant_id = tenant", "true")
    assert spoiled != sql
    (body,) = bodies("spoiled", spoiled)
    assert any(table in one for one in refused(body))


BAD = """
CREATE OR REPLACE FUNCTION f(tenant uuid, wanted text) RETURNS integer
LANGUAGE plpgsql AS $body$
DECLARE
    known integer := (SELECT count(*) FROM patients);
    other integer;
BEGIN
    -- nothing; really
    IF EXISTS (SELECT FROM patients WHERE name = CASE WHEN wanted = '' THEN 'a' ELSE 'b' END) THEN
        other := (SELECT count(*) FROM chairs);
    ELSIF known > 1 THEN
        PERFORM id FROM absences;
    ELSE
        SELECT id INTO STRICT other FROM offers WHERE id = 1;
    END IF;
    FOR other IN SELECT id FROM events LOOP
        UPDATE appointments SET notes = '' WHERE id = other;
    END LOOP;
    RETURN (SELECT count(*) FROM closures);
END $body$;
"""


def test_every_kind_of_statement_is_read() -> None:
    (body,) = bodies("bad", BAD)
    tables = {one.split(":")[0] for one in refused(body)}
    assert tables == {
        "patients", "chairs", "absences", "offers", "events", "appointments", "closures",
    }  # fmt: skip
    assert len(refused(body)) == 8
    good = re.sub(r"FROM (\w+)\b(?! WHERE)", r"FROM \1 WHERE tenant_id = tenant", BAD)
    good = re.sub(r"WHERE (name|id) =", r"WHERE tenant_id = tenant AND \1 =", good)
    (body,) = bodies("good", good)
    assert refused(body) == []
