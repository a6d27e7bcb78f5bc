"""Getting in: what each refusal says, and where one ends up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinics.tenancy.models import Membership, MembershipStatus, Role
from tests.browser.conftest import log_in
from tests.fixtures.server import Served

pytestmark = pytest.mark.browser


def test_a_wrong_password_says_so_and_keeps_the_address(
    page: Page, person: Callable[..., Membership]
) -> None:
    member = person(Role.SECRETARY)
    log_in(page, member, "equivocada-123")
    expect(page.get_by_role("alert")).to_contain_text("El correo o la contraseña no son correctos.")
    expect(page.get_by_label("Correo electrónico")).to_have_value(member.user.email)
    expect(page.get_by_label("Contraseña")).to_have_value("")
    expect(page.get_by_label("Contraseña")).to_be_focused()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (MembershipStatus.PENDING, "todavía no fue activada"),
        (MembershipStatus.SUSPENDED, "está suspendida"),
    ],
)
def test_who_may_not_yet_or_no_longer_is_told(
    status: MembershipStatus, text: str, page: Page, person: Callable[..., Membership]
) -> None:
    log_in(page, person(Role.SECRETARY, status=status))
    expect(page.get_by_role("alert")).to_contain_text(text)
    page.goto("/")
    expect(page).to_have_url(re.compile("/login/"))


def test_next_leads_to_our_own_pages_only(
    page: Page, server: Served, person: Callable[..., Membership]
) -> None:
    member = person(Role.SECRETARY)
    log_in(page, member, path="/login/?next=https://evil.example/")
    expect(page).to_have_url(f"{server.url}/")
    page.goto("/login/?next=//evil.example/")
    expect(page).to_have_url(f"{server.url}/")
    page.goto("/login/?next=/%3Fday%3D2026-11-24")
    expect(page).to_have_url(f"{server.url}/?day=2026-11-24")


def test_logging_out_ends_the_session(page: Page, person: Callable[..., Membership]) -> None:
    log_in(page, person(Role.SECRETARY))
    page.locator(".me summary").click()
    page.get_by_role("button", name="Cerrar sesión").click()
    expect(page.get_by_role("status")).to_contain_text("Cerraste la sesión")
    page.goto("/")
    expect(page).to_have_url(re.compile("/login/"))


def test_a_suspension_shows_the_door(
    page: Page, backstage: object, person: Callable[..., Membership]
) -> None:
    from clinics.tenancy import gatekeeper
    from tests.browser.conftest import Backstage

    assert isinstance(backstage, Backstage)
    ceo = person(Role.CEO, name="Dora")
    member = person(Role.SECRETARY)
    log_in(page, member)
    expect(page.locator("#live")).to_have_text("en vivo")
    backstage(
        lambda: gatekeeper.suspend(
            clinic_id=member.clinic_id, membership_id=member.pk, by=ceo.user_id
        )
    )
    expect(page).to_have_url(re.compile("/login/"))
