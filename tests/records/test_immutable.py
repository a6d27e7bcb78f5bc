"""Nobody changes or removes: the database says no, to the owner of the tables too."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from clinics.models import ClinicalRecord, Patient, Professional, RecordHead
from clinics.services.records.reads import note_read
from clinics.tenancy.models import Clinic
from tests.records.conftest import written


@pytest.mark.parametrize("table", ["clinical_records", "record_reads", "record_heads"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id WHERE tenant_id = %s",
                                       "DELETE FROM {} WHERE tenant_id = %s"])  # fmt: skip
def test_rows_stay(
    ana: Patient, doctor: Professional, in_alfa: Clinic, table: str, statement: str
) -> None:
    assert doctor.user_id is not None
    written(ana, doctor, "Control")
    note_read(patient=ana, user_id=doctor.user_id, role="professional", what="list")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table), [in_alfa.pk])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [in_alfa.pk])
        assert cursor.fetchone()[0] == 1


def test_a_head_moves_by_one(ana: Patient, doctor: Professional) -> None:
    written(ana, doctor, "Control")
    for entries in (0, 1, 3):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            RecordHead.objects.update(entries=entries)
    assert RecordHead.objects.get().entries == 1
    assert ClinicalRecord.objects.count() == 1
