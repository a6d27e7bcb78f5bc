from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Patient
from clinics.services.finding import search_patients
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(alfa: Clinic) -> dict[str, Patient]:
    with clinic_scope(alfa):
        return {
            "ana": make_patient("Ana María Pérez"),
            "mariana": make_patient("Mariana Núñez", dni="4111222", phone="+5493515550003"),
            "juan": make_patient("Juan O'Higgins", dni="AB123456", phone="+541143216789"),
            "guest": make_patient("Pepa Peralta", active=False, phone="+5491144440004"),
        }


def found(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["name"] for one in response.json()["results"]]


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("PEREZ", ["Ana María Pérez"]),
        ("perez ana", ["Ana María Pérez"]),
        ("nuñez", ["Mariana Núñez"]),
        ("úñe", ["Mariana Núñez"]),
        ("o'hig", ["Juan O'Higgins"]),
        ("ohiggins juan", ["Juan O'Higgins"]),
        # The whole name before what contains it.
        ("ana", ["Ana María Pérez", "Mariana Núñez"]),
        ("mari", ["Ana María Pérez", "Mariana Núñez"]),
        ("pe", ["Ana María Pérez", "Pepa Peralta"]),
        ("n", ["Mariana Núñez"]),
        ("ri", []),
        ("ana nuñez x", []),
        ("zzz", []),
        ("30.111.222", ["Ana María Pérez"]),
        ("30111222", ["Ana María Pérez"]),
        ("30.1", ["Ana María Pérez"]),
        ("30", ["Ana María Pérez"]),
        ("4.111.222", ["Mariana Núñez"]),
        ("ab123456", ["Juan O'Higgins"]),
        ("ab 123456", []),
        ("+54 9 11 5555-0002", ["Ana María Pérez"]),
        ("5491155550002", ["Ana María Pérez"]),
        ("011 15-5555-0002", ["Ana María Pérez"]),
        ("11 5555 0002", ["Ana María Pérez"]),
        ("(011) 5555-0002", ["Ana María Pérez"]),
        ("15 5555 0002", ["Ana María Pérez"]),
        ("5555-0002", ["Ana María Pérez"]),
        ("0002", ["Ana María Pérez"]),
        ("0351 15 555 0003", ["Mariana Núñez"]),
        ("+54 11 5555", ["Ana María Pérez"]),
        ("perez 30.111", ["Ana María Pérez"]),
        ("nuñez 30.111", []),
        ("%", ["Ana María Pérez", "Juan O'Higgins", "Mariana Núñez", "Pepa Peralta"]),
        ("a_p", ["Ana María Pérez"]),
        ("a_z", []),
        ("١٢٣", []),
    ],
)
def test_a_patient_is_found_by_what_people_type(
    api: Api, people: dict[str, Patient], q: str, names: list[str]
) -> None:
    assert found(api("secretary").get("patients/", {"q": q})) == names


def test_pages_of_a_search_keep_its_order(api: Api, people: dict[str, Patient]) -> None:
    client = api("secretary")
    page = client.get("patients/", {"q": "ana", "limit": "1"}).json()
    assert [one["name"] for one in page["results"]] == ["Ana María Pérez"]
    second = client.get(page["next"]).json()
    assert [one["name"] for one in second["results"]] == ["Mariana Núñez"]
    assert second["next"] is None
    back = client.get(second["previous"]).json()
    assert back["results"] == page["results"]


def test_status_narrows_a_search(api: Api, people: dict[str, Patient]) -> None:
    client = api("professional")
    assert found(client.get("patients/", {"q": "pe", "status": "guest"})) == ["Pepa Peralta"]
    assert_problem(client.get("patients/", {"status": "dead"}), 400, "invalid")
    assert_problem(client.get("patients/", {"q": "x" * 101}), 400, "invalid")
    assert_problem(client.get("patients/?q=%00"), 400, "invalid")
    assert_problem(client.get("patients/", {"merged": "perhaps"}), 400, "invalid")


def test_no_other_clinic_is_searched(api: Api, people: dict[str, Patient], beta: Clinic) -> None:
    for q in ("perez", "30111222", "+5491155550002", "a"):
        assert found(api("secretary", beta).get("patients/", {"q": q})) == []


def test_the_writers_number_finds_them(api: Api, people: dict[str, Patient], alfa: Clinic) -> None:
    with clinic_scope(alfa):
        people["juan"].identities.create(
            raw_id="5491177770007", phone="+5491177770007", send_to="5491177770007"
        )
    assert found(api("secretary").get("patients/", {"q": "11 7777-0007"})) == ["Juan O'Higgins"]


@pytest.mark.parametrize("q", ["", "perez", "pe", "30111222", "11 5555 0002"])
def test_a_search_costs_the_same_whatever_it_finds(
    api: Api, people: dict[str, Patient], alfa: Clinic, q: str
) -> None:
    client = api("secretary")
    client.get("patients/")
    with CaptureQueriesContext(connection) as few:
        client.get("patients/", {"q": q, "limit": "1"})
    with clinic_scope(alfa):
        for number in range(30):
            make_patient("Ana Pérez", dni=f"3011122{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(found(client.get("patients/", {"q": q, "limit": "30"}))) > 0
    # Those that only contain it are read where the page has room left.
    assert len(many) <= len(few) <= 6


_CROWD = """
INSERT INTO patients (id, tenant_id, first_name, last_name, name_key, document_type, dni, phone,
    insurance, insurance_plan, member_number, email, medical_history, status, version,
    created_at)
SELECT gen_random_uuid(), %s, '', '', 'ana ' || substr(md5(n::text), 1, 14), 'DNI',
    (20000000 + n * 7)::text, '+54911' || (40000000 + n * 13), '', '', '', '', '{}', 'guest', 1,
    now()
FROM generate_series(1, 30000) AS n
"""


def test_searches_are_answered_from_the_indexes(alfa: Clinic) -> None:
    """With many patients, no search reads the whole table."""
    with clinic_scope(alfa):
        with connection.cursor() as cursor:
            cursor.execute(_CROWD, [alfa.pk])
            # What autovacuum does after a load of rows.
            cursor.execute("SELECT gin_clean_pending_list('patient_name_parts')")
            cursor.execute("ANALYZE patients")
        for q in ("gonzalez", "ana gonz", "an", "20.000.007", "11 4000-0013"):
            for rows in search_patients(q).lists:
                plan = rows.order_by("name_key", "id")[:51].explain()
                assert "Seq Scan" not in plan, f"{q}: {plan}"
