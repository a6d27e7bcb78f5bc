"""What Django's ORM sends for models of a clinic names the clinic, whatever the query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from clinics.models import Appointment, Chair, Patient, PatientFact, Professional, Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core.guard import TenantPredicateMissing
from dentalogic.core.names import name_key
from tests.fixtures.clinics import make_patient
from tests.fixtures.guard import refusals

pytestmark = pytest.mark.django_db

_mine = Appointment.objects.filter(patient_id=OuterRef("pk"))

QUERIES: dict[str, Callable[[], Any]] = {
    "all": lambda: list(Patient.objects.all()),
    "get": lambda: Patient.objects.filter(dni="").first(),
    "count": lambda: Patient.objects.filter(Q(dni="1") | ~Q(dni="2")).count(),
    "exists": lambda: Patient.objects.exists(),
    "only": lambda: list(Patient.objects.only("dni")),
    "values": lambda: list(Appointment.objects.values("patient__dni", "professional__last_name")),
    "select_related": lambda: list(Appointment.objects.select_related("patient", "chair", "treatment")),
    "nullable join": lambda: list(Appointment.objects.filter(chair__isnull=True, patient__dni="1")),
    "prefetch": lambda: list(Patient.objects.prefetch_related("appointments__professional")),
    "prefetch of a query": lambda: list(
        Patient.objects.prefetch_related(Prefetch("appointments", Appointment.objects.select_related("chair")))
    ),
    "reverse": lambda: list(Patient.objects.filter(appointments__status="scheduled").distinct()),
    "reverse exclude": lambda: list(Patient.objects.exclude(appointments__status="held")),
    "two joins": lambda: list(Professional.objects.filter(appointments__patient__dni="1")),
    "aggregate": lambda: Appointment.objects.aggregate(Count("patient", distinct=True), Sum("version")),
    "annotate": lambda: list(Patient.objects.annotate(n=Count("appointments")).filter(n__gt=1)),
    "subquery": lambda: list(Patient.objects.annotate(x=Subquery(_mine.values("status")[:1]))),
    "exists subquery": lambda: list(Patient.objects.filter(Exists(_mine), ~Exists(_mine.filter(status="held")))),
    "in a query": lambda: list(Patient.objects.filter(pk__in=Appointment.objects.values("patient_id"))),
    "union": lambda: list(Patient.objects.values("pk").union(Professional.objects.values("pk"))),
    "intersection": lambda: list(Patient.objects.filter(dni="1").intersection(Patient.objects.filter(dni="2"))),
    "window": lambda: list(Appointment.objects.annotate(n=Window(RowNumber(), order_by=F("starts_at").asc()))),
    "iterator": lambda: list(Patient.objects.iterator(chunk_size=2)),
    "in_bulk": lambda: Patient.objects.in_bulk(),
    "earliest": lambda: Appointment.objects.order_by("starts_at").last(),
    "lock": lambda: list(Patient.objects.for_update()),
    "lock a join": lambda: list(
        Appointment.objects.select_related("patient").select_for_update(of=("self",), no_key=True)
    ),
    "lock, skipping": lambda: list(Patient.objects.select_for_update(skip_locked=True)),
    "update": lambda: Patient.objects.filter(dni="1").update(dni="2"),
    "update by F": lambda: Treatment.objects.update(version=F("version") + 1),
    "update over a join": lambda: Appointment.objects.filter(patient__dni="1").update(notes=""),
    "delete": lambda: PatientFact.objects.filter(patient__isnull=True).delete(),
    "delete over a join": lambda: PatientFact.objects.filter(patient__dni="1").delete(),
    "explain": lambda: Patient.objects.all().explain(),
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_queries(query: Callable[[], Any], in_alfa: Clinic, ana: Patient) -> None:
    query()


def test_rows_come_change_and_go(in_alfa: Clinic) -> None:
    chair = Chair.objects.create(name="1")
    chair.name = "2"
    chair.save()
    chair.save(update_fields=["name"])
    chair.refresh_from_db()
    others = [Chair(name=f"c{place}") for place in range(4)]
    Chair.objects.bulk_create(others)
    Chair.objects.bulk_create([Chair(name="c0")], ignore_conflicts=True)
    Chair.objects.bulk_create(
        [Chair(id=others[0].pk, name="again")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name"],
    )
    for place, one in enumerate(others):
        one.name = f"d{place}"
    Chair.objects.bulk_update(others, ["name"])
    found, made = Chair.objects.get_or_create(name="d1")
    assert (found, made) == (others[1], False)
    Chair.objects.update_or_create(name="d2", defaults={"name": "e2"})
    assert sorted(Chair.objects.values_list("name", flat=True)) == ["2", "d0", "d1", "d3", "e2"]
    chair.delete()
    assert Chair.objects.filter(name__startswith="d").delete() == (3, {"clinics.Chair": 3})
    assert Chair.objects.get().name == "e2"


def test_relations_of_a_row(in_alfa: Clinic) -> None:
    ana = make_patient()
    assert list(ana.appointments.all()) == []
    assert not ana.appointments.filter(status="held").exists()
    assert Patient.objects.filter(name_key=name_key("Ana Pérez")).get() == ana


def test_deletes_go_to_the_rows_asked_for_and_to_no_other_clinics(
    in_alfa: Clinic, beta: Clinic
) -> None:
    from dentalogic.core.tenancy import clinic_scope

    one, other = Chair.objects.create(name="1"), Chair.objects.create(name="2")
    with clinic_scope(beta):
        Chair.objects.create(id=one.pk, name="of beta")
    assert Chair.objects.filter(pk=one.pk).delete()[0] == 1
    assert list(Chair.objects.all()) == [other]
    with clinic_scope(beta):
        assert Chair.objects.get().name == "of beta"


def test_writes_over_a_join_go_to_the_rows_meant(in_alfa: Clinic) -> None:
    ana, bea = make_patient("Ana Paz", dni="1"), make_patient("Bea Paz", dni="2")
    for one in (ana, bea):
        PatientFact.objects.create(
            patient=one, field="dni", value="x", source="staff", recorded_by=one.pk
        )
    facts = PatientFact.objects.filter(patient__dni="1")
    assert facts.update(value="y") == 1
    assert PatientFact.objects.get(patient=bea).value == "x"
    assert facts.delete()[0] == 1
    assert PatientFact.objects.get().patient_id == bea.pk


@pytest.mark.parametrize(
    "query",
    [
        lambda: Patient.objects.raw("SELECT * FROM patients")[0],
        lambda: list(Patient._base_manager.extra(where=["EXISTS (SELECT FROM chairs)"])),
        lambda: Patient.objects.extra(tables=["chairs"]).count(),
    ],
    ids=["raw", "extra where", "extra table"],
)
def test_what_goes_past_the_managers_is_refused(query: Callable[[], Any], in_alfa: Clinic) -> None:
    with refusals() as seen, pytest.raises(TenantPredicateMissing):
        query()
    assert len(seen) == 1
