"""An absence from the agenda's page: who has to be moved, telling them, taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Absence, Appointment, MoveRequest
from clinics.tenancy.models import Membership, Role
from tests.browser.conftest import Backstage, log_in
from tests.fixtures.clinics import make_patient, make_professional, make_treatment

pytestmark = pytest.mark.browser


def test_away_tomorrow_told_and_back_again(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    zone = ZoneInfo(backstage.clinic.timezone)
    tomorrow = datetime.now(zone).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(1)

    def furnish() -> None:
        treatment = make_treatment()
        Appointment.objects.create(
            patient=make_patient(),
            professional=make_professional(treatments=(treatment,)),
            treatment=treatment,
            starts_at=tomorrow.astimezone(UTC),
            ends_at=tomorrow.astimezone(UTC) + timedelta(minutes=30),
            status="scheduled",
            source="staff",
        )

    backstage(furnish)
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, person(Role.CEO))
    page.get_by_label("Día siguiente").click()
    expect(page.locator(".visit")).to_contain_text("Ana Pérez")
    page.get_by_role("button", name="Ausencias").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("#moves-list")).to_contain_text("Ninguno.")
    sheet.get_by_role("button", name="Anotar").click()

    expect(sheet.get_by_role("status")).to_have_text("Anotada. Hay que mover 1.")
    expect(sheet.locator("#moves-list")).to_contain_text("Ana Pérez")
    sheet.get_by_role("button", name="Avisar por WhatsApp (1)").click()
    expect(sheet.get_by_role("status")).to_contain_text("Sin WhatsApp: 1")
    sheet.get_by_role("button", name="Ya le avisé").click()
    expect(sheet.locator("#moves-list")).to_contain_text("Avisado")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    sheet.get_by_role("button", name="Quitar").click()
    expect(sheet.locator("#moves-list")).to_contain_text("Ninguno.")
    sheet.get_by_label("Hasta el día").fill("2020-01-01")
    sheet.get_by_role("button", name="Anotar").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Debe ser posterior al comienzo.")

    request = backstage(MoveRequest.objects.get)
    assert (request.settled, request.told_at is not None) == ("kept", True)
    assert not backstage(Absence.objects.exists)


def test_a_secretary_sees_who_has_to_be_moved_and_adds_no_absence(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    backstage(make_professional)
    log_in(page, person(Role.SECRETARY))
    page.get_by_role("button", name="Ausencias").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("#moves-list")).to_contain_text("Ninguno.")
    expect(sheet.get_by_role("button", name="Anotar")).to_have_count(0)
