"""Many who write to one chart at once: all land, one after the other, and the chain holds."""

from __future__ import annotations

import uuid

from clinics.models import ClinicalRecord, RecordHead
from clinics.services.records.verifying import verify_clinic
from clinics.services.records.writing import add_addendum, add_entry
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, make_patient, make_professional
from tests.races.racing import RACERS, race


def test_writers_to_one_chart_follow_one_another(throwaway: Clinic) -> None:
    user_id = uuid.uuid4()
    with clinic_scope(throwaway), clock.frozen(NOW):
        ana = make_patient()
        make_professional(user_id=user_id)
        first = add_entry(patient_id=ana.pk, user_id=user_id, kind="evolution", text="Control")

    def write() -> ClinicalRecord:
        return add_entry(patient_id=ana.pk, user_id=user_id, kind="evolution", text="Otra")

    def correct() -> ClinicalRecord:
        return add_addendum(
            patient_id=ana.pk, record_id=first.pk, user_id=user_id, text="Aclaración"
        )

    written = race(throwaway, NOW, [write, correct] * (RACERS // 2))
    assert all(isinstance(one, ClinicalRecord) for one in written), written
    with clinic_scope(throwaway):
        positions = ClinicalRecord.objects.order_by("position").values_list("position", flat=True)
        assert list(positions) == list(range(1, RACERS + 2))
        assert RecordHead.objects.get().entries == RACERS + 1
        assert verify_clinic().findings == ()
