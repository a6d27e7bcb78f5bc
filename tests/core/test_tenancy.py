from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from clinics.models import Appointment, Patient, Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import NoClinic, UnknownClinic, clinic_scope, current_scope
from tests.fixtures.clinics import make_patient, make_treatment

pytestmark = pytest.mark.django_db


def test_no_clinic_is_an_error_and_never_a_default(alfa: Clinic) -> None:
    with pytest.raises(NoClinic):
        list(Patient.objects.all())
    with pytest.raises(NoClinic):
        current_scope()


def test_an_unknown_clinic_can_not_be_entered(db: None) -> None:
    with pytest.raises(UnknownClinic), clinic_scope("nowhere"):
        pytest.fail("entered")


def test_rows_of_one_clinic_are_not_seen_from_another(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        patient = make_patient()
    with clinic_scope(beta):
        assert not Patient.objects.filter(pk=patient.pk).exists()
    with clinic_scope("alfa"):
        assert Patient.objects.get().pk == patient.pk


def test_the_scope_is_restored_after_an_error(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        with pytest.raises(ValueError, match="boom"), clinic_scope(beta):
            raise ValueError("boom")
        assert current_scope().schema == "alfa"
        make_patient()
    with clinic_scope(beta):
        assert Patient.objects.count() == 0


def test_the_database_refuses_a_row_of_another_clinic(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        with pytest.raises(DatabaseError, match="treatments_tenant"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO treatments (id, tenant_id, code, name, name_key, minutes, urgent,"
                    " price_public, is_active, version)"
                    " VALUES (gen_random_uuid(), %s, 'x', 'x', 'x', 30, false, false, true, 1)",
                    [beta.pk],
                )
        assert Treatment.objects.count() == 0


def test_the_right_schema_with_the_wrong_tenant_gives_nothing(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        make_patient()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM patients WHERE tenant_id = %s", [beta.pk])
            assert cursor.fetchone() == (0,)


def test_joins_carry_tenant_equality(in_alfa: Clinic) -> None:
    joined = str(Appointment.objects.select_related("patient", "chair").query)
    assert joined.count('"tenant_id"') >= 5
    reverse = str(Patient.objects.filter(appointments__status="scheduled").query)
    assert reverse.count('"tenant_id"') >= 3


def test_a_new_thread_starts_outside_every_clinic(in_alfa: Clinic) -> None:
    seen: list[str] = []

    def look() -> None:
        try:
            seen.append(current_scope().schema)
        except NoClinic:
            seen.append("none")

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == ["none"]


def test_a_rolled_back_scope_change_is_not_remembered(alfa: Clinic, beta: Clinic) -> None:
    with clinic_scope(alfa):
        make_treatment("a", name="A")

    def undone() -> None:
        with transaction.atomic(), clinic_scope(beta):
            make_treatment("b", name="B")
            raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        undone()
    with clinic_scope(beta):
        assert not Treatment.objects.exists()
    with clinic_scope(alfa):
        assert Treatment.objects.get().code == "a"
