"""A chart in the browser: drawing a mouth, signing, correcting, attaching, and who may look."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from clinics.models import ClinicalRecord, Patient, RecordRead
from clinics.tenancy.models import Membership, Role
from tests.browser.conftest import Backstage, log_in
from tests.fixtures.clinics import make_patient, make_professional
from tests.records.conftest import PNG

pytestmark = pytest.mark.browser


@pytest.fixture
def ana(backstage: Backstage) -> Patient:
    return backstage(make_patient)


@pytest.fixture
def doctor(person: Callable[..., Membership], backstage: Backstage) -> Membership:
    member = person(Role.PROFESSIONAL, name="Elena")
    backstage(lambda: make_professional(user_id=member.user_id, registration_number="777"))
    return member


def test_a_visit_from_the_search_to_the_addendum(
    page: Page, backstage: Backstage, doctor: Membership, ana: Patient
) -> None:
    log_in(page, doctor)
    page.get_by_role("link", name="Historias").click()
    page.get_by_label("Paciente", exact=True).fill("perez")
    page.get_by_role("button", name="Buscar").click()
    page.get_by_role("link", name="Ana Pérez").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Pérez")

    # By mouse on a face, and by keyboard on a whole tooth.
    page.locator('[data-tooth="16"] [data-face="O"]').click()
    expect(page.get_by_role("button", name="Pieza 16: Caries en oclusal")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.locator("#finding").select_option("tooth:crown")
    page.get_by_label("Realizado", exact=True).check()
    page.locator('[data-tooth="15"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#tooth-title")).to_have_text("Pieza 15: Corona (realizado)")
    page.get_by_role("button", name="Firmar el odontograma").click()
    expect(page.locator(".marks")).to_contain_text("16 oclusal o incisal: Caries (a realizar)")
    expect(page.locator('[data-tooth="16"] [data-face="O"]')).to_have_class("face pending")

    page.get_by_label("Evolución").fill("Se indica <b>control</b>")
    page.get_by_role("button", name="Firmar la entrada").click()
    expect(page.locator(".entry").first).to_contain_text("Se indica <b>control</b>")

    entry = page.locator(".entry").first
    entry.get_by_text("Agregar una addenda o un archivo").click()
    entry.get_by_label("Addenda").fill("Radiografía")
    entry.locator("input[type=file]").set_input_files(
        {"name": "placa.png", "mimeType": "image/png", "buffer": PNG}
    )
    entry.get_by_role("button", name="Firmar la addenda").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="placa.png").click()
    assert saved.value.path().read_bytes() == PNG

    page.get_by_text("Actualizar la anamnesis").click()
    page.get_by_label("Alergias").fill("penicilina\nlátex")
    page.get_by_label("Tabaco").select_option("never")
    page.get_by_role("button", name="Firmar la anamnesis").click()
    expect(page.locator(".facts").first).to_contain_text("penicilina; látex")

    rows = backstage(lambda: list(ClinicalRecord.objects.order_by("position")))
    assert [row.kind for row in rows] == ["odontogram", "evolution", "addendum", "anamnesis"]
    assert rows[0].content["teeth"] == {
        "15": {"tooth": [{"finding": "crown", "status": "done"}], "faces": {}},
        "16": {"tooth": [], "faces": {"O": [{"finding": "caries", "status": "pending"}]}},
    }
    assert rows[0].signed_as.endswith("(M. 777)")
    patient = backstage(lambda: Patient.objects.get(pk=ana.pk))
    assert [one["substance"] for one in patient.medical_history["allergies"]] == [
        "penicilina",
        "látex",
    ]
    assert patient.medical_history["conditions"] is None


def test_a_refused_entry_stays_on_the_page(
    page: Page, backstage: Backstage, doctor: Membership, ana: Patient
) -> None:
    log_in(page, doctor, path=f"/login/?next=/records/{ana.pk}/")
    page.get_by_label("Evolución").fill("Control")
    backstage(lambda: Patient.objects.filter(pk=ana.pk).update(merged_into=make_patient("A B")))
    page.get_by_role("button", name="Firmar la entrada").click()
    expect(page.locator("#error")).to_contain_text("se unió con otra")
    expect(page.get_by_label("Evolución")).to_have_value("Control")
    assert not backstage(ClinicalRecord.objects.exists)


def test_the_ceo_says_why_and_only_reads(
    page: Page, backstage: Backstage, person: Callable[..., Membership], ana: Patient
) -> None:
    log_in(page, person(Role.CEO), path=f"/login/?next=/records/{ana.pk}/")
    assert not backstage(RecordRead.objects.exists)
    page.get_by_label("¿Por qué").fill("reclamo")
    page.get_by_role("button", name="Ver la historia").click()
    expect(page.get_by_role("heading", name="Odontograma")).to_be_visible()
    expect(page.get_by_role("button", name="Firmar la entrada")).to_have_count(0)
    read = backstage(RecordRead.objects.get)
    assert (read.role, read.what, read.why) == ("ceo", "list", "reclamo")


def test_a_secretary_finds_no_door(
    page: Page, backstage: Backstage, person: Callable[..., Membership], ana: Patient
) -> None:
    log_in(page, person(Role.SECRETARY))
    expect(page.get_by_role("link", name="Agenda")).to_be_visible()
    expect(page.get_by_role("link", name="Historias")).to_have_count(0)
    for path in ("/records/", f"/records/{ana.pk}/", f"/records/{uuid4()}/"):
        answer = page.request.get(path)
        assert answer.status == 403, path
    assert not backstage(RecordRead.objects.exists)
