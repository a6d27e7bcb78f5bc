"""Whom to call again, six months after their last visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Appointment, Patient, WaitingEntry
from clinics.services.recall import patients_to_recall
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import Api, assert_problem
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment

pytestmark = pytest.mark.django_db
# Six months before Tuesday 24 November 2026, 09:00.
LIMIT = datetime.fromisoformat("2026-05-24T09:00:00-03:00")
LONG_AGO, JUST_NOW = LIMIT - timedelta(minutes=1), LIMIT


@pytest.fixture(autouse=True)
def one_day() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


class Desk:
    """Writes visits as they were."""

    def __init__(self) -> None:
        self.treatment = make_treatment()
        self.ruiz = make_professional(treatments=(self.treatment,))
        self.people = 0

    def patient(
        self,
        name: str,
        *visits: tuple[datetime, str],
    ) -> Patient:
        self.people += 1
        patient = make_patient(name, dni=f"3011{self.people:04}")
        for starts_at, status in visits:
            Appointment.objects.create(
                patient=patient,
                professional=self.ruiz,
                treatment=self.treatment,
                starts_at=starts_at + timedelta(hours=self.people),
                ends_at=starts_at + timedelta(hours=self.people, minutes=30),
                status=status,
                source="staff",
                overbooked=True,
                overbook_reason="prueba",
            )
        return patient


def names(months: int | None = None) -> list[str]:
    return [one.display_name for one in patients_to_recall(months=months).order_by("name_key")]


def test_who_is_called_again(alfa: Clinic) -> None:
    with clinic_scope(alfa):
        desk = Desk()
        year = LIMIT - timedelta(days=365)
        soon, past = NOW + timedelta(days=3), NOW - timedelta(days=9)
        desk.patient("Uno Vuelve", (year, "completed"), (year + timedelta(days=9), "completed"))
        desk.patient("Dos Ausente", (year, "completed"), (past, "no_show"), (past, "cancelled"))
        desk.patient("Tres Olvidado", (year, "completed"), (past, "scheduled"))
        desk.patient("Nueve Reciente", (year, "completed"), (past, "completed"))
        desk.patient("Nueve Con Turno", (year, "completed"), (soon, "scheduled"))
        desk.patient("Nueve Con Pedido", (year, "completed"), (soon, "pending_confirmation"))
        desk.patient("Nueve Sin Visitas", (year, "cancelled"))
        desk.patient("Nueve Nueva")
        waits = desk.patient("Nueve En Espera", (year, "completed"))
        WaitingEntry.objects.create(
            patient=waits,
            treatment=desk.treatment,
            from_day="2026-11-24",
            until_day="2026-12-24",
            source="staff",
        )
        gone = desk.patient("Nueve Fusionado", (year, "completed"))
        Patient.objects.filter(pk=gone.pk).update(merged_into=waits)
        assert names() == ["Dos Ausente", "Tres Olvidado", "Uno Vuelve"]
        assert names(60) == []
        found = patients_to_recall().get(name_key="uno vuelve")
        assert found.last_visit == year + timedelta(days=9, hours=1)  # type: ignore[attr-defined]


def test_the_limit_is_the_clinics(alfa: Clinic) -> None:
    with clinic_scope(alfa):
        desk = Desk()
        hour = timedelta(hours=1)
        desk.patient("Ana Antes", (LONG_AGO - hour, "completed"))
        desk.patient("Beto Justo", (JUST_NOW - 2 * hour, "completed"))
        assert names() == ["Ana Antes"]
        assert names(3) == ["Ana Antes", "Beto Justo"]
        alfa.settings = {"recall_months": 12}
        alfa.save()
        assert names() == []


def test_pages_by_name_with_the_telephone(api: Api, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        desk = Desk()
        for number in range(5):
            desk.patient(f"Persona {number}", (LONG_AGO - timedelta(days=9), "completed"))
    client = api("secretary")
    page = client.get("patients/recall/?limit=3").json()
    assert [one["name"] for one in page["results"]] == ["Persona 0", "Persona 1", "Persona 2"]
    assert page["results"][0]["phone"] == "+5491155550002"
    assert page["results"][0]["last_visit"].startswith("2026-05-15T")
    with CaptureQueriesContext(connection) as few:
        rest = client.get(page["next"]).json()
    assert [one["name"] for one in rest["results"]] == ["Persona 3", "Persona 4"]
    with CaptureQueriesContext(connection) as many:
        assert len(client.get("patients/recall/").json()["results"]) == 5
    assert len(many) == len(few)
    assert client.get("patients/recall/?months=24").json()["results"] == []
    assert api("ceo", beta).get("patients/recall/").json()["results"] == []
    for months in ("0", "-1", "121", "x", "1.5"):
        assert_problem(client.get("patients/recall/", {"months": months}), 400, "invalid")
