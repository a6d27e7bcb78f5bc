from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from clinics.tenancy import preferences
from clinics.tenancy.models import Clinic
from clinics.tenancy.settings_form import CHOICES, SECTIONS, WORDS, setting_fields
from clinics.tenancy.settings_schema import ClinicSettings
from tests.admin.conftest import Enter

pytestmark = pytest.mark.django_db


def page(clinic: Clinic) -> str:
    return f"/admin/tenancy/clinic/{clinic.pk}/change/"


def filled(clinic: Clinic, **more: Any) -> dict[str, Any]:
    """What the form sends when nobody touched it, and `more`."""
    now = clinic.preferences.model_dump()
    sent = {name: "" if value is None else str(value) for name, value in now.items()}
    sent |= {"name": clinic.name, "language": "es", "calendar_provider": "local", "holidays": "on"}
    return sent | {"mark": preferences.seen(clinic)} | more


def test_every_setting_has_words_a_section_and_a_field() -> None:
    names = set(ClinicSettings.model_fields)
    assert set(WORDS) == names == set(setting_fields())
    assert sorted(name for _, section in SECTIONS for name in section) == sorted(names)
    offered = ClinicSettings.model_json_schema()["properties"]["tone"]["enum"]
    assert [value for value, _ in CHOICES["tone"]] == offered


def test_settings_are_saved_by_name(enter: Enter, alfa: Clinic) -> None:
    client = enter()
    shown = client.get(page(alfa)).content.decode()
    assert "Minutos que se reserva un turno sin confirmar" in shown
    assert "De 1 a 60." in shown
    given = filled(alfa, hold_minutes="20", tone="formal", quiet_seconds="2.5", name="Otra")
    answer = client.post(page(alfa), given)
    assert answer.status_code == 302, answer.content
    alfa.refresh_from_db()
    assert alfa.settings == {"hold_minutes": 20, "tone": "formal", "quiet_seconds": 2.5}
    assert (alfa.name, alfa.schema_name) == ("Otra", "alfa")
    assert LogEntry.objects.get().object_repr == str(alfa.pk)
    back = client.post(page(alfa), filled(alfa, hold_minutes="10", holidays="", quiet_seconds=""))
    assert back.status_code == 302
    alfa.refresh_from_db()
    assert (alfa.preferences.hold_minutes, alfa.preferences.holidays) == (10, False)
    assert alfa.preferences.quiet_seconds is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hold_minutes": "0"},
        {"hold_minutes": ""},
        {"hold_minutes": "x"},
        {"keep_records_years": "9"},
        {"currency": "pesos"},
        {"tone": "rude"},
        {"agent_instructions": "x" * 4001},
        {"quiet_seconds": "inf"},
        {"language": "de"},
        {"calendar_provider": "outlook"},
        {"name": ""},
        {"mark": ""},
        {"mark": "0" * 16},
    ],
)
def test_a_wrong_setting_changes_nothing(enter: Enter, alfa: Clinic, wrong: dict[str, str]) -> None:
    answer = enter().post(page(alfa), filled(alfa, granularity_minutes="30", **wrong))
    assert answer.status_code == 200
    alfa.refresh_from_db()
    assert alfa.settings == {}
    assert not LogEntry.objects.exists()


def test_settings_of_a_form_that_is_older_than_a_change(enter: Enter, alfa: Clinic) -> None:
    client, given = enter(), filled(alfa, hold_minutes="20")
    alfa.settings = {"hold_minutes": 30}
    alfa.save()
    answer = client.post(page(alfa), given)
    assert "Otra persona lo cambió" in answer.content.decode()
    alfa.refresh_from_db()
    assert alfa.settings == {"hold_minutes": 30}


def test_another_clinics_settings_do_not_exist(enter: Enter, alfa: Clinic, beta: Clinic) -> None:
    client = enter()
    assert client.get(page(beta)).status_code == 404
    assert client.post(page(beta), filled(beta, hold_minutes="20")).status_code == 404
    beta.refresh_from_db()
    assert beta.settings == {}


def test_the_operator_reads_and_changes_nothing(operator: Any, alfa: Clinic) -> None:
    shown = operator.get(page(alfa))
    assert shown.status_code == 200
    assert "agent_instructions" not in shown.content.decode()
    assert operator.post(page(alfa), filled(alfa, hold_minutes="20")).status_code == 403
    alfa.refresh_from_db()
    assert alfa.settings == {}
