from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Event, Insurer, Patient, PatientFact
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import make_patient

pytestmark = pytest.mark.django_db
FILE = """Apellido y nombre;DNI;Fecha de nacimiento;Obra social;Nro afiliado;Celular;Correo;Notas
"Pérez, Ana";30.111.222;01/02/1984;osde;123;11 5555-0002;ana@x.test;nada
"Núñez, Juan";28999111;;Particular;;0351 15 555 0003;;
"Sosa, Eva";;2019-05-04;;;;;
"""
URL = "patients/import/"


def send(api: Api, content: str | bytes, role: str = "secretary", **how: Any) -> Any:
    body = content if isinstance(content, bytes) else content.encode()
    given = {"file": SimpleUploadedFile("pacientes.csv", body, "text/csv")}
    headers = {"Idempotency-Key": how.pop("key")} if "key" in how else {}
    query = "&".join(f"{name}={value}" for name, value in how.items())
    return api(role).post(f"{URL}?{query}", given, format="multipart", headers=headers)


def outcomes(report: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["row"], one["outcome"]) for one in report["rows"]]


def test_a_dry_run_says_it_and_does_nothing(api: Api, in_alfa: Clinic) -> None:
    answer = send(api, FILE, dry_run=1)
    assert answer.status_code == 200, answer.content
    report = answer.json()
    assert outcomes(report) == [(2, "created"), (3, "created"), (4, "created")]
    assert (report["created"], report["duplicates"], report["wrong"]) == (3, 0, 0)
    assert report["ignored_columns"] == ["Notas"]
    assert report["rows"][0]["name"] == "Ana Pérez"
    assert not Patient.objects.exists()
    assert not Event.objects.exists()


def test_the_run_enters_them_with_their_facts(api: Api, in_alfa: Clinic) -> None:
    osde = Insurer.objects.create(name="OSDE", name_key="osde")
    answer = send(api, FILE)
    assert answer.status_code == 201, answer.content
    report = answer.json()
    assert report["dry_run"] is False
    ana = Patient.objects.get(pk=report["rows"][0]["patient_id"])
    assert (ana.first_name, ana.last_name, ana.name_key) == ("Ana", "Pérez", "ana perez")
    assert (ana.dni, ana.phone, ana.status) == ("30111222", "+5491155550002", "active")
    assert (ana.insurance, ana.insurer_id, ana.member_number) == ("OSDE", osde.pk, "123")
    assert str(ana.birth_date) == "1984-02-01"
    juan, eva = (Patient.objects.get(pk=one["patient_id"]) for one in report["rows"][1:])
    assert (juan.insurance, juan.phone, juan.version) == ("PARTICULAR", "+5493515550003", 1)
    assert (eva.status, eva.dni) == ("guest", None)
    facts = PatientFact.objects.filter(patient=ana, source="staff", recorded_by__isnull=False)
    assert set(facts.values_list("field", flat=True)) == {
        *("full_name", "dni", "insurance", "phone", "birth_date")
    }
    assert Event.objects.filter(type="PATIENT_UPDATED").count() == 3


def test_the_same_file_again_enters_nobody(api: Api, in_alfa: Clinic) -> None:
    first = send(api, FILE, key="i-1")
    assert send(api, FILE, key="i-1").json() == first.json()
    again = send(api, FILE).json()
    assert outcomes(again) == [(2, "duplicate"), (3, "duplicate"), (4, "duplicate")]
    assert [one["patient_id"] for one in again["rows"]] == [
        one["patient_id"] for one in first.json()["rows"]
    ]
    assert Patient.objects.count() == 3
    assert_problem(send(api, FILE + "x;1", key="i-1"), 422, "idempotency-key-reused")


def test_one_wrong_row_and_nobody_is_entered(api: Api, in_alfa: Clinic) -> None:
    wrong = (
        "nombre;apellido;dni;fecha nacimiento;tel;mail;plan\n"
        "Ana;Pérez;30111222;;;;\n"
        ";Sosa;12;31/02/2000;123;no;\n"
        f"{'x' * 81};-;;1/1/1800;;;{'y' * 81}\n"
        "Eva;Paz;;01/01/2099;;;\n"
    )
    body = assert_problem(send(api, wrong, key="i-2"), 400, "import-refused")
    assert [(one["row"], sorted(one["errors"])) for one in body["rows"]] == [
        (3, ["birth_date", "dni", "email", "first_name", "phone"]),
        (4, ["birth_date", "first_name", "insurance_plan", "last_name"]),
        (5, ["birth_date"]),
    ]
    assert not Patient.objects.exists()
    assert not PatientFact.objects.exists()
    assert not Event.objects.exists()
    tried = send(api, wrong, dry_run=1).json()
    assert (tried["created"], tried["wrong"]) == (1, 3)
    # The key is still free for the corrected file.
    assert send(api, FILE, key="i-2").status_code == 201


