"""The doors of the staff pages, without a browser: who is sent where, and with which headers."""

from __future__ import annotations

from datetime import date, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinics.models import Appointment, Closure, Patient, Professional, Treatment
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import (
    Clinic,
    LoginPause,
    Membership,
    MembershipStatus,
    Role,
    User,
)
from clinics.tenancy.pauses import account_key
from dentalogic.core.clock import real_now
from dentalogic.core.tenancy import clinic_scope, no_scope
from tests.fixtures.clinics import NOW, make_professional, tomorrow
from tests.fixtures.template import PASSWORD

pytestmark = pytest.mark.django_db
TOMORROW = "/agenda/data/?day=2026-11-25"


def stranger() -> Client:
    """A browser at an address of its own: attempts are counted by address."""
    return Client(REMOTE_ADDR=str(ip_address(uuid4().int % 2**24 + (10 << 24))))


def enter(
    who: str, clinic: str = "alfa", password: str = PASSWORD, **more: str
) -> tuple[Client, Any]:
    client = stranger()
    with no_scope():
        answer = client.post(
            "/login/", {"email": f"{who}@{clinic}.test", "password": password, **more}
        )
    return client, answer


def get(client: Client, path: str) -> Any:
    with no_scope():
        return client.get(path)


def booked(
    professional: Professional, patient: Patient, treatment: Treatment, **more: Any
) -> Appointment:
    fields = {"status": "scheduled", "source": "staff", **more}
    return Appointment.objects.create(
        patient=patient,
        professional=professional,
        treatment=treatment,
        starts_at=fields.pop("starts_at", tomorrow(9)),
        ends_at=fields.pop("ends_at", tomorrow(9, 30)),
        **fields,
    )


def test_a_stranger_is_sent_to_the_log_in_and_scripts_get_a_problem(alfa: Clinic) -> None:
    answer = get(Client(), "/?day=2026-11-25")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=%2F%3Fday%3D2026-11-25")
    answer = get(Client(), TOMORROW)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.parametrize("path", ["/login/", "/"])
def test_pages_carry_a_strict_content_policy_and_are_kept_nowhere(path: str, alfa: Clinic) -> None:
    client = Client() if path == "/login/" else enter("ceo")[0]
    answer = get(client, path)
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert "style=" not in text
    assert "onclick=" not in text


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/?day=2026-11-25", "/?day=2026-11-25"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_next_is_followed_to_our_own_host_only(wanted: str, reached: str, alfa: Clinic) -> None:
    _, answer = enter("secretary", next=wanted)
    assert (answer.status_code, answer["Location"]) == (302, reached)


