from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import Patient
from clinics.tenancy.models import Clinic
from dentalogic.core.clock import real_now
from dentalogic.core.models import ClinicPatch, OutboxMessage
from dentalogic.core.tenancy import clinic_scope
from tests.admin.conftest import Enter

pytestmark = pytest.mark.django_db
PAGE = "/admin/health/"


def row_of(page: str, schema: str) -> str:
    return page.split(f'data-clinic="{schema}"', 1)[1].split("</tr>", 1)[0]


def test_the_operator_sees_how_clinics_do(operator: Any, alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        Patient.objects.create(first_name="Nora", last_name="Privada")
    well = row_of(operator.get(PAGE).content.decode(), "alfa")
    assert 'data-well="yes"' in well
    assert "al día" in well
    assert "3 activos" in well
    now = real_now()
    given = {"clinic_id": alfa.pk, "sink": "google", "topic": "appointment.calendar"}
    OutboxMessage.objects.create(**given, dead_at=now, last_error="PermanentFailure")
    OutboxMessage.objects.create(**given, last_error="OSError")
    OutboxMessage.objects.create(
        clinic_id=alfa.pk, sink="ingest", topic="inbox.received", done_at=now
    )
    ClinicPatch.objects.filter(schema_name="beta").latest("id").delete()
    Clinic.objects.filter(pk=beta.pk).update(frozen_at=now, is_active=False)
    page = operator.get(PAGE).content.decode()
    ill = row_of(page, "alfa")
    assert 'data-well="no"' in ill
    assert "1 en espera, 1 fallando, 1 muertas" in ill
    assert "2 escrituras fallan" in ill
    assert "Congelada" in row_of(page, "beta")
    assert "Privada" not in page


def test_fifty_clinics_cost_what_two_do(operator: Any, alfa: Clinic, beta: Clinic) -> None:
    operator.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        operator.get(PAGE)
    Clinic.objects.bulk_create(
        Clinic(schema_name=f"many{n}", name=f"Muchas {n:02}") for n in range(48)
    )
    with CaptureQueriesContext(connection) as many:
        page = operator.get(PAGE).content.decode()
    assert page.count("data-clinic=") == 50
    # One more: with clinics behind, what each of them had is read, of all in one statement.
    assert len(many) <= len(few) + 1 < 20


def test_nobody_else_sees_it(enter: Enter) -> None:
    assert enter().get(PAGE).status_code == 403
    assert enter("secretary").get(PAGE, follow=True).status_code == 403
