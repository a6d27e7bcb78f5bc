"""Consents, requests with the law's terms, and incidents over REST."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from clinics.models import Appointment, Breach, Consent, ConsentText, Patient, PrivacyRequest
from clinics.services.privacy_requests import due_on
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem, membership
from tests.fixtures.clinics import (
    NOW,
    make_patient,
    make_professional,
    make_treatment,
    tomorrow,
)

UNKNOWN = "7b6c1b0e-0000-4000-8000-000000000000"


@pytest.fixture
def patient(alfa: Clinic) -> Patient:
    with clinic_scope(alfa):
        return make_patient()


@pytest.fixture
def text(api: Api) -> dict[str, Any]:
    made = api("ceo").post("consent-texts/", {"kind": "data", "text": "Acepto."})
    assert made.status_code == 201, made.content
    return dict(made.json())


def test_a_new_wording_is_a_new_version(api: Api, text: dict[str, Any]) -> None:
    ceo = api("ceo")
    second = ceo.post("consent-texts/", {"kind": "data", "text": "Acepto todo."}).json()
    other = ceo.post("consent-texts/", {"kind": "images", "text": "Fotos."}).json()
    assert [one["text_version"] for one in (text, second, other)] == [1, 2, 1]
    listed = api("secretary").get("consent-texts/?kind=data").json()["results"]
    assert [one["text"] for one in listed] == ["Acepto todo.", "Acepto."]
    assert_problem(ceo.post("consent-texts/", {"kind": "data", "text": " "}), 400, "invalid")
    assert_problem(ceo.post("consent-texts/", {"kind": "x", "text": "a"}), 400, "invalid")


@pytest.mark.parametrize("role", ["secretary", "professional"])
def test_texts_are_published_by_the_ceo(alfa: Clinic, api: Api, role: str) -> None:
    answer = api(role).post("consent-texts/", {"kind": "data", "text": "Acepto."})
    assert_problem(answer, 403, "not-allowed")
    with clinic_scope(alfa):
        assert not ConsentText.objects.exists()


def test_a_consent_is_given_once_and_withdrawn_once(
    alfa: Clinic, api: Api, patient: Patient, text: dict[str, Any]
) -> None:
    client, url = api("secretary"), f"patients/{patient.pk}/consents/"
    body = {"text": text["id"], "how": "firmado en papel"}
    given = client.post(url, body, headers={"Idempotency-Key": "one"})
    assert given.status_code == 201, given.content
    assert client.post(url, body, headers={"Idempotency-Key": "one"}).json() == given.json()
    assert_problem(client.post(url, body), 409, "consent-given")
    withdraw = f"{url}{given.json()['id']}/withdraw/"
    ended = client.post(withdraw).json()
    assert ended["withdrawn_by"] == str(membership(alfa, "secretary").user_id)
    assert_problem(client.post(withdraw), 409, "consent-withdrawn")
    again = client.post(url, body)
    assert again.status_code == 201
    both = api("professional").get(url).json()["results"]
    assert [one["withdrawn_at"] is None for one in both] == [True, False]
    with clinic_scope(alfa):
        assert Consent.objects.count() == 2


def test_what_is_consented_to_is_the_newest_wording(
    alfa: Clinic, beta: Clinic, api: Api, patient: Patient, text: dict[str, Any]
) -> None:
    newest = api("ceo").post("consent-texts/", {"kind": "data", "text": "Nuevo."}).json()
    url = f"patients/{patient.pk}/consents/"
    refused = api("secretary").post(url, {"text": text["id"], "how": "papel"})
    assert assert_problem(refused, 409, "text-superseded")["current"] == newest["id"]
    theirs = {"text": newest["id"], "how": "papel"}
    assert_problem(api("secretary", beta).post(url, theirs), 404, "not-found")
    unknown = {"text": UNKNOWN, "how": "papel"}
    assert_problem(api("secretary").post(url, unknown), 404, "not-found")
    assert_problem(api("secretary").post(url, {"text": newest["id"]}), 400, "invalid")
    with clinic_scope(alfa):
        assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("kind", "asked", "due"),
    [
        ("access", date(2026, 11, 24), date(2026, 12, 4)),
        ("erasure", date(2026, 11, 24), date(2026, 12, 1)),
        # 24, 25 and 26 March are no business days.
        ("rectification", date(2027, 3, 22), date(2027, 4, 1)),
    ],
)
@pytest.mark.usefixtures("in_alfa")
def test_the_laws_terms(kind: str, asked: date, due: date) -> None:
    assert due_on(kind, asked) == due


def test_requests_are_listed_by_what_is_due(alfa: Clinic, api: Api, patient: Patient) -> None:
    url = f"patients/{patient.pk}/privacy-requests/"
    secretary = api("secretary")
    with clock.frozen(NOW):
        access = secretary.post(url, {"kind": "access", "note": "por mail"}).json()
        erasure = secretary.post(url, {"kind": "erasure"}).json()
    assert (access["due_on"], erasure["due_on"]) == ("2026-12-04", "2026-12-01")
    ceo = api("ceo")
    with clock.frozen(NOW + timedelta(days=8)):
        listed = ceo.get("privacy-requests/?settled=false").json()["results"]
    assert [(one["id"], one["overdue"]) for one in listed] == [
        (erasure["id"], True),
        (access["id"], False),
    ]
    assert_problem(secretary.post(f"privacy-requests/{access['id']}/settle/"), 403, "not-allowed")
    done = ceo.post(f"privacy-requests/{access['id']}/settle/", {"note": "entregado"}).json()
    assert (done["note"], done["outcome"]) == ("entregado", {})
    assert_problem(ceo.post(f"privacy-requests/{access['id']}/settle/"), 409, "request-settled")
    assert len(ceo.get(url).json()["results"]) == 2
    assert_problem(api("professional").get(url), 403, "not-allowed")
    assert_problem(secretary.post(url, {"kind": "x"}), 400, "invalid")


def test_settling_an_erasure_erases(alfa: Clinic, beta: Clinic, api: Api, patient: Patient) -> None:
    ceo = api("ceo")
    made = ceo.post(f"patients/{patient.pk}/privacy-requests/", {"kind": "erasure"}).json()
    settle = f"privacy-requests/{made['id']}/settle/"
    assert_problem(api("ceo", beta).post(settle), 404, "not-found")
    with clinic_scope(alfa):
        treatment = make_treatment()
        visit = Appointment.objects.create(
            patient=patient,
            professional=make_professional(treatments=(treatment,)),
            treatment=treatment,
            starts_at=clock.now() + timedelta(days=1),
            ends_at=clock.now() + timedelta(days=1, minutes=30),
            status="scheduled",
            source="staff",
        )
    body = assert_problem(ceo.post(settle), 409, "erasure-blocked")
    assert body["reasons"] == ["future_appointments"]
    with clinic_scope(alfa):
        assert PrivacyRequest.objects.get().settled_at is None
        assert Patient.objects.get(pk=patient.pk).anonymised_at is None
        Appointment.objects.filter(pk=visit.pk).update(status="cancelled")
    done = ceo.post(settle, headers={"Idempotency-Key": "erase"})
    assert done.status_code == 200, done.content
    assert done.json()["outcome"] == {
        "removed": {"facts": 0, "guardians": 0, "identities": 0},
        "kept": {},
    }
    assert ceo.post(settle, headers={"Idempotency-Key": "erase"}).json() == done.json()
    for words in ("Ana", "Pérez", "30111222", "55550002"):
        assert ceo.get("patients/", {"q": words}).json()["results"] == []
    assert ceo.get(f"patients/{patient.pk}/").json()["name"] == ""


def test_a_breach_is_written_down_and_followed(alfa: Clinic, beta: Clinic, api: Api) -> None:
    ceo = api("ceo")
    body = {
        "found_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "description": "Se perdió una computadora",
        "affected": "teléfonos de 40 pacientes",
    }
    first = ceo.post("breaches/", body)
    assert first.status_code == 201, first.content
    told = {**body, "follows": first.json()["id"], "authority_told_at": clock.now().isoformat()}
    second = ceo.post("breaches/", told).json()
    assert second["follows"] == first.json()["id"]
    assert len(ceo.get("breaches/").json()["results"]) == 2
    theirs = api("ceo", beta)
    assert theirs.get("breaches/").json()["results"] == []
    assert_problem(theirs.post("breaches/", told), 404, "not-found")
    tomorrow_ = {**body, "found_at": tomorrow(10).replace(year=2099).isoformat()}
    assert "found_at" in assert_problem(ceo.post("breaches/", tomorrow_), 400, "invalid")["errors"]
    for role in ("secretary", "professional"):
        assert_problem(api(role).post("breaches/", body), 403, "not-allowed")
        assert_problem(api(role).get("breaches/"), 403, "not-allowed")
    with clinic_scope(alfa):
        assert Breach.objects.count() == 2
    with clinic_scope(beta):
        assert not Breach.objects.exists()
