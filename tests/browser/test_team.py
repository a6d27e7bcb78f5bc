"""Who waits for the CEO, from the badge to the first log-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinics.tenancy.models import Membership, MembershipStatus, Role
from tests.browser.conftest import Backstage, log_in

pytestmark = pytest.mark.browser


def test_the_ceo_sees_who_waits_and_lets_them_in(
    page: Page, backstage: Backstage, person: Callable[..., Membership]
) -> None:
    waiting = person(Role.SECRETARY, status=MembershipStatus.PENDING, name="Paula")
    log_in(page, person(Role.CEO))
    expect(page.locator("#pending")).to_have_text("1 pendiente")

    page.get_by_role("link", name="Equipo").click()
    row = page.get_by_role("row").filter(has_text=waiting.user.email)
    row.get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("activate")
    page.locator("button[name=index]").click()

    state = backstage(lambda: Membership.objects.get(pk=waiting.pk))
    assert state.status == MembershipStatus.ACTIVE
    page.goto("/")
    expect(page.locator("#pending")).to_have_count(0)


def test_a_secretary_is_not_shown_the_team(page: Page, person: Callable[..., Membership]) -> None:
    person(Role.SECRETARY, status=MembershipStatus.PENDING, name="Paula")
    log_in(page, person(Role.SECRETARY))
    expect(page.get_by_role("link", name="Agenda")).to_be_visible()
    expect(page.locator("#pending")).to_have_count(0)
    expect(page.get_by_role("link", name="Administración")).to_have_count(0)
