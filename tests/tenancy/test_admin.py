from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from clinics.tenancy import gatekeeper
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import (
    Clinic,
    Line,
    Membership,
    MembershipStatus,
    QuarantinedItem,
    Role,
    User,
)
from dentalogic.core.models import OutboxMessage
from tests.fixtures.api import assert_problem, credentials, membership

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/tenancy/membership/"


def browser(role: str = "ceo", schema: str = "alfa") -> Browser:
    """Log in through the page, as a person does."""
    client = Browser()
    response = client.post("/login/", credentials(role, schema))
    assert response.status_code == 302, response.content
    return client


@pytest.fixture
def operator(db: None) -> Browser:
    user = User.objects.create_superuser("op@platform.test", first_name="O", last_name="P")
    client = Browser()
    client.force_login(user)
    return client


@pytest.fixture
def asked(alfa: Clinic) -> Membership:
    user = User.objects.create_user("nueva@alfa.test", first_name="Nueva", last_name="Persona")
    return add_member(alfa, user, Role.SECRETARY)


def test_the_front_door(nothing_counted: None, alfa: Clinic) -> None:
    closed = Browser().get("/admin/", follow=True)
    assert closed.redirect_chain[-1][0].startswith("/login/?next=")
    assert browser("ceo").get("/admin/").status_code == 200
    for role in ("secretary", "professional"):
        refused = browser(role).get("/admin/", follow=True)
        assert_problem(refused, 403, "not-allowed")
        assert_problem(browser(role).get(MEMBERS, follow=True), 403, "not-allowed")


def test_a_suspended_ceo_is_out_at_once(nothing_counted: None, alfa: Clinic) -> None:
    client = browser("ceo")
    Membership.objects.filter(clinic=alfa, role="ceo").update(status=MembershipStatus.SUSPENDED)
    assert client.get("/admin/").status_code == 302
    assert "sessionid" not in client.cookies or not client.session.get("_auth_user_id")


def test_a_ceo_sees_their_own_clinics_members(
    nothing_counted: None, asked: Membership, beta: Clinic
) -> None:
    client = browser("ceo")
    page = client.get(f"{MEMBERS}?status__exact=pending").content.decode()
    assert "nueva@alfa.test" in page
    assert "beta.test" not in client.get(MEMBERS).content.decode()
    assert "beta.test" not in client.get("/admin/tenancy/user/").content.decode()
    foreign = membership(beta, "secretary")
    assert client.get(f"{MEMBERS}{foreign.pk}/change/").status_code == 404
    assert client.get(f"/admin/tenancy/user/{foreign.user_id}/change/").status_code == 404
    assert client.get(f"{MEMBERS}{asked.pk}/change/").status_code == 200
    assert client.get(f"/admin/tenancy/clinic/{beta.pk}/change/").status_code == 404


@pytest.mark.parametrize(("action", "status"), [("activate", "active"), ("suspend", "suspended")])
def test_the_bulk_actions_are_the_same_service(
    nothing_counted: None, asked: Membership, beta: Clinic, action: str, status: str
) -> None:
    foreign = membership(beta, "secretary")
    Membership.objects.filter(pk=foreign.pk).update(status="pending")
    given = {"action": action, "_selected_action": [str(asked.pk), str(foreign.pk)]}
    assert browser("ceo").post(MEMBERS, given).status_code == 302
    asked.refresh_from_db()
    foreign.refresh_from_db()
    assert asked.status == status
    assert foreign.status == "pending"
    noted = LogEntry.objects.get()
    assert (noted.object_id, noted.object_repr) == (str(asked.pk), str(asked.pk))


@pytest.mark.parametrize("page", ["membership", "user", "clinic"])
def test_what_must_not_change_is_read_only(nothing_counted: None, alfa: Clinic, page: str) -> None:
    ceo = membership(alfa, "ceo")
    row = {"membership": ceo.pk, "user": ceo.user_id, "clinic": alfa.pk}[page]
    client = browser("ceo")
    assert client.post(f"/admin/tenancy/{page}/add/", {}).status_code == 403
    assert client.post(f"/admin/tenancy/{page}/{row}/delete/", {"post": "yes"}).status_code == 403
    if page != "clinic":
        changed = client.post(f"/admin/tenancy/{page}/{row}/change/", {"status": "pending"})
        assert changed.status_code == 403
    assert Membership.objects.filter(pk=ceo.pk, status="active").exists()


def test_the_mailed_link_still_asks_for_the_ceo(
    nothing_counted: None, asked: Membership, beta: Clinic
) -> None:
    url = f"/admin/activation/{gatekeeper.activation_token(asked)}/"
    assert Browser().post(url).status_code == 302
    assert_problem(browser("secretary").post(url, follow=True), 403, "not-allowed")
    assert_problem(browser("ceo", "beta").post(url), 404, "link-used")
    asked.refresh_from_db()
    assert asked.status == "pending"
    client = browser("ceo")
    assert "nueva@alfa.test" in client.get(url).content.decode()
    asked.refresh_from_db()
    assert asked.status == "pending"
    assert client.post(url).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "active"
    assert_problem(client.post(url), 404, "link-used")


