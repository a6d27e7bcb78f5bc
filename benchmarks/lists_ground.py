"""A clinic of years: 100,000 patients and 1,000,000 appointments, written as sets.

Seven years of 20 professionals who see 20 people a day, until three months from now.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENTS, APPOINTMENTS = 100_000, 1_000_000
PROFESSIONALS, A_DAY, DAYS_AHEAD = 20, 20, 90

_FIRST = (
    "Ana,Juan,María,José,Lucía,Martín,Sofía,Diego,Valentina,Carlos,Camila,Jorge,Julieta,Pablo,"
    "Elena,Ramón,Inés,Andrés,Noelia,Tomás,Rocío,Hernán,Agustina,Nicolás,Malena,Gastón,Irene,Sebastián"
)
_LAST = (
    "González,Rodríguez,Gómez,Fernández,López,Díaz,Martínez,Pérez,García,Sánchez,Romero,Sosa,Torres,"
    "Álvarez,Ruiz,Ramírez,Flores,Benítez,Acosta,Medina,Herrera,Suárez,Aguirre,Giménez,Gutiérrez,"
    "Pereyra,Rojas,Molina,Castro,Ortiz,Silva,Núñez,Luna,Juárez,Cabrera,Ríos,Morales,Godoy,Moreno,"
    "Ferreyra,Domínguez,Carrizo,Peralta,Castillo,Ledesma,Quiroga,Vega,Vera,Muñoz,Ojeda"
)

_PATIENTS = """
INSERT INTO patients (id, tenant_id, first_name, last_name, name_key, document_type, dni, insurance,
    insurance_plan, member_number, phone, email, medical_history, status, version, created_at)
SELECT gen_random_uuid(), %(tenant)s, first, last,
    translate(lower(first || ' ' || last), 'áéíóúñ', 'aeioun'), 'DNI', (8000000 + n * 331)::text,
    'OSDE', '', '', '+54911' || lpad((10000000 + n * 797)::text, 8, '0'), '', '{}', 'active', 1,
    now() - n * interval '30 minutes'
FROM (
    SELECT n, firsts[1 + hashint4(n) %% 28 + CASE WHEN hashint4(n) < 0 THEN 27 ELSE 0 END] AS first,
        lasts[1 + floor(50 * power(random(), 2))::int]
            || CASE WHEN n %% 2 = 0 THEN ' ' || lasts[1 + n %% 50] ELSE '' END AS last
    FROM generate_series(0, %(patients)s - 1) AS n,
        (SELECT string_to_array(%(first)s, ',') AS firsts, string_to_array(%(last)s, ',') AS lasts)
) AS named
"""
_PROFESSIONALS = """
INSERT INTO professionals (id, tenant_id, user_id, title, first_name, last_name, name_key,
    specialty, registration_number, working_hours, is_active, google_calendar_id,
    google_read_calendars, version, created_at)
SELECT gen_random_uuid(), %(tenant)s, CASE WHEN n = 0 THEN %(user)s::uuid END, 'Dra.',
    'Profesional', 'Número ' || n, 'profesional numero ' || n, '', '',
    %(hours)s::jsonb, true, '', '[]', 1, now()
FROM generate_series(0, %(professionals)s - 1) AS n
"""
_APPOINTMENTS = """
INSERT INTO appointments (id, tenant_id, starts_at, ends_at, status, source, notes, overbooked,
    overbook_reason, cancelled_by, cancel_reason, google_calendar_id, google_calendar_event_id,
    google_generation, google_synced_version, version, created_at, updated_at, patient_id,
    professional_id, treatment_id, authorisation_number)
SELECT gen_random_uuid(), %(tenant)s, starts, starts + interval '30 minutes',
    CASE WHEN starts > now() THEN
            (ARRAY['scheduled', 'confirmed', 'scheduled', 'pending_confirmation'])[1 + n %% 4]
        WHEN n %% 10 = 0 THEN 'cancelled' WHEN n %% 23 = 0 THEN 'no_show' ELSE 'completed' END,
    'staff', '', false, '', '', '', '', '', 0, 0, 1, starts - interval '9 days', starts,
    people.id, doctors.id, %(treatment)s, ''
FROM generate_series(0, %(appointments)s - 1) AS n
JOIN (SELECT id, row_number() OVER (ORDER BY name_key, id) - 1 AS place
    FROM patients WHERE tenant_id = %(tenant)s) AS people ON people.place = n %% %(patients)s
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
    FROM professionals WHERE tenant_id = %(tenant)s) AS doctors
    ON doctors.place = n %% %(professionals)s,
    LATERAL (SELECT date_trunc('day', now()) + interval '12 hours'
        + (%(ahead)s - n / %(a_day)s) * interval '1 day'
        + (n / %(professionals)s %% %(each)s) * interval '30 minutes' AS starts) AS placed
"""
_IN_ORDER = (
    ("patients", _PATIENTS),
    ("appointments", _APPOINTMENTS),
    (
        "appointment_changes",
        """
