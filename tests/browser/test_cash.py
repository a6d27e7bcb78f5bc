"""The till as the desk uses it: a payment, a mistake taken back, the count, and a late receipt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinics.models import AccountingTransaction, DailyCashFlow
from clinics.tenancy.models import Membership, Role
from tests.browser.conftest import Backstage, log_in
from tests.browser.test_room import set_noon
from tests.fixtures.clinics import make_patient

pytestmark = pytest.mark.browser


def test_the_till_from_the_first_payment_to_a_late_receipt(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    backstage(lambda: set_noon(backstage.clinic))
    backstage(make_patient)
    log_in(page, person(Role.SECRETARY))
    page.get_by_role("link", name="Caja").click()
    expect(page.get_by_text("Todavía no hay movimientos.")).to_be_visible()

    page.get_by_label("Importe (ARS)").fill("1.500,50")
    page.get_by_label("Buscar paciente").fill("ana")
    expect(page.get_by_role("combobox", name="Paciente", exact=True)).to_contain_text("Ana Pérez")
    page.get_by_role("button", name="Agregar").click()
    expect(page.locator("#said")).to_have_text("Movimiento agregado.")
    expect(page.locator("#movements tbody tr")).to_contain_text("Ana Pérez")
    expect(page.locator("#expected")).to_have_text("1.500,50 ARS")

    page.get_by_role("combobox", name="Qué").select_option("expense")
    page.get_by_label("Importe (ARS)").fill("200")
    page.get_by_role("button", name="Agregar").click()
    expect(page.locator("#expected")).to_have_text("1.300,50 ARS")
    page.get_by_role("button", name="Anular Egreso").click()
    page.get_by_role("dialog").get_by_label("¿Por qué?").fill("Era de otro día")
    page.get_by_role("dialog").get_by_role("button", name="Anular").click()
    expect(page.locator("#expected")).to_have_text("1.500,50 ARS")
    expect(page.locator("#movements tbody tr")).to_have_count(3)

    page.get_by_label("Efectivo contado").fill("1500")
    expect(page.locator("#difference")).to_have_text("Faltan 0,50.")
    page.get_by_role("button", name="Cerrar la caja").click()
    expect(page.locator("#closed")).to_contain_text("se contaron 1.500,00, diferencia -0,50")

    page.get_by_label("Importe (ARS)").fill("0,50")
    page.get_by_label("La caja está cerrada").fill("Apareció en el cajón")
    page.get_by_role("button", name="Agregar").click()
    expect(page.get_by_text("Reabierta: Apareció en el cajón")).to_be_visible()
    rows = backstage(AccountingTransaction.objects.count)
    day = backstage(DailyCashFlow.objects.get)
    assert (rows, str(day.net), day.closed_at) == (4, "1501.00", None)


def test_a_professional_is_not_shown_the_till(
    page: Page, person: Callable[..., Membership]
) -> None:
    log_in(page, person(Role.PROFESSIONAL))
    expect(page.get_by_role("link", name="Agenda")).to_be_visible()
    expect(page.get_by_role("link", name="Caja")).to_have_count(0)
    answer = page.goto("/cash/")
    assert answer is not None
    assert answer.status == 403