def test_the_operator_sees_the_plumbing_without_content(operator: Browser, alfa: Clinic) -> None:
    item = QuarantinedItem.objects.create(
        provider="meta", reason="unknown_number", digest="d", body="me duele una muela"
    )
    Line.objects.filter(clinic=alfa).update(app_secret="line-secret-of-alfa")
    stuck = OutboxMessage.objects.create(
        clinic_id=alfa.pk, topic="t", sink="mail", last_error="TimeoutError"
    )
    OutboxMessage.objects.create(clinic_id=alfa.pk, topic="fine", sink="mail")
    assert operator.get("/admin/").status_code == 200
    for page in ("tenancy/quarantineditem", "tenancy/line", "core/outboxmessage"):
        assert operator.get(f"/admin/{page}/").status_code == 200
    shown = operator.get(f"/admin/tenancy/quarantineditem/{item.pk}/change/").content.decode()
    assert "unknown_number" in shown
    assert "muela" not in shown
    line = Line.objects.get(clinic=alfa)
    shown = operator.get(f"/admin/tenancy/line/{line.pk}/change/").content.decode()
    assert line.external_id in shown
    assert "secret" not in shown
    listed = operator.get("/admin/core/outboxmessage/").content.decode()
    assert f"/{stuck.pk}/change/" in listed
    assert ">fine<" not in listed
    assert operator.get(MEMBERS).status_code == 403
    assert operator.get("/admin/tenancy/user/").status_code == 403


def test_the_quarantine_is_not_the_ceos(nothing_counted: None, alfa: Clinic) -> None:
    assert browser("ceo").get("/admin/tenancy/quarantineditem/").status_code == 403


def test_a_ceo_sees_their_own_line_without_its_secrets(
    nothing_counted: None, alfa: Clinic, beta: Clinic
) -> None:
    Line.objects.all().update(app_secret="line-secret", access_token="line-secret")
    own, theirs = Line.objects.get(clinic=alfa), Line.objects.get(clinic=beta)
    client = browser("ceo")
    listed = client.get("/admin/tenancy/line/").content.decode()
    shown = client.get(f"/admin/tenancy/line/{own.pk}/change/").content.decode()
    assert own.phone in listed
    assert theirs.phone not in listed
    assert "line-secret" not in listed + shown
    assert client.get(f"/admin/tenancy/line/{theirs.pk}/change/").status_code == 404
    assert client.post(f"/admin/tenancy/line/{own.pk}/change/", {}).status_code == 403


def test_no_link_logs_out_of_the_admin(nothing_counted: None, alfa: Clinic) -> None:
    client = browser("ceo")
    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").headers["Location"] == "/login/"
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("page", ["x", "0", "-1", "99", "1.5", "٣x", ""])
def test_a_page_of_the_search_that_there_is_not(
    nothing_counted: None, alfa: Clinic, page: str
) -> None:
    client = browser("ceo")
    assert client.get("/admin/search/?s=equipo").status_code == 200
    answer = client.get("/admin/search/", {"s": "equipo", "page": page})
    assert_problem(answer, 404, "not-found")
    assert client.get("/admin/search/", {"page": page}).status_code == 200


def test_csrf_is_a_problem_document(alfa: Clinic) -> None:
    client = Browser(enforce_csrf_checks=True)
    assert_problem(client.post("/login/", credentials()), 403, "csrf-failed")


def test_a_session_reaches_the_api_with_csrf_alone(nothing_counted: None, alfa: Clinic) -> None:
    client = browser("ceo")
    assert client.get("/api/v1/auth/me/").json()["role"] == "ceo"
    other = client.get("/api/v1/auth/me/", headers={"X-Clinic": "beta"})
    assert_problem(other, 409, "clinic-switched")
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    given = {"name": "OSDE"}
    refused = strict.post("/api/v1/insurers/", given, content_type="application/json")
    assert_problem(refused, 403, "not-allowed")


@pytest.fixture
def opened() -> Callable[..., Any]:
    """Run `create_clinic` and return what it printed."""

    def run(*words: str) -> str:
        from io import StringIO

        out = StringIO()
        call_command("create_clinic", *words, stdout=out)
        return out.getvalue()

    return run


def test_create_clinic_gives_the_ceo_a_link_good_once(
    db: None, nothing_counted: None, opened: Callable[..., str]
) -> None:
    said = opened("Sonrisas del Sur", "--ceo-email", "Jefa@sur.test")
    clinic = Clinic.objects.get(schema_name="sonrisas_del_sur")
    ceo = Membership.objects.get(clinic=clinic)
    assert (ceo.role, ceo.status, ceo.activated_by) == ("ceo", "active", None)
    found = re.search(r"http://\S+/password/\S+", said)
    assert found is not None
    assert found[0] in str(mail.outbox[0].body)
    client = Browser()
    path = "/" + found[0].split("/", 3)[3]
    form = client.get(path)
    assert form.status_code == 302
    new = {"new_password1": "una-clave-nueva-33", "new_password2": "una-clave-nueva-33"}
    assert client.post(form.headers["Location"], new).status_code == 302
    assert (
        client.post("/login/", {"email": "jefa@sur.test", "password": "x" * 12}).status_code == 401
    )
    entered = client.post("/login/", {"email": "jefa@sur.test", "password": "una-clave-nueva-33"})
    assert entered.status_code == 302
    assert "venció" in Browser().get(path).content.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("X", "--ceo-email", "nope"),
        ("", "--ceo-email", "a@b.test"),
        ("X", "--ceo-email", "a@b.test", "--timezone", "Mars/Olympus"),
        ("X", "--ceo-email", "a@b.test", "--schema", "public"),
        ("X", "--ceo-email", "a@b.test", "--schema", "alfa"),
        ("X", "--ceo-email", "a@b.test", "--country", "Argentina"),
    ],
)
def test_create_clinic_refuses_a_wrong_use(
    alfa: Clinic, opened: Callable[..., str], words: tuple[str, ...]
) -> None:
    before = Clinic.objects.count()
    with pytest.raises(CommandError) as refused:
        opened(*words)
    assert refused.value.returncode == 2
    assert Clinic.objects.count() == before
    assert not User.objects.filter(email="a@b.test").exists()