def test_whoever_is_known_stays_as_they_are(api: Api, in_alfa: Clinic) -> None:
    ana = make_patient("Ana Pérez", dni="30111222", phone="+5491155550002")
    old = make_patient("Juana Díaz", dni="20111222", phone="+5491155550005", merged_into=ana)
    report = send(
        api,
        "nombre;apellido;dni;tel\n"
        "Anita;Peres;30111222;11 4444 0001\n"  # the same DNI
        "ANA;PEREZ;;11 15 5555 0002\n"  # the same name and telephone
        "Juana;Diaz;20.111.222;\n"  # somebody who was merged into her
        "Ana;Pérez;31222333;11 5555 0002\n"  # another DNI: another person, perhaps
        "Luz;Gil;33444555;\n"
        "Luz;Gil;33444555.0;\n",  # twice in the file
    ).json()
    assert outcomes(report) == [
        *((2, "duplicate"), (3, "duplicate"), (4, "duplicate")),
        *((5, "created"), (6, "created"), (7, "duplicate")),
    ]
    assert [one["patient_id"] for one in report["rows"][:3]] == [str(ana.pk)] * 3
    assert report["rows"][5]["same_as_row"] == 6
    flagged = Patient.objects.get(pk=report["rows"][3]["patient_id"])
    assert flagged.possible_duplicate_of_id == ana.pk
    ana.refresh_from_db()
    assert (ana.first_name, ana.phone, ana.version) == ("Ana", "+5491155550002", 1)
    assert Patient.objects.exclude(pk__in=[ana.pk, old.pk]).count() == 2


def test_a_wrong_encoding_is_named_with_its_place(api: Api, in_alfa: Clinic) -> None:
    latin = "nombre;apellido\nAna;Gil\nAna;Pérez\n".encode("cp1252")
    for dry_run in (0, 1):
        body = assert_problem(send(api, latin, dry_run=dry_run), 400, "unreadable-file")
        assert (body["row"], body["byte"]) == (3, 30)
    assert not Patient.objects.exists()


def test_what_is_no_file_is_refused(api: Api, in_alfa: Clinic) -> None:
    client = api("secretary")
    assert_problem(client.post(URL, {}, format="multipart"), 400, "invalid")
    assert_problem(client.post(URL, {"file": "text"}, format="multipart"), 400, "invalid")
    assert_problem(client.post(URL, {"file": "x"}), 415, "unsupported-media-type")
    assert_problem(send(api, b""), 400, "invalid")
    assert_problem(send(api, FILE, dry_run="perhaps"), 400, "invalid")
    assert_problem(send(api, FILE, report="pdf"), 400, "invalid")
    assert_problem(send(api, b"x" * (2 * 1024 * 1024 + 1)), 413, "too-large")
    assert_problem(send(api, b"x" * (3 * 1024 * 1024)), 413, "too-large")
    broken = client.generic("POST", URL, "--x\r\nnonsense", "multipart/form-data; boundary=")
    assert_problem(broken, 400, "parse-error")
    assert not Patient.objects.exists()


def test_a_professional_imports_nobody(api: Api, in_alfa: Clinic) -> None:
    assert_problem(send(api, FILE, role="professional"), 403, "not-allowed")
    assert not Patient.objects.exists()


def test_the_report_as_a_sheet_runs_nothing(api: Api, in_alfa: Clinic) -> None:
    evil = "nombre;apellido;dni\n=HYPERLINK(1);@SUM(A1);30111222\n+cmd;-1a;x\n"
    answer = send(api, evil, dry_run=1, report="csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [line[2] for line in lines[1:]] == ["'=HYPERLINK(1) @SUM(A1)", "'+cmd -1a"]
    assert lines[2][1] == "error"
    assert not any(cell[:1] in {"=", "+", "-", "@"} for line in lines for cell in line)


def test_clinics_import_apart(api: Api, in_alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(beta):
        make_patient("Ana Pérez", dni="30111222")
    assert send(api, FILE, dry_run=1).json()["created"] == 3


def test_more_rows_are_no_more_statements(api: Api, in_alfa: Clinic) -> None:
    def people(count: int) -> str:
        rows = "".join(f"Ana {n};Paz;{20_000_000 + n}\n" for n in range(count))
        return f"nombre;apellido;dni\n{rows}"

    send(api, people(1), dry_run=1)
    with CaptureQueriesContext(connection) as few:
        assert send(api, people(2)).status_code == 201
    with CaptureQueriesContext(connection) as many:
        assert send(api, people(200)).json()["created"] == 198
    assert len(many) <= len(few)
