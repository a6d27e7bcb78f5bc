from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC
from typing import Any

import pytest

from clinics.models import (
    Appointment,
    AppointmentStatus,
    ClinicalRecord,
    Event,
    Patient,
    Professional,
    RecordHead,
    Treatment,
)
from clinics.services.records.chain import entry_hash, is_sealed
from clinics.services.records.charts import chart, current_odontogram, odontogram_diff
from clinics.services.records.errors import NotAProfessional, PatientMerged
from clinics.services.records.writing import add_addendum, add_entry
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import DomainError, Invalid, NotFound
from tests.fixtures.clinics import NOW, make_patient, tomorrow
from tests.records.conftest import HISTORY, MOUTH, TREATED, written


def test_each_entry_holds_the_one_before(ana: Patient, doctor: Professional) -> None:
    first = written(ana, doctor, "  Control.\nSin novedad. ")
    second = written(ana, doctor, "Limpieza")
    assert (first.position, second.position) == (1, 2)
    assert first.text == "Control.\nSin novedad."
    assert first.signed_at == NOW
    assert first.signed_as == f"{doctor.display_name} (M. 12345)"
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    head = RecordHead.objects.get(patient=ana)
    assert (head.entries, head.last_hash) == (2, second.hash)
    assert is_sealed(head)


def test_the_hash_is_what_the_documentation_says(ana: Patient, doctor: Professional) -> None:
    """By hand, from the row as it is read: anybody can check a chart without this program."""
    made = add_entry(
        patient_id=ana.pk, user_id=doctor.user_id or uuid.uuid4(), kind="odontogram", content=MOUTH
    )
    row = ClinicalRecord.objects.get(pk=made.pk)
    columns = {
        "version": 1,
        "id": str(row.pk),
        "tenant_id": str(row.tenant_id),
        "patient_id": str(ana.pk),
        "professional_id": str(doctor.pk),
        "author_user_id": str(doctor.user_id),
        "position": 1,
        "kind": "odontogram",
        "addendum_to_id": None,
        "text": "",
        "content": MOUTH,
        "signed_at": row.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "signed_as": row.signed_as,
        "appointment_id": None,
        "previous_hash": "",
    }
    assert columns.keys() - {"version"} | {"hash"} == {
        field.attname for field in ClinicalRecord._meta.concrete_fields
    }, "a new column has to be hashed, under a new version"
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert row.hash == hashlib.sha256(text.encode()).hexdigest() == entry_hash(row)


def test_an_anamnesis_becomes_the_current_history(ana: Patient, doctor: Professional) -> None:
    assert doctor.user_id is not None
    version = ana.version
    entry = add_entry(patient_id=ana.pk, user_id=doctor.user_id, kind="anamnesis", content=HISTORY)
    ana.refresh_from_db()
    assert ana.medical_history == entry.content
    assert ana.medical_history["updated_by"] == str(doctor.user_id)
    assert ana.medical_history["allergies"][0]["substance"] == "penicilina"
    assert ana.version == version + 1
    event = Event.objects.latest("created_at")
    assert set(event.data) == {"id", "version", "status", "name"}, "nothing clinical in an event"


def test_addenda_hang_on_entries_of_the_same_chart(ana: Patient, doctor: Professional) -> None:
    assert doctor.user_id is not None
    entry = written(ana, doctor, "Extracción del 36")
    first = add_addendum(
        patient_id=ana.pk, record_id=entry.pk, user_id=doctor.user_id, text="Fue el 46"
    )
    second = add_addendum(
        patient_id=ana.pk, record_id=first.pk, user_id=doctor.user_id, text="Fue el 47"
    )
    assert (first.addendum_to_id, second.addendum_to_id) == (entry.pk, first.pk)
    other = written(make_patient("Luis Gómez", dni="20111222"), doctor, "Otra persona")
    before = ClinicalRecord.objects.count()
    with pytest.raises(NotFound):
        add_addendum(patient_id=ana.pk, record_id=other.pk, user_id=doctor.user_id, text="x")
    assert ClinicalRecord.objects.count() == before


