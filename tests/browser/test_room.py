"""The room as the reception uses it: from the door to the chair, live, also on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Appointment
from clinics.services.actors import Actor
from clinics.services.booking import change_status
from clinics.tenancy.models import Clinic, Membership, Role
from dentalogic.core import clock
from tests.browser.conftest import Backstage, log_in
from tests.fixtures.clinics import make_patient, make_professional, make_treatment

pytestmark = pytest.mark.browser


def set_noon(clinic: Clinic) -> None:
    """Let it be noon in the clinic: the room is a day's, and tests run around midnight too."""
    now = clock.real_now().astimezone(ZoneInfo(clinic.timezone))
    clinic.clock_offset = now.replace(hour=12, minute=0, second=30, microsecond=0) - now
    clinic.save()


def furnish() -> dict[str, Appointment]:
    """Two people whose time has come."""
    treatment = make_treatment()
    ruiz = make_professional(treatments=(treatment,))
    now = clock.now().replace(second=0, microsecond=0)
    made = {}
    for place, (name, minutes) in enumerate((("Ana Pérez", -45), ("Bruno Díaz", -10))):
        starts_at = now + timedelta(minutes=minutes)
        made[name] = Appointment.objects.create(
            patient=make_patient(name, dni=f"3011122{place}"),
            professional=ruiz,
            treatment=treatment,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            status="scheduled",
            source="staff",
        )
    return made


def test_from_the_door_to_the_chair_live_and_on_a_phone(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    backstage(lambda: set_noon(backstage.clinic))
    made = backstage(furnish)
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, person(Role.SECRETARY), path="/login/?next=/room/")
    expect(page.locator("#live")).to_have_text("en vivo")
    late = page.locator('[data-place="late"]')
    expect(late.locator(".guest")).to_have_count(2)
    expect(late).to_contain_text("Demora 10 min")

    late.locator(".guest", has_text="Bruno Díaz").get_by_role("button", name="Llegó").click()
    waiting = page.locator('[data-place="waiting"]')
    expect(waiting.locator(".guest")).to_contain_text("Espera hace 0 min")
    expect(page.locator("#said")).to_have_text("Bruno Díaz: En la sala")

    # A colleague marks the other one: the page hears of it.
    pk = made["Ana Pérez"].pk
    backstage(lambda: change_status(appointment_id=pk, to="no_show", actor=Actor.system()))
    backstage.push()
    absent = page.locator('[data-place="no_show"]')
    expect(absent.locator(".guest")).to_contain_text("Ana Pérez")
    absent.get_by_role("button", name="Deshacer").click()
    page.get_by_label("¿Por qué?").fill("llegó corriendo")
    page.get_by_role("dialog").get_by_role("button", name="Deshacer").click()
    expect(late.locator(".guest")).to_contain_text("Ana Pérez")

    waiting.get_by_role("button", name="Pasar al sillón").click()
    seated = page.locator('[data-place="in_chair"]')
    expect(seated.locator(".guest")).to_contain_text("En el sillón hace 0 min")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    seated.get_by_role("button", name="Atendido").click()
    expect(page.locator('[data-place="done"] .guest')).to_contain_text("Listo")

    row = backstage(lambda: Appointment.objects.get(pk=made["Bruno Díaz"].pk))
    assert (row.status, row.version) == ("completed", 4)
    assert row.arrived_at <= row.seated_at <= row.completed_at  # type: ignore[operator]
