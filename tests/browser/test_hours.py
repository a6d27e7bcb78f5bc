"""A CEO writes a professional's week in the admin, as a person does."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Professional
from clinics.tenancy.models import Membership, Role
from tests.browser.conftest import Backstage, log_in

pytestmark = pytest.mark.browser
MORNING = [{"start": "09:00", "end": "13:00"}]


def test_blocks_are_added_refused_and_removed(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    row = backstage(
        lambda: Professional.objects.create(
            first_name="Ana", last_name="Paz", name_key="ana paz", working_hours={"0": MORNING}
        )
    )
    log_in(page, person(Role.CEO))
    page.get_by_role("link", name="Equipo").wait_for()
    page.goto("/admin/")
    expect(page.locator("#setup")).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/setup.png", full_page=True)
    page.goto(f"/admin/clinics/professional/{row.pk}/change/")
    monday = page.locator("[data-day='0']")
    monday.locator("[data-add]").click()
    page.get_by_label("Lunes: desde").nth(1).fill("12:00")
    page.get_by_label("Lunes: hasta").nth(1).fill("18:00")
    page.locator("button[name=_save]").first.click()
    expect(monday.get_by_role("alert")).to_contain_text("Se superpone")
    if folder:
        page.screenshot(path=f"{folder}/hours.png", full_page=True)

    page.get_by_label("Lunes: desde").nth(1).fill("14:00")
    page.get_by_label("Martes: desde").fill("08:30")
    page.get_by_label("Martes: hasta").fill("12:00")
    monday.locator("[data-remove]").first.click()
    page.locator("button[name=_save]").first.click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    saved = backstage(lambda: Professional.objects.get(pk=row.pk))
    assert saved.working_hours == {
        "0": [{"start": "14:00", "end": "18:00"}],
        "1": [{"start": "08:30", "end": "12:00"}],
    }
    assert saved.version == 2
