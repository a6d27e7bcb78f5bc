from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clinics.models import ClinicalRecord, Patient, Professional, RecordRead
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, own_row
from tests.fixtures.clinics import make_patient
from tests.records.conftest import HISTORY, MOUTH, PNG, TREATED

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor(alfa: Clinic) -> Professional:
    return own_row(alfa, title="Dra.", registration_number="12345")


@pytest.fixture
def eva(alfa: Clinic, doctor: Professional) -> Patient:
    with clinic_scope(alfa):
        return make_patient("Eva Sosa")


def upload(body: bytes = PNG, name: str = "placa.png", **more: Any) -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, body, "text/html"), **more}


def entries(clinic: Clinic) -> int:
    with clinic_scope(clinic):
        return ClinicalRecord.objects.count()


def reads(clinic: Clinic) -> list[tuple[str, str, str]]:
    with clinic_scope(clinic):
        return list(RecordRead.objects.order_by("at").values_list("role", "what", "why"))


def test_a_professional_writes_and_reads(api: Api, alfa: Clinic, eva: Patient) -> None:
    doctor, url = api("professional"), f"patients/{eva.pk}/records/"
    made = doctor.post(url, {"kind": "evolution", "text": "Control"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["position"], body["kind"], body["text"]) == (1, "evolution", "Control")
    assert (body["content"], body["attachments"], body["addendum_to"]) == ({}, [], None)
    assert body["signed_as"].endswith("(M. 12345)")
    assert len(body["hash"]) == 64
    added, again = (
        doctor.post(f"{url}{body['id']}/addenda/", {"text": "Era el 26"}, HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    )
    assert added.json() == again.json()
    assert added.status_code == 201
    assert (added.json()["addendum_to"], added.json()["kind"]) == (body["id"], "addendum")
    listed = doctor.get(f"{url}?why=consulta").json()["results"]
    assert [one["position"] for one in listed] == [2, 1]
    assert doctor.get(f"{url}?kind=addendum").json()["results"] == [listed[0]]
    assert doctor.get(f"{url}{body['id']}/").json() == listed[1]
    assert [what for _, what, _ in reads(alfa)] == ["list", "list", "entry"]
    assert reads(alfa)[0] == ("professional", "list", "consulta")


def test_the_ceo_reads_and_is_noted_but_never_writes(api: Api, alfa: Clinic, eva: Patient) -> None:
    url = f"patients/{eva.pk}/records/"
    made = api("professional").post(url, {"kind": "odontogram", "content": MOUTH}).json()
    ceo = api("ceo")
    for path in (url, f"{url}{made['id']}/", f"{url}pdf/", f"patients/{eva.pk}/odontogram/",
                 f"patients/{eva.pk}/odontogram/diff/"):  # fmt: skip
        assert ceo.get(f"{path}?why=reclamo").status_code == 200, path
    assert reads(alfa) == [
        ("ceo", what, "reclamo") for what in ("list", "entry", "pdf", "odontogram", "odontogram")
    ]
    assert_problem(ceo.post(url, {"kind": "evolution", "text": "x"}), 403, "not-allowed")
    assert_problem(ceo.post(f"{url}{made['id']}/addenda/", {"text": "x"}), 403, "not-allowed")
    assert_problem(
        ceo.post(f"{url}{made['id']}/attachments/", upload(), format="multipart"),
        403,
        "not-allowed",
    )
    assert entries(alfa) == 1


def test_a_secretary_sees_nothing_of_it(api: Api, alfa: Clinic, eva: Patient, media: Path) -> None:
    url = f"patients/{eva.pk}/records/"
    doctor, secretary = api("professional"), api("secretary")
    record = doctor.post(url, {"kind": "odontogram", "content": MOUTH}).json()["id"]
    attached = doctor.post(f"{url}{record}/attachments/", upload(), format="multipart").json()
    for path in (
        *(url, f"{url}{record}/", f"{url}reads/", f"{url}pdf/"),
        f"{url}{record}/attachments/{attached['id']}/",
        *(f"patients/{eva.pk}/odontogram/", f"patients/{eva.pk}/odontogram/diff/"),
    ):
        assert_problem(secretary.get(path), 403, "not-allowed")
    for path, body, form in (
        (url, {"kind": "evolution", "text": "x"}, "json"),
        (f"{url}{record}/addenda/", {"text": "x"}, "json"),
        (f"{url}{record}/attachments/", upload(), "multipart"),
    ):
        assert_problem(secretary.post(path, body, format=form), 403, "not-allowed")
    assert entries(alfa) == 2
    assert len([one for one in media.rglob("*") if one.is_file()]) == 1
    assert reads(alfa) == []


def test_who_saw_my_chart(api: Api, alfa: Clinic, eva: Patient) -> None:
    api("ceo").get(f"patients/{eva.pk}/records/?why=auditoría")
    api("professional").get(f"patients/{eva.pk}/odontogram/")
    listed = api("professional").get(f"patients/{eva.pk}/records/reads/").json()["results"]
    assert [(one["role"], one["what"], one["why"]) for one in listed] == [
        ("professional", "odontogram", ""),
        ("ceo", "list", "auditoría"),
    ]
    assert all(one["name"] and one["at"].endswith("-03:00") for one in listed)


def test_odontograms_over_rest(api: Api, eva: Patient) -> None:
    doctor, url = api("professional"), f"patients/{eva.pk}/"
    empty = doctor.get(f"{url}odontogram/").json()
    assert (empty["record"], empty["odontogram"]["teeth"]) == (None, {})
    assert_problem(doctor.get(f"{url}odontogram/diff/"), 404, "not-found")
    first, second = (
        doctor.post(f"{url}records/", {"kind": "odontogram", "content": content}).json()["id"]
        for content in (MOUTH, TREATED)
    )
    assert doctor.get(f"{url}odontogram/").json()["record"] == second
    found = doctor.get(f"{url}odontogram/diff/?from={first}&to={second}").json()
    assert (found["from"]["id"], found["to"]["id"]) == (first, second)
    assert found["changes"][0] == {
        "tooth": 16, "face": "O", "finding": "caries", "before": "pending", "after": None,
    }  # fmt: skip
    assert doctor.get(f"{url}odontogram/diff/").json() == found
    assert_problem(doctor.get(f"{url}odontogram/diff/?from=nothing"), 400, "invalid")
    assert_problem(doctor.get(f"{url}odontogram/diff/?from={uuid.uuid4()}"), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "addendum", "text": "x"}, "kind"),
        ({"kind": "evolution"}, "text"),
        ({"kind": "evolution", "text": ["x"]}, "text"),
        ({"kind": "evolution", "text": "a\0b"}, "text"),
        ({"kind": "evolution", "text": "x" * 20_001}, "text"),
        ({"kind": "odontogram", "content": []}, "content"),
        ({"kind": "odontogram", "content": {"teeth": {"16": {"faces": {"X": []}}}}}, None),
        ({"kind": "odontogram", "content": {"teeth": {"16": {"tooth": [{"finding": 1}]}}}}, None),
        ({"kind": "anamnesis", "content": {"version": 1, "allergies": "x"}}, "content.allergies"),
        ({"kind": "evolution", "text": "x", "appointment": str(uuid.uuid4())}, "appointment"),
        ({"kind": "evolution", "text": "x", "appointment": 7}, "appointment"),
    ],
)
def test_bad_entries(
    api: Api, alfa: Clinic, eva: Patient, body: dict[str, Any], field: str | None
) -> None:
    answer = api("professional").post(f"patients/{eva.pk}/records/", body)
    problem = assert_problem(answer, 400, "invalid")
    assert field is None or field in problem["errors"]
    assert entries(alfa) == 0