INSERT INTO appointment_changes (id, tenant_id, at, actor, from_status, to_status, reason, changed,
    appointment_id)
SELECT gen_random_uuid(), %(tenant)s, created_at, 'system', '', 'scheduled', '', '{}', id
FROM appointments WHERE tenant_id = %(tenant)s
""",
    ),
    (
        "patient_facts",
        """
INSERT INTO patient_facts (id, tenant_id, field, value, source, quoted_text, recorded_by,
    created_at, patient_id)
SELECT gen_random_uuid(), %(tenant)s, field, value, 'staff', '', %(user)s, created_at, id
FROM patients,
    LATERAL (VALUES ('dni', dni), ('phone', phone), ('insurance', insurance)) AS f (field, value)
WHERE tenant_id = %(tenant)s
""",
    ),
    (
        "accounting_transactions",
        """
INSERT INTO accounting_transactions (id, tenant_id, occurred_on, recorded_at, recorded_by, kind,
    method, amount, currency, description, late_reason, appointment_id,
    patient_id)
SELECT gen_random_uuid(), %(tenant)s, starts_at::date, starts_at, %(user)s, 'income',
    (ARRAY['cash', 'card', 'transfer'])[1 + version %% 3], 1500, 'ARS', '', '', id, patient_id
FROM appointments WHERE tenant_id = %(tenant)s AND status = 'completed'
    AND hashtext(id::text) %% 4 = 0
""",
    ),
    (
        "daily_cash_flow",
        """
INSERT INTO daily_cash_flow (id, tenant_id, day, currency, opening, cash_income, card_income,
    transfer_income, insurer_income, expenses, net, reopened_reason, version,
    cash_out, refunds, counted_cash, difference, closed_at, closed_by)
SELECT gen_random_uuid(), %(tenant)s, occurred_on, 'ARS', 0, sum(amount), 0, 0, 0, 0,
    sum(amount), '', 1, 0, 0, sum(amount), 0, now(), %(user)s
FROM accounting_transactions WHERE tenant_id = %(tenant)s GROUP BY occurred_on
""",
    ),
    (
        "audit_entries",
        """
INSERT INTO audit_entries (id, tenant_id, at, actor, table_name, row_id, action, before, after)
SELECT gen_random_uuid(), %(tenant)s, created_at, 'staff:' || %(user)s, 'appointments', id,
    'insert', NULL, '{"status": "scheduled"}'
FROM appointments WHERE tenant_id = %(tenant)s
""",
    ),
    (
        "events",
        """
INSERT INTO events (id, tenant_id, number, type, data, occurred_at, created_at)
SELECT gen_random_uuid(), %(tenant)s, n, 'NEW_APPOINTMENT', '{}', now(), now()
FROM generate_series(1, 100000) AS n
""",
    ),
)


def fill_years(clinic: Any, *, user_id: Any) -> None:
    """Write the clinic's years. `user_id` is a professional's, who gets the first row of those."""
    from django.db import connection, transaction

    from clinics.models import Chair, Insurer, Professional, ProfessionalTreatment, Treatment
    from dentalogic.core.tenancy import clinic_scope

    hours = [{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "20:00"}]
    given: dict[str, Any] = {
        "tenant": clinic.pk,
        "user": user_id,
        "patients": PATIENTS,
        "appointments": APPOINTMENTS,
        "professionals": PROFESSIONALS,
        "each": A_DAY,
        "a_day": A_DAY * PROFESSIONALS,
        "ahead": DAYS_AHEAD,
        "first": _FIRST,
        "last": _LAST,
        "hours": json.dumps({str(day): hours for day in range(7)}),
    }
    with clinic_scope(clinic), transaction.atomic(), connection.cursor() as cursor:
        treatment = Treatment.objects.create(
            code="limpieza", name="Limpieza", name_key="limpieza", minutes=30
        )
        Chair.objects.create(name="Uno")
        Insurer.objects.create(name="OSDE", name_key="osde")
        given["treatment"] = treatment.pk
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(_PROFESSIONALS, given)
        for table, statement in _IN_ORDER:
            began = time.monotonic()
            with _checked_afterwards(cursor, table):
                cursor.execute(statement, given)
            print(f"{table}: {time.monotonic() - began:.0f} s", flush=True)
        ProfessionalTreatment.objects.bulk_create(
            ProfessionalTreatment(professional=one, treatment=treatment)
            for one in Professional.objects.all()
        )
    with clinic_scope(clinic), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _checked_afterwards(cursor: Any, table: str) -> Iterator[None]:
    """Fill a table without its triggers, its foreign keys and its indexes, and build those behind.

    What the triggers would have written is written here as well.
    """
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('f', 'x')",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    indexes = cursor.fetchall()
    cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    for name, _ in constraints:
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
    for _, definition in indexes:
        cursor.execute(definition)
    cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
