from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from clinics.models import Appointment, Patient, Professional
from clinics.tenancy.models import Clinic, Membership, User
from dentalogic.core import clock
from dentalogic.core.models import OutboxMessage
from dentalogic.core.tenancy import clinic_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty(db: None, settings: Any, tmp_path: Path) -> Path:
    """A deployment without clinics: those of the template are put aside until the rollback."""
    from clinics.tenancy.models import Line

    Membership.objects.all().delete()
    Line.objects.all().delete()
    Clinic.objects.all()._raw_delete("default")
    settings.HOME = tmp_path
    return tmp_path


def test_the_demo_opens_a_clinic_with_people_agenda_and_history(empty: Path) -> None:
    call_command("load_demo", verbosity=0)
    clinic = Clinic.objects.get()
    assert clinic.name == "Clínica Dental Sonrisas"
    with clinic_scope(clinic):
        now = clock.now()
        assert Professional.objects.count() == 2
        assert Appointment.objects.filter(starts_at__lt=now - timedelta(days=14)).count() > 20
        ahead = Appointment.objects.filter(starts_at__gt=now)
        assert ahead.count() > 20
        assert Patient.objects.count() == 90
        owed = OutboxMessage.objects.filter(topic="appointment.calendar").count()
        assert owed == ahead.count()


def test_the_log_ins_work_and_only_their_owner_can_read_them(empty: Path) -> None:
    call_command("load_demo", verbosity=0)
    file = empty / "demo.json"
    assert file.stat().st_mode & 0o777 == 0o600
    logins = json.loads(file.read_text())["logins"]
    assert len(logins) == 5
    for login in logins:
        assert User.objects.get(email=login["email"]).check_password(login["password"])
    assert Membership.objects.filter(status="pending").count() == 1


def test_a_second_load_changes_nothing(empty: Path) -> None:
    call_command("load_demo", verbosity=0)
    before = (empty / "demo.json").read_text()
    call_command("load_demo", verbosity=0)
    assert Clinic.objects.count() == 1
    assert (empty / "demo.json").read_text() == before
    assert [file.name for file in empty.iterdir()] == ["demo.json"]
