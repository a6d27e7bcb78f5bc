from __future__ import annotations

import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from clinics.models import ClinicalRecord, Patient, Professional, RecordAttachment, RecordRead
from clinics.services.records.files import safe_name, type_of
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import DomainError
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, own_row
from tests.fixtures.clinics import make_patient
from tests.records.conftest import HISTORY, PDF, PNG, TREATED

pytestmark = pytest.mark.django_db
DICOM = b"\0" * 128 + b"DICM" + b"1" * 50


@pytest.fixture
def chart(api: Api, alfa: Clinic) -> str:
    """A patient with an entry; the address of the entry."""
    own_row(alfa, title="Dra.", registration_number="12345")
    with clinic_scope(alfa):
        eva = make_patient("Eva Sosa")
    made = api("professional").post(
        f"patients/{eva.pk}/records/", {"kind": "evolution", "text": "Radiografía"}
    )
    return f"patients/{eva.pk}/records/{made.json()['id']}/"


def post(api: Api, url: str, body: bytes, name: str = "placa.png", **headers: Any) -> Any:
    given = {"file": SimpleUploadedFile(name, body, "text/html"), "text": "Placa periapical"}
    return api("professional").post(f"{url}attachments/", given, format="multipart", **headers)


def kept(media: Path) -> list[Path]:
    return [one for one in media.rglob("*") if one.is_file()]


def rows(clinic: Clinic) -> tuple[int, int]:
    with clinic_scope(clinic):
        return ClinicalRecord.objects.count(), RecordAttachment.objects.count()


def test_a_file_goes_in_and_comes_out(api: Api, alfa: Clinic, chart: str, media: Path) -> None:
    made = post(api, chart, PNG, "../../etc/Placa \u202e de Eva.html")
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["content_type"], body["size"]) == ("image/png", len(PNG))
    assert body["name"] == "Placa  de Eva.png"
    (stored,) = kept(media)
    assert stored.is_relative_to(media / "alfa" / "records")
    assert len(stored.name) >= 40
    assert "Eva" not in str(stored)
    assert stored.stat().st_mode & 0o077 == 0
    entry = api("professional").get(
        f"{chart.split('records', maxsplit=1)[0]}records/{body['record_id']}/"
    )
    assert entry.json()["kind"] == "addendum"
    assert entry.json()["content"]["attachments"][0]["sha256"] == body["sha256"]
    assert "stored_as" not in str(entry.json())
    addendum = chart.replace(chart.split("/")[3], body["record_id"])
    for url in (chart, addendum):
        answer = api("professional").get(f"{url}attachments/{body['id']}/")
        assert answer.content == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="Placa  de Eva.png"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert "sandbox" in answer["Content-Security-Policy"]
    with clinic_scope(alfa):
        assert RecordRead.objects.filter(what="attachment").count() == 2


@pytest.mark.parametrize(
    ("body", "name", "problem"),
    [
        (b"", "vacio.png", (400, "invalid")),
        (b"<html><script>", "placa.png", (400, "attachment-type")),
        (b"MZ" + b"\0" * 200, "placa.pdf", (400, "attachment-type")),
        (b"GIF89a" + b"\0" * 200, "placa.png", (400, "attachment-type")),
        (PNG + b"1" * 2000, "placa.png", (413, "too-large")),
        (PNG + b"1" * 200_000, "placa.png", (413, "too-large")),
    ],
    ids=["empty", "html", "program", "gif", "large", "larger than its form"],
)
def test_what_is_not_kept(
    api: Api, alfa: Clinic, chart: str, media: Path, settings: Any, body: bytes, name: str,
    problem: tuple[int, str],
) -> None:  # fmt: skip
    settings.RECORD_ATTACHMENT_MAX_BYTES = 1500
    assert_problem(post(api, chart, body, name), *problem)
    assert (kept(media), rows(alfa)) == ([], (1, 0))