def test_the_operator_goes_to_the_admin(alfa: Clinic) -> None:
    User.objects.create_superuser("operator@platform.test", PASSWORD)
    client = stranger()
    with no_scope():
        answer = client.post("/login/", {"email": "operator@platform.test", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert get(client, "/")["Location"] == "/admin/"
    assert get(client, TOMORROW).status_code == 401


def test_guessing_is_slowed_down(alfa: Clinic) -> None:
    client = stranger()
    # Another e-mail is another count, whichever test ran before.
    email = f"{uuid4().hex}@alfa.test"
    User.objects.filter(email="ceo@alfa.test").update(email=email)

    def attempt(password: str) -> Any:
        with no_scope():
            return client.post("/login/", {"email": email, "password": password})

    assert attempt("equivocada").status_code == 401
    # Fourteen failures, and a pause that outlasts a slow machine.
    LoginPause.objects.filter(key=account_key(email)).update(
        failures=14, wait_until=real_now() + timedelta(minutes=10)
    )
    answer = attempt(PASSWORD)
    assert answer.status_code == 429
    assert "Demasiados intentos" in answer.content.decode()
    assert get(client, "/").status_code == 302
    assert enter("secretary")[1].status_code == 302


def test_who_works_in_two_clinics_chooses_and_cannot_choose_a_third(
    alfa: Clinic, beta: Clinic
) -> None:
    user = User.objects.get(email="secretary@alfa.test")
    User.objects.filter(pk=user.pk).update(last_clinic=None)
    add_member(beta, user, Role.SECRETARY, status=MembershipStatus.ACTIVE)
    client, answer = enter("secretary")
    assert "¿En qué clínica trabajás ahora?" in answer.content.decode()
    with no_scope():
        assert client.post("/clinics/", {"clinic": "beta"})["Location"] == "/"
        assert "Clínica Beta" in client.get("/").content.decode()
        assert client.post("/clinics/", {"clinic": "public"}).status_code == 403
        Membership.objects.filter(user=user, clinic=alfa).update(status="suspended")
        assert client.post("/clinics/", {"clinic": "alfa"}).status_code == 403
        assert "Clínica Beta" in client.get("/").content.decode()


def test_logging_out_is_by_post_alone(alfa: Clinic) -> None:
    client, _ = enter("ceo")
    assert get(client, "/logout/").status_code == 405
    assert get(client, "/").status_code == 200
    with no_scope():
        client.post("/logout/")
    assert get(client, "/").status_code == 302


def test_the_day_shows_what_the_reader_may_see(
    in_alfa: Clinic, ruiz: Professional, ana: Patient, cleaning: Treatment
) -> None:
    gomez = make_professional("Julián Gómez", treatments=(cleaning,))
    mine = booked(ruiz, ana, cleaning)
    booked(gomez, ana, cleaning, starts_at=tomorrow(11), ends_at=tomorrow(12))
    member = Membership.objects.get(clinic=in_alfa, role="professional")
    Professional.objects.filter(pk=ruiz.pk).update(user_id=member.user_id)

    everything = get(enter("secretary")[0], TOMORROW).json()
    own = get(enter("professional")[0], TOMORROW).json()
    elsewhere = get(enter("ceo", "beta")[0], TOMORROW).json()

    assert len(everything["professionals"]) == len(everything["appointments"]) == 2
    assert [one["id"] for one in own["appointments"]] == [str(mine.pk)]
    assert [one["id"] for one in own["professionals"]] == [str(ruiz.pk)]
    assert elsewhere["professionals"] == elsewhere["appointments"] == []
    first = everything["appointments"][0]
    assert (first["starts_at"], first["status_text"]) == ("2026-11-25T09:00:00", "Agendado")
    assert [step["to"] for step in first["steps"]] == [
        *("confirm", "arrive", "complete", "cancel", "no-show")
    ]
    assert "30111222" not in str(everything)
    assert "+5491155550002" not in str(everything)


def test_a_professional_without_a_row_sees_nothing(
    in_alfa: Clinic, ruiz: Professional, ana: Patient, cleaning: Treatment
) -> None:
    booked(ruiz, ana, cleaning)
    day = get(enter("professional")[0], TOMORROW).json()
    assert day["professionals"] == day["appointments"] == []


def test_holds_say_when_and_not_who_and_end(
    in_alfa: Clinic, ruiz: Professional, ana: Patient, cleaning: Treatment
) -> None:
    for start, expires in ((9, NOW + timedelta(minutes=5)), (10, NOW - timedelta(minutes=5))):
        booked(
            *(ruiz, ana, cleaning),
            status="held",
            hold_expires_at=expires,
            conversation_id=uuid4(),
            starts_at=tomorrow(start),
            ends_at=tomorrow(start, 30),
        )
    answer = get(enter("secretary")[0], TOMORROW)
    day = answer.json()
    assert [one["starts_at"] for one in day["holds"]] == ["2026-11-25T09:00:00"]
    assert day["appointments"] == []
    assert "Ana" not in answer.content.decode()


def test_a_closed_day_says_why(in_alfa: Clinic) -> None:
    client, _ = enter("secretary")
    assert get(client, TOMORROW).json()["closed"] == ""
    assert get(client, "/agenda/data/?day=2026-12-25").json()["closed"] == "Feriado"
    with clinic_scope(in_alfa):
        one_day = {"starts_on": date(2026, 12, 25), "ends_on": date(2026, 12, 25)}
        Closure.objects.create(name="Guardia", opens=True, **one_day)
    assert get(client, "/agenda/data/?day=2026-12-25").json()["closed"] == ""


@pytest.mark.parametrize("day", ["mañana", "2026-13-01", "9999-12-31", "0001-01-01", "%00"])
def test_an_impossible_day_is_a_problem_for_scripts_and_today_for_people(
    day: str, in_alfa: Clinic
) -> None:
    client, _ = enter("secretary")
    assert get(client, f"/agenda/data/?day={day}").status_code == 400
    assert get(client, f"/?day={day}").status_code == 200


def test_a_full_day_costs_as_many_statements_as_an_empty_one(
    in_alfa: Clinic, ruiz: Professional, ana: Patient, cleaning: Treatment
) -> None:
    client, _ = enter("secretary")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            get(client, TOMORROW)
        return sum(not one["sql"].startswith("SET search_path") for one in seen)

    empty = statements()
    for hour in range(9, 17):
        booked(ruiz, ana, cleaning, starts_at=tomorrow(hour), ends_at=tomorrow(hour, 30))
    assert statements() == empty