def test_only_an_active_professional_signs(
    ana: Patient, doctor: Professional, in_alfa: Clinic
) -> None:
    with pytest.raises(NotAProfessional):
        add_entry(patient_id=ana.pk, user_id=uuid.uuid4(), kind="evolution", text="x")
    doctor.is_active = False
    doctor.save()
    with pytest.raises(NotAProfessional):
        written(ana, doctor, "x")
    assert not ClinicalRecord.objects.exists()
    assert not RecordHead.objects.exists()


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("evolution", {}, "text"),
        ("evolution", {"text": " \n"}, "text"),
        ("evolution", {"text": "x" * 20_001}, "text"),
        ("evolution", {"text": "a\0b"}, "text"),
        ("evolution", {"text": "x", "content": {"teeth": {}}}, "content"),
        ("odontogram", {}, "content"),
        ("odontogram", {"content": {"teeth": {"19": {}}}}, "content.teeth.19"),
        ("odontogram", {"content": {"notes": "a\0"}}, "content"),
        ("anamnesis", {}, "content"),
        ("anamnesis", {"content": {"version": 2}}, "content.version"),
        ("anamnesis", {"content": {"version": 1, "updated_by": "x"}}, "content.updated_by"),
        (
            "anamnesis",
            {"content": {"version": 1, "allergies": [{"substance": "\0"}]}},
            "content",
        ),
        ("addendum", {"text": "x"}, "kind"),
        ("nothing", {"text": "x"}, "kind"),
        ("evolution", {"text": "x", "appointment_id": uuid.uuid4()}, "appointment"),
    ],
)
def test_what_is_no_entry_is_refused(
    ana: Patient, doctor: Professional, kind: str, values: dict[str, Any], field: str
) -> None:
    assert doctor.user_id is not None
    with pytest.raises(Invalid) as refusal:
        add_entry(patient_id=ana.pk, user_id=doctor.user_id, kind=kind, **values)
    assert field in refusal.value.details["errors"]
    ana.refresh_from_db()
    assert ana.medical_history == {}
    assert not ClinicalRecord.objects.exists()


def test_an_entry_names_a_visit_of_its_patient(
    ana: Patient, doctor: Professional, cleaning: Treatment
) -> None:
    assert doctor.user_id is not None
    visits = [
        Appointment.objects.create(
            patient=patient, professional=doctor, treatment=cleaning, starts_at=tomorrow(hour),
            ends_at=tomorrow(hour, 30), status=AppointmentStatus.SCHEDULED, source="staff",
        )
        for patient, hour in ((ana, 10), (make_patient("Luis Gómez", dni="20111222"), 12))
    ]  # fmt: skip
    entry = add_entry(
        patient_id=ana.pk, user_id=doctor.user_id, kind="evolution", text="x",
        appointment_id=visits[0].pk,
    )  # fmt: skip
    assert entry.appointment_id == visits[0].pk
    with pytest.raises(Invalid):
        add_entry(
            patient_id=ana.pk, user_id=doctor.user_id, kind="evolution", text="x",
            appointment_id=visits[1].pk,
        )  # fmt: skip


def test_the_mouth_is_compared_between_visits(ana: Patient, doctor: Professional) -> None:
    assert doctor.user_id is not None
    assert current_odontogram(ana) is None
    with pytest.raises(NotFound):
        odontogram_diff(ana)
    first, second = (
        add_entry(patient_id=ana.pk, user_id=doctor.user_id, kind="odontogram", content=content)
        for content in (MOUTH, TREATED)
    )
    assert current_odontogram(ana) == second
    found = odontogram_diff(ana)
    assert (found.before, found.after) == (first, second)
    assert [(one.tooth, one.face, one.finding, one.before, one.after) for one in found.changes] == [
        (16, "O", "caries", "pending", None),
        (16, "O", "restoration", None, "done"),
        (85, None, "absent", None, "done"),
    ]
    back = odontogram_diff(ana, from_id=second.pk, to_id=first.pk)
    assert len(back.changes) == 3
    assert odontogram_diff(ana, to_id=first.pk).before is None
    text = written(ana, doctor, "x")
    with pytest.raises(Invalid):
        odontogram_diff(ana, from_id=text.pk)


def test_a_merged_patients_entries_stay_and_are_shown(ana: Patient, doctor: Professional) -> None:
    twin = make_patient("Ana Perez", dni="30111222")
    old = written(twin, doctor, "Antes de unir")
    twin.merged_into = ana
    twin.save()
    new = written(ana, doctor, "Después de unir")
    assert set(chart(ana)) == set(chart(twin)) == {old, new}
    assert (old.position, new.position) == (1, 1), "each row keeps its own chain"
    with pytest.raises(PatientMerged) as refusal:
        written(twin, doctor, "x")
    assert refusal.value.details == {"merged_into": str(ana.pk)}
    assert doctor.user_id is not None
    addendum = add_addendum(
        patient_id=ana.pk, record_id=old.pk, user_id=doctor.user_id, text="Aclaración"
    )
    assert addendum.patient_id == ana.pk
    assert isinstance(refusal.value, DomainError)
