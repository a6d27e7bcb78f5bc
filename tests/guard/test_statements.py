"""What the guard passes and what it catches, statement by statement."""

from __future__ import annotations

import pytest

from dentalogic.core.guard.checking import check

TABLES = frozenset({"patients", "appointments", "professionals", "events"})

# Statement, and the aliases it must be refused for.
CAUGHT: list[tuple[str, str]] = [
    # Plain
    ("SELECT * FROM patients", "patients"),
    ("SELECT * FROM patients WHERE id = %s", "patients"),
    ('SELECT * FROM "patients" WHERE "patients"."id" = %s', "patients"),
    ("SELECT * FROM alfa.patients WHERE id = %s", "patients"),
    ('SELECT * FROM "alfa"."patients" p WHERE p.id = %s', "p"),
    ("select * from PATIENTS where ID = %s", "patients"),
    ("SELECT * FROM ONLY patients", "patients"),
    ("TABLE patients", "patients"),
    ("SELECT * FROM patients TABLESAMPLE SYSTEM (1)", "patients"),
    ("SELECT count(*) FROM patients GROUP BY tenant_id HAVING tenant_id = %s", "patients"),
    ("SELECT tenant_id FROM patients ORDER BY tenant_id", "patients"),
    # Predicates that do not bind
    ("SELECT 1 FROM patients WHERE tenant_id = %s OR true", "patients"),
    ("SELECT 1 FROM patients WHERE (tenant_id = %s AND id = %s) OR name = %s", "patients"),
    ("SELECT 1 FROM patients WHERE NOT tenant_id = %s", "patients"),
    ("SELECT 1 FROM patients WHERE NOT (tenant_id = %s AND id = %s)", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id <> %s", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id IS NOT NULL", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id = tenant_id", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id IN (%s, %s)", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id = ANY(%s)", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id > %s", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id::text LIKE %s", "patients"),
    ("SELECT 1 FROM patients WHERE coalesce(%s, tenant_id) = tenant_id", "patients"),
    ("SELECT 1 FROM patients WHERE CASE WHEN %s THEN tenant_id = %s ELSE true END", "patients"),
    ("SELECT 1 FROM patients WHERE (tenant_id = %s) IS NOT TRUE", "patients"),
    ("SELECT 1 FROM patients WHERE name = 'tenant_id = 1'", "patients"),
    ("SELECT 1 FROM patients -- WHERE tenant_id = %s\n", "patients"),
    ("SELECT 1 FROM patients /* WHERE tenant_id = %s */", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id = current_setting('other.name')::uuid", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id = (SELECT id FROM clinics LIMIT 1)", "patients"),
    # Joins
    ("SELECT 1 FROM patients p JOIN appointments a ON a.patient_id = p.id", "p a"),
    ("SELECT 1 FROM patients p JOIN appointments a ON a.patient_id = p.id WHERE p.tenant_id = %s", "a"),
    ("SELECT 1 FROM patients p, appointments a WHERE a.patient_id = p.id AND a.tenant_id = %s", "p"),
    ("SELECT 1 FROM patients p JOIN appointments a ON a.tenant_id = p.tenant_id", "p a"),
    ("SELECT 1 FROM patients p LEFT JOIN appointments a ON a.tenant_id = %s AND p.tenant_id = %s", "p"),
    ("SELECT 1 FROM patients p LEFT JOIN appointments a ON a.tenant_id = p.tenant_id AND p.tenant_id = %s", "p a"),
    ("SELECT 1 FROM patients p RIGHT JOIN appointments a ON a.tenant_id = %s AND p.tenant_id = %s", "a"),
    ("SELECT 1 FROM patients p FULL JOIN appointments a ON a.tenant_id = %s AND p.tenant_id = %s", "p a"),
    ("SELECT 1 FROM patients p NATURAL JOIN appointments a WHERE a.tenant_id = %s", "p"),
    ("SELECT 1 FROM patients p CROSS JOIN appointments a WHERE p.tenant_id = %s", "a"),
    ("SELECT 1 FROM patients p JOIN patients q ON q.merged_into_id = p.id WHERE p.tenant_id = %s", "q"),
    ("SELECT 1 FROM clinics c LEFT JOIN (patients p JOIN appointments a ON a.tenant_id = p.tenant_id) ON p.id = a.id", "p a"),
    # Subqueries
    ("SELECT 1 FROM patients p WHERE p.tenant_id = %s AND EXISTS (SELECT FROM appointments a WHERE a.patient_id = p.id)", "a"),
    ("SELECT 1 FROM patients p WHERE p.tenant_id = %s AND p.id IN (SELECT patient_id FROM appointments)", "appointments"),
    ("SELECT 1 FROM patients p WHERE p.id IN (SELECT patient_id FROM appointments WHERE tenant_id = %s)", "p"),
    ("SELECT (SELECT count(*) FROM appointments a) FROM patients p WHERE p.tenant_id = %s", "a"),
    ("SELECT (SELECT max(a.id) FROM appointments a WHERE a.tenant_id = p.tenant_id) FROM patients p", "p a"),
    ("SELECT 1 FROM (SELECT * FROM patients) t WHERE t.tenant_id = %s", "patients"),
    ("SELECT 1 FROM (SELECT * FROM patients WHERE tenant_id = %s) patients JOIN appointments a ON true", "a"),
    ("SELECT ARRAY(SELECT id FROM patients)", "patients"),
    ("SELECT 1 FROM clinics c, LATERAL (SELECT 1 FROM patients p WHERE p.tenant_id = c.id) t", "p"),
    ("SELECT 1 FROM clinics ORDER BY (SELECT max(id) FROM patients)", "patients"),
    ("SELECT 1 LIMIT (SELECT count(*) FROM patients)", "patients"),
    ("SELECT jsonb_agg(x) FROM unnest(ARRAY(SELECT id FROM patients)) x", "patients"),
    # Common table expressions and unions
    ("WITH p AS (SELECT * FROM patients) SELECT * FROM p WHERE p.tenant_id = %s", "patients"),
    ("WITH patients AS (SELECT * FROM patients) SELECT * FROM patients WHERE tenant_id = %s", "patients"),
    ("WITH d AS (DELETE FROM patients WHERE id = %s RETURNING id) SELECT * FROM d", "patients"),
    ("WITH u AS (UPDATE patients SET name = '' RETURNING *) SELECT * FROM u WHERE tenant_id = %s", "patients"),
    ("WITH i AS (INSERT INTO events (id) VALUES (%s)) SELECT 1", "events"),
    ("WITH RECURSIVE t AS (SELECT id FROM patients WHERE tenant_id = %s UNION ALL SELECT p.id FROM patients p JOIN t ON p.id = t.id) SELECT 1 FROM t", "p"),
    ("SELECT id FROM patients WHERE tenant_id = %s UNION ALL SELECT id FROM appointments", "appointments"),
    ("(SELECT id FROM patients) EXCEPT (SELECT id FROM appointments WHERE tenant_id = %s)", "patients"),
    ("WITH one AS (SELECT id FROM clinics) SELECT 1 FROM patients p, one WHERE p.tenant_id = one.id", "p"),
    # Writes
    ("UPDATE patients SET name = %s WHERE id = %s", "patients"),
    ("UPDATE patients p SET name = %s FROM appointments a WHERE p.tenant_id = %s AND a.patient_id = p.id", "a"),
    ("UPDATE patients SET name = (SELECT max(type) FROM events) WHERE tenant_id = %s", "events"),
    ("UPDATE patients SET tenant_id = clinic_id FROM clinics WHERE patients.tenant_id = %s", "patients"),
    ("DELETE FROM patients", "patients"),
    ("DELETE FROM patients WHERE id IN (%s, %s)", "patients"),
    ("DELETE FROM patients p USING appointments a WHERE a.tenant_id = %s AND a.patient_id = p.id", "p"),
    ("DELETE FROM patients WHERE tenant_id = %s AND id IN (SELECT patient_id FROM appointments)", "appointments"),
    ("INSERT INTO patients VALUES (%s, %s)", "patients"),
    ("INSERT INTO patients DEFAULT VALUES", "patients"),
    ("INSERT INTO patients (id, name) VALUES (%s, %s)", "patients"),
    ("INSERT INTO patients (id, tenant_id) VALUES (%s, DEFAULT)", "patients"),
    ("INSERT INTO patients (id, tenant_id) SELECT id, tenant_id FROM appointments", "appointments patients"),
    ("INSERT INTO patients (id, tenant_id) SELECT id, id FROM appointments WHERE tenant_id = %s", "patients"),
    ("INSERT INTO patients (id, tenant_id) SELECT * FROM appointments WHERE tenant_id = %s", "patients"),
    ("INSERT INTO outbox (id) SELECT id FROM patients", "patients"),
    ("INSERT INTO patients (id, tenant_id) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET tenant_id = patients.id", "patients"),
    ("INSERT INTO patients (id, tenant_id) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = (SELECT max(type) FROM events)", "events"),
    ("MERGE INTO patients p USING (SELECT %s AS id) x ON p.id = x.id WHEN MATCHED THEN DELETE", "p"),
    ("MERGE INTO patients p USING (SELECT %s AS id) x ON p.id = x.id AND p.tenant_id = %s WHEN NOT MATCHED THEN INSERT (id) VALUES (x.id)", "p"),
    ("MERGE INTO patients p USING appointments a ON p.tenant_id = %s AND a.tenant_id = %s WHEN MATCHED THEN DELETE", "a"),
    ("SELECT id FROM patients WHERE id = %s FOR UPDATE", "patients"),
    ("SELECT 1 FROM patients p JOIN professionals q ON true WHERE p.tenant_id = %s FOR NO KEY UPDATE OF p", "q"),
    # What is no query
    ("COPY patients TO STDOUT", "patients"),
    ("COPY (SELECT * FROM patients) TO STDOUT", "patients"),
    ("COPY patients FROM STDIN", "patients"),
    ("COPY patients (id, name) FROM STDIN", "patients"),
    ("TRUNCATE patients", ""),
    ("TRUNCATE clinics, patients CASCADE", ""),
    ("LOCK TABLE patients", ""),
    ("CREATE TABLE kept AS SELECT * FROM patients", "patients"),
    ("CREATE OR REPLACE VIEW seen AS SELECT * FROM patients", "patients"),
    ("EXPLAIN ANALYZE DELETE FROM patients", "patients"),
    ("EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM patients", "patients"),
    ("PREPARE one AS SELECT * FROM patients WHERE id = $1", "patients"),
    ("DECLARE one NO SCROLL CURSOR FOR SELECT * FROM patients", "patients"),
    ("SELECT query_to_xml('SELECT * FROM patients', true, true, '')", ""),
    # Many, and what nobody can read
    ("SELECT 1; DELETE FROM patients; SELECT 2", "patients"),
    ("SELECT ';' ; UPDATE patients SET name = ';'", "patients"),
    ("SELECT 1 FROM patients WHERE tenant_id = %s; SELECT 1 FROM events", "events"),
    ("SELECT FROM WHERE patients ((", ""),
    ("SELECT 1 FROM patients WHERE name = 'open", ""),
    ("SELECT 1 FROM patients /* open", ""),
    ('SELECT 1 FROM U&"p\\0061tients" WHERE id = %s', ""),
]  # fmt: skip

PASSED: list[str] = [
    "SELECT 1",
    "SELECT * FROM outbox WHERE id = %s",
    "SELECT 'patients'::regclass, to_regclass('patients')",
    "SELECT * FROM pg_class WHERE relname = 'patients'",
    "SELECT * FROM information_schema.columns WHERE table_name = 'patients'",
    "SELECT * FROM public.events",
    "SELECT events.patients FROM lines AS events",
    "SELECT stamp_tenant('patients')",
    "SELECT * FROM agenda_rows(%s, %s::timestamptz)",
    "SELECT * FROM patients WHERE tenant_id = %s",
    'SELECT "patients"."id" FROM "patients" WHERE "patients"."tenant_id" = %s',
    "SELECT * FROM alfa.patients WHERE tenant_id = %s",
    "SELECT * FROM alfa.patients WHERE patients.tenant_id = %s",
    "SELECT * FROM patients WHERE %s = tenant_id",
    "SELECT * FROM patients WHERE tenant_id = %(tenant)s::uuid",
    "SELECT * FROM patients WHERE tenant_id = '0e984725-c51c-4bf4-9960-e1c80e27aba0'",
    "SELECT * FROM patients WHERE tenant_id IN (%s)",
    "SELECT * FROM patients WHERE ((tenant_id = %s) AND (name = %s OR name LIKE 'a%%'))",
    "SELECT * FROM patients WHERE (tenant_id, id) = (%s, %s)",
    "SELECT * FROM patients WHERE tenant_id = current_setting('dentalogic.tenant_id')::uuid",
    "SELECT 1 FROM patients p JOIN appointments a ON a.tenant_id = p.tenant_id AND a.id = %s WHERE p.tenant_id = %s",
    "SELECT 1 FROM patients p JOIN appointments a USING (tenant_id) WHERE tenant_id = %s",
    "SELECT 1 FROM patients p, appointments a WHERE a.tenant_id = p.tenant_id AND p.tenant_id = %s",
    "SELECT 1 FROM patients p LEFT JOIN appointments a ON a.tenant_id = p.tenant_id WHERE p.tenant_id = %s",
    "SELECT 1 FROM patients p LEFT JOIN appointments a ON a.tenant_id = %s WHERE p.tenant_id = %s",
    "SELECT 1 FROM patients p RIGHT JOIN appointments a ON p.tenant_id = a.tenant_id WHERE a.tenant_id = %s",
    "SELECT 1 FROM a_table t LEFT JOIN (patients p JOIN events e ON e.tenant_id = p.tenant_id) ON p.tenant_id = %s",
    "SELECT 1 FROM patients p JOIN clinics c ON c.id = p.tenant_id WHERE c.id = %s",
    "SELECT 1 FROM patients a JOIN events b ON b.tenant_id = a.tenant_id JOIN appointments c ON c.tenant_id = b.tenant_id WHERE c.tenant_id = %s",
    "SELECT 1 FROM patients p WHERE p.tenant_id = %s AND EXISTS (SELECT FROM appointments a WHERE a.tenant_id = p.tenant_id AND a.patient_id = p.id)",
    "SELECT 1 FROM patients p WHERE p.tenant_id = %s AND p.id IN (SELECT patient_id FROM appointments WHERE tenant_id = %s)",
    "SELECT (SELECT max(a.id) FROM appointments a WHERE a.tenant_id = p.tenant_id) FROM patients p WHERE p.tenant_id = %s",
    "SELECT 1 FROM (SELECT * FROM patients WHERE tenant_id = %s) t",
    "SELECT 1 FROM (SELECT id, tenant_id FROM patients WHERE tenant_id = %s) t JOIN events e ON e.tenant_id = t.tenant_id",
    "SELECT 1 FROM patients p CROSS JOIN LATERAL (SELECT 1 FROM events e WHERE e.tenant_id = p.tenant_id) t WHERE p.tenant_id = %s",
    "SELECT 1 FROM (SELECT %s::uuid) AS t(mine) JOIN events e ON e.tenant_id = t.mine",
    "WITH p AS (SELECT * FROM patients WHERE tenant_id = %s) SELECT * FROM p JOIN events e ON e.tenant_id = p.tenant_id",
    "WITH patients AS (SELECT 1 AS id) SELECT * FROM patients",
    "WITH d AS (DELETE FROM patients WHERE tenant_id = %s RETURNING tenant_id) SELECT 1 FROM d JOIN events e ON e.tenant_id = d.tenant_id",
    "WITH RECURSIVE t AS (SELECT id, tenant_id FROM patients WHERE tenant_id = %s UNION ALL SELECT p.id, p.tenant_id FROM patients p JOIN t ON p.tenant_id = t.tenant_id) SELECT 1 FROM t",
    "SELECT id FROM patients WHERE tenant_id = %s UNION ALL SELECT id FROM events WHERE tenant_id = %s",
    "UPDATE patients SET name = %s WHERE tenant_id = %s AND id = %s",
    "UPDATE patients SET tenant_id = %s, name = %s WHERE tenant_id = %s",
    "UPDATE patients SET tenant_id = tenant_id WHERE tenant_id = %s",
    "UPDATE patients p SET name = a.name FROM appointments a WHERE p.tenant_id = %s AND a.tenant_id = p.tenant_id",
    "DELETE FROM patients WHERE tenant_id = %s",
    "DELETE FROM patients p USING appointments a WHERE p.tenant_id = a.tenant_id AND a.tenant_id = %s RETURNING p.id",
    "INSERT INTO patients (id, tenant_id) VALUES (%s, %s)",
    "INSERT INTO patients (id, tenant_id) VALUES (%s, %s), (%s, %s) RETURNING id",
    "INSERT INTO patients (id, tenant_id) SELECT * FROM UNNEST((%s)::uuid[], (%s)::uuid[])",
    "INSERT INTO patients (id, tenant_id) SELECT id, %s FROM jsonb_array_elements(%s) i (id)",
    "INSERT INTO patients (id, tenant_id) SELECT id, tenant_id FROM appointments WHERE tenant_id = %s",
    "INSERT INTO patients (id, tenant_id) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING",
    "INSERT INTO patients (id, tenant_id) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name, tenant_id = excluded.tenant_id",
    "MERGE INTO patients p USING (SELECT %s AS id) x ON p.id = x.id AND p.tenant_id = %s WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (x.id, %s)",
    "SELECT id FROM patients p WHERE p.tenant_id = %s ORDER BY id FOR NO KEY UPDATE OF p SKIP LOCKED",
    "COPY (SELECT * FROM patients WHERE tenant_id = %s) TO STDOUT",
    "COPY patients (id, tenant_id) FROM STDIN",
    "CREATE TABLE kept AS SELECT * FROM patients WHERE tenant_id = %s",
    "CREATE INDEX one ON patients (id)",
    "CREATE TABLE patients (id uuid, no bigint GENERATED BY DEFAULT AS IDENTITY, CHECK (no > 1))",
    "CREATE TABLE x (id uuid REFERENCES patients (id), y int GENERATED ALWAYS AS (1) STORED)",
    "CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM patients $$",
    "ALTER TABLE patients ADD COLUMN x int; DROP TABLE events",
    "DO $$ BEGIN ALTER TABLE patients ADD COLUMN x int; END $$",
    "EXPLAIN SELECT * FROM patients",
    "EXPLAIN ANALYZE SELECT * FROM patients WHERE tenant_id = '1'",
    "PREPARE one (uuid) AS SELECT * FROM patients WHERE tenant_id = $1",
    "SAVEPOINT patients; RELEASE SAVEPOINT patients; SET search_path = events; ANALYZE patients",
    "SELECT 1 -- FROM patients\n",
    "SELECT 'it''s; FROM patients', E'\\'; DELETE FROM patients', $x$ FROM patients $x$",
]  # fmt: skip


@pytest.mark.parametrize(("statement", "aliases"), CAUGHT)
def test_caught(statement: str, aliases: str) -> None:
    found = check(statement, TABLES)
    assert found
    assert sorted(one.alias for one in found) == sorted(aliases.split(" "))


@pytest.mark.parametrize("statement", PASSED)
def test_passed(statement: str) -> None:
    assert check(statement, TABLES) == ()


def test_a_text_without_parameters_is_read_as_it_is() -> None:
    assert (
        check("SELECT 5 % id FROM patients WHERE tenant_id = '1'", TABLES, parametrised=False) == ()
    )
    assert check("SELECT 5 %% id FROM patients WHERE tenant_id = %s", TABLES) == ()


def test_a_violation_says_what_is_missing() -> None:
    (found,) = check("SELECT 1 FROM patients p", TABLES)
    assert str(found) == "patients AS p: tenant_id is not bound to a value"


def test_deep_conditions_are_read_or_refused() -> None:
    wide = " OR ".join(["name = %s"] * 3000)
    assert check(f"SELECT 1 FROM patients WHERE {wide}", TABLES)
    assert check(f"SELECT 1 FROM patients WHERE {'(' * 400}name = %s{')' * 400}", TABLES)
    ids = ", ".join(["%s"] * 5000)
    assert check(f"SELECT 1 FROM patients WHERE tenant_id = %s AND id IN ({ids})", TABLES) == ()
