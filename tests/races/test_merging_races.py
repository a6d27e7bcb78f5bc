"""Merging against what others do to the same people at that moment."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from clinics.models import Appointment, Guardian, Patient, Source
from clinics.services.actors import Actor
from clinics.services.booking import book_appointment
from clinics.services.errors import GuardianCycle, PatientMerged
from clinics.services.guardians import add_guardian
from clinics.services.merging import merge_patients
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow
from tests.races.racing import race

ROUNDS = 6


def test_no_appointment_is_left_with_a_row_that_was_merged(throwaway: Clinic) -> None:
    staff = Actor.staff(uuid4())
    with clinic_scope(throwaway), clock.frozen(NOW):
        cleaning = make_treatment()
        ruiz = make_professional(treatments=(cleaning,))
    for place in range(ROUNDS):
        with clinic_scope(throwaway), clock.frozen(NOW):
            old, survivor = make_patient("Anita Perez"), make_patient("Ana Pérez")

        def book(old: Patient = old, place: int = place) -> Appointment:
            return book_appointment(
                patient=old, professional_id=ruiz.pk, treatment=cleaning,
                starts_at=tomorrow(9, 30 * place), actor=staff, source=Source.STAFF,
            )  # fmt: skip

        def merge(old: Patient = old, survivor: Patient = survivor) -> Patient:
            return merge_patients(
                patient_id=old.pk, into_id=survivor.pk, version=1, into_version=1, actor=staff
            )

        booked, merged = race(throwaway, NOW, [book, merge])
        assert isinstance(merged, Patient)
        assert isinstance(booked, Appointment | PatientMerged)
        with clinic_scope(throwaway):
            assert not Appointment.objects.filter(patient=old.pk).exists()
            found = Appointment.objects.filter(patient=survivor.pk).count()
            assert found == isinstance(booked, Appointment)


def test_two_who_speak_for_each_other_are_never_written(throwaway: Clinic) -> None:
    for _ in range(ROUNDS):
        with clinic_scope(throwaway):
            one, other = make_patient("Una Sosa"), make_patient("Otra Sosa")

        def link(here: Patient, there: Patient) -> Callable[[], Guardian]:
            return lambda: add_guardian(dependant_id=here.pk, guardian_id=there.pk)

        results = race(throwaway, NOW, [link(one, other), link(other, one)])
        assert sorted(type(one).__name__ for one in results) == ["Guardian", "GuardianCycle"]
        assert any(isinstance(one, GuardianCycle) for one in results)
