"""The staff pages in a browser, and what the clinic does meanwhile: `backstage`, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from clinics.tenancy.creation import add_member
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from dentalogic.core import relay
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.server import Served

T = TypeVar("T")
PASSWORD = "molar-premolar-canino-7"
SOON = 10_000  # milliseconds


class Backstage:
    """Does what happens in the clinic while somebody looks at the page."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.pool = ThreadPoolExecutor(1)

    def __call__(self, work: Callable[[], T]) -> T:
        def run() -> T:
            with clinic_scope(self.clinic):
                return work()

        return self.pool.submit(run).result(60)

    def push(self) -> None:
        """Deliver what is owed to the sockets, as the worker would."""
        assert self(lambda: relay.drain(sinks=("realtime",))) > 0

    def close(self) -> None:
        self.pool.submit(lambda: connection.close()).result(10)  # noqa: PLW0108  # of that thread
        self.pool.shutdown()


@pytest.fixture
def backstage(throwaway: Clinic, chromium: Browser) -> Iterator[Backstage]:
    stage = Backstage(throwaway)
    yield stage
    stage.close()


@pytest.fixture
def person(backstage: Backstage) -> Callable[..., Membership]:
    """Add people to the clinic, with a password and in any state."""

    def make(
        role: Role, *, status: MembershipStatus = MembershipStatus.ACTIVE, name: str = "Laura"
    ) -> Membership:
        def add() -> Membership:
            user = User.objects.create_user(
                f"{name.lower()}@{backstage.clinic.schema_name}.test",
                PASSWORD,
                first_name=name,
                last_name="Sonrisa",
            )
            return add_member(backstage.clinic, user, role, status=status)

        return backstage(add)

    return make


@pytest.fixture
def page(chromium: Browser, server: Served, browser_thread: ThreadPoolExecutor) -> Iterator[Page]:
    """A page whose scripts may not fail and that may not break its own content policy."""
    broken: list[str] = []

    def heard(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            broken.append(line.text)

    def new() -> Page:
        context = chromium.new_context(
            base_url=server.url,
            locale="es-AR",
            # Not the clinic's: the page must show the clinic's hours.
            timezone_id="Europe/Madrid",
            viewport={"width": 1280, "height": 800},
        )
        context.set_default_timeout(SOON)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", heard)
        return page

    page = browser_thread.submit(new).result()
    yield page
    browser_thread.submit(page.context.close).result()
    assert broken == []


def log_in(
    page: Page, membership: Membership, password: str = PASSWORD, path: str = "/login/"
) -> None:
    page.goto(path)
    page.get_by_label("Correo electrónico").fill(membership.user.email)
    page.get_by_label("Contraseña").fill(password)
    page.get_by_role("button", name="Ingresar").click()


expect.set_options(timeout=SOON)
