from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import AccountingTransaction, AuditEntry, Patient, RecordRead
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.admin.conftest import Enter
from tests.fixtures.api import membership

pytestmark = pytest.mark.django_db
URL = "/admin/clinics"


def entry_of(clinic: Clinic) -> AuditEntry:
    """Let the audit note a patient's new allergy."""
    with clinic_scope(clinic):
        patient = Patient.objects.create(first_name="Nora")
        history = {"version": 1, "notes": "alergia"}
        Patient.objects.filter(pk=patient.pk).update(medical_history=history)
        return AuditEntry.objects.get(row_id=patient.pk, action="update")


def money(clinic: Clinic, count: int = 1) -> AccountingTransaction:
    by = membership(clinic, "ceo").user_id
    with clinic_scope(clinic):
        rows = [
            AccountingTransaction.objects.create(
                occurred_on=date(2026, 11, 24),
                recorded_by=by,
                kind="income",
                method="cash",
                amount=Decimal(100),
                currency="ARS",
            )
            for _ in range(count)
        ]
    return rows[0]


def test_the_audit_is_read_and_its_reading_noted(enter: Enter, alfa: Clinic) -> None:
    entry = entry_of(alfa)
    client = enter()
    listed = client.get(f"{URL}/auditentry/?table=patients&action__exact=update")
    assert str(entry.row_id) in listed.content.decode()
    assert "alergia" not in listed.content.decode()
    assert str(entry.pk) not in client.get(f"{URL}/auditentry/?table=chairs").content.decode()
    found = client.get(f"{URL}/auditentry/", {"q": f"patients:{entry.row_id}"}).content.decode()
    assert str(entry.pk) in found
    assert str(entry.pk) not in client.get(f"{URL}/auditentry/?q=nothing").content.decode()
    with clinic_scope(alfa):
        assert not RecordRead.objects.exists()
    shown = client.get(f"{URL}/auditentry/{entry.pk}/change/").content.decode()
    assert "alergia" in shown
    with clinic_scope(alfa):
        assert RecordRead.objects.get().user_id == membership(alfa, "ceo").user_id


@pytest.mark.parametrize("model", ["auditentry", "accountingtransaction"])
def test_nothing_of_it_is_changed(enter: Enter, alfa: Clinic, beta: Clinic, model: str) -> None:
    make: Any = entry_of if model == "auditentry" else money
    own, theirs = make(alfa), make(beta)
    client = enter()
    page = f"{URL}/{model}/{own.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}change/", {"amount": "1"}).status_code == 403
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{URL}/{model}/add/", {}).status_code == 403
    given = {"action": "delete_selected", "_selected_action": [str(own.pk)], "post": "yes"}
    client.post(f"{URL}/{model}/", given)
    with clinic_scope(alfa):
        assert type(own).objects.filter(pk=own.pk).exists()
    assert client.get(f"{URL}/{model}/{theirs.pk}/change/").status_code == 404
    assert str(theirs.pk) not in client.get(f"{URL}/{model}/").content.decode()


def test_there_are_no_records_in_the_admin(enter: Enter, operator: Any, alfa: Clinic) -> None:
    for model in ("clinicalrecord", "patient", "recordattachment", "recordread"):
        assert enter().get(f"{URL}/{model}/").status_code == 404
        assert operator.get(f"{URL}/{model}/").status_code == 404
    for model in ("auditentry", "appointmentchange", "accountingtransaction", "calendarstate"):
        assert operator.get(f"{URL}/{model}/").status_code == 403


def test_a_page_of_rows_names_its_people_in_one_query(enter: Enter, alfa: Clinic) -> None:
    money(alfa)
    client, page = enter(), f"{URL}/accountingtransaction/"
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    money(alfa, 40)
    with CaptureQueriesContext(connection) as many:
        assert client.get(page).status_code == 200
    assert len(many) == len(few)
