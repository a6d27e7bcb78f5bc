"""A real Chromium on the served staff pages. Without one, these tests are left out, loudly.

Playwright's synchronous calls leave an event loop running in their thread, where Django refuses to
query. So the browser and the bodies of these tests have a thread of their own, and what the clinic
does meanwhile happens `backstage`, in another one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from clinics.tenancy.creation import add_member
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from dentalogic.core import relay
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.server import Served

T = TypeVar("T")
PASSWORD = "molar-premolar-canino-7"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOON = 10_000  # milliseconds


def chosen_browser() -> str | None:
    """Return the browser that set-up decided on (`DENTALOGIC_BROWSER`), or the machine's."""
    given = os.environ.get("DENTALOGIC_BROWSER", "").strip()
    if given:
        return None if given == "none" else given
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


@pytest.fixture(scope="session")
def browser_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, thread_name_prefix="browser") as thread:
        yield thread


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the body of a test that uses the browser in the browser's thread."""
    thread = pyfuncitem.funcargs.get("browser_thread")
    if not isinstance(thread, ThreadPoolExecutor):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    thread.submit(pyfuncitem.obj, **given).result()
    return True


@pytest.fixture(scope="session")
def chromium(browser_thread: ThreadPoolExecutor) -> Iterator[Browser]:
    path = chosen_browser()
    if path is None:
        pytest.skip("NO BROWSER: the staff pages are NOT tested (DENTALOGIC_BROWSER)")

    def start() -> tuple[Playwright, Browser]:
        playwright = sync_playwright().start()
        return playwright, playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )

    playwright, browser = browser_thread.submit(start).result()
    yield browser
    browser_thread.submit(browser.close).result()
    browser_thread.submit(playwright.stop).result()


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
        self(lambda: relay.drain(sinks=("realtime",)))

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