def test_the_same_request_twice_is_one_entry(api: Api, alfa: Clinic, eva: Patient) -> None:
    doctor, url = api("professional"), f"patients/{eva.pk}/records/"
    given = {"kind": "anamnesis", "content": HISTORY}
    first = doctor.post(url, given, HTTP_IDEMPOTENCY_KEY="a1")
    again = doctor.post(url, given, HTTP_IDEMPOTENCY_KEY="a1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert_problem(
        doctor.post(url, {"kind": "evolution", "text": "x"}, HTTP_IDEMPOTENCY_KEY="a1"),
        422,
        "idempotency-key-reused",
    )
    assert entries(alfa) == 1


def test_other_peoples_ids_do_not_exist(api: Api, alfa: Clinic, beta: Clinic, eva: Patient) -> None:
    doctor = api("professional")
    with clinic_scope(alfa):
        luis = make_patient("Luis Gómez", dni="20111222")
    with clinic_scope(beta):
        foreign = make_patient("Otra Persona")
    record = doctor.post(f"patients/{luis.pk}/records/", {"kind": "evolution", "text": "x"}).json()[
        "id"
    ]
    for path in (
        f"patients/{eva.pk}/records/{record}/",
        f"patients/{foreign.pk}/records/",
        f"patients/{foreign.pk}/odontogram/",
        f"patients/{foreign.pk}/records/pdf/",
        f"patients/{foreign.pk}/records/reads/",
        f"patients/{uuid.uuid4()}/records/",
    ):
        assert_problem(doctor.get(path), 404, "not-found")
    for path in (f"patients/{eva.pk}/records/{record}/addenda/",
                 f"patients/{foreign.pk}/records/{record}/addenda/"):  # fmt: skip
        assert_problem(doctor.post(path, {"text": "x"}), 404, "not-found")
    assert entries(alfa) == 1
    assert reads(alfa) == []


def test_only_whoever_treats_signs(api: Api, alfa: Clinic, doctor: Professional) -> None:
    with clinic_scope(alfa):
        eva = make_patient("Eva Sosa")
        Professional.objects.filter(pk=doctor.pk).update(is_active=False)
    answer = api("professional").post(
        f"patients/{eva.pk}/records/", {"kind": "evolution", "text": "x"}
    )
    assert_problem(answer, 403, "not-a-professional")
    assert entries(alfa) == 0


def test_pages_take_the_same_number_of_queries(
    api: Api, eva: Patient, django_assert_max_num_queries: Any
) -> None:
    doctor, url = api("professional"), f"patients/{eva.pk}/records/"
    for number in range(3):
        doctor.post(url, {"kind": "evolution", "text": f"Visita {number}"})
    with django_assert_max_num_queries(9):
        assert len(doctor.get(f"{url}?limit=1").json()["results"]) == 1
    with django_assert_max_num_queries(9):
        assert len(doctor.get(url).json()["results"]) == 3