def test_a_form_without_a_file(api: Api, alfa: Clinic, chart: str, media: Path) -> None:
    doctor = api("professional")
    assert_problem(
        doctor.post(f"{chart}attachments/", {"text": "x"}, format="multipart"), 400, "invalid"
    )
    assert_problem(
        doctor.post(f"{chart}attachments/", {"file": "x"}), 415, "unsupported-media-type"
    )
    broken = doctor.generic("POST", f"{chart}attachments/", "x", "multipart/form-data; boundary=")
    assert broken.status_code == 400
    assert (kept(media), rows(alfa)) == ([], (1, 0))


def test_a_refused_row_leaves_no_file(api: Api, alfa: Clinic, chart: str, media: Path) -> None:
    patient = chart.split("records", maxsplit=1)[0]
    assert_problem(post(api, f"{patient}records/{uuid.uuid4()}/", PNG), 404, "not-found")
    with clinic_scope(alfa):
        Professional.objects.update(is_active=False)
    assert_problem(post(api, chart, PNG), 403, "not-a-professional")
    assert (kept(media), rows(alfa)) == ([], (1, 0))


def test_the_same_upload_twice_is_one_file(api: Api, alfa: Clinic, chart: str, media: Path) -> None:
    first = post(api, chart, PNG, HTTP_IDEMPOTENCY_KEY="k")
    again = post(api, chart, PNG, HTTP_IDEMPOTENCY_KEY="k")
    assert first.json() == again.json()
    other = post(api, chart, PNG + b"1", HTTP_IDEMPOTENCY_KEY="k")
    assert_problem(other, 422, "idempotency-key-reused")
    assert (len(kept(media)), rows(alfa)) == (1, (2, 1))


def test_a_lost_file_is_said(api: Api, alfa: Clinic, chart: str, media: Path) -> None:
    made = post(api, chart, PDF, "estudio.pdf").json()
    (stored,) = kept(media)
    stored.unlink()
    answer = api("professional").get(f"{chart}attachments/{made['id']}/")
    assert_problem(answer, 409, "attachment-gone")
    with clinic_scope(alfa):
        assert not RecordRead.objects.exists()


def test_attachments_of_others_do_not_exist(api: Api, alfa: Clinic, chart: str) -> None:
    made = post(api, chart, PNG).json()
    doctor = api("professional")
    with clinic_scope(alfa):
        luis: Patient = make_patient("Luis Gómez", dni="20111222")
    record = chart.split("/")[3]
    for path in (
        f"patients/{luis.pk}/records/{record}/attachments/{made['id']}/",
        f"{chart}attachments/{uuid.uuid4()}/",
        f"{chart.replace(record, str(uuid.uuid4()))}attachments/{made['id']}/",
    ):
        assert_problem(doctor.get(path), 404, "not-found")


def test_types_by_what_the_bytes_say() -> None:
    assert type_of(DICOM) == "application/dicom"
    assert type_of(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert type_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    for head in (b"RIFF\0\0\0\0WAVE", b" %PDF-", b"DICM"):
        with pytest.raises(DomainError):
            type_of(head)
    assert safe_name("C:\\a\\b.exe", "application/pdf") == "b.pdf"
    assert safe_name("..", "image/png") == "archivo.png"
    assert len(safe_name("x" * 500 + ".png", "image/png")) == 120


def test_the_whole_chart_as_a_document(api: Api, chart: str) -> None:
    doctor, patient = api("professional"), chart.split("records", maxsplit=1)[0]
    doctor.post(f"{patient}records/", {"kind": "anamnesis", "content": HISTORY})
    doctor.post(f"{patient}records/", {"kind": "odontogram", "content": TREATED})
    post(api, chart, PNG)
    answer = doctor.get(f"{patient}records/pdf/", HTTP_ACCEPT="application/pdf")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="historia-clinica.pdf"'
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    for part in (
        *("Sosa, Eva", "30111222", "penicilina, grave", "acenocumarol, 4 mg, ANTICOAGULANTE"),
        *("Radiografía", "Restauración", "realizado", "placa.png", "no se preguntó", "ninguna"),
        "Addenda a la entrada 1",
        "(M. 12345)",
    ):
        assert part in text, part
