"""A row of everything that is kept about records, money, plans, waiting and privacy."""

from __future__ import annotations

from datetime import timedelta

from clinics.models import (
    Appointment,
    AuditEntry,
    Breach,
    CashFlowStep,
    Consent,
    ConsentText,
    Coverage,
    DailyCashFlow,
    InsurerPlan,
    MoveRequest,
    PlanItem,
    PrivacyRequest,
    RecordAttachment,
    RecordHead,
    RecordRead,
    TreatmentPlan,
    WaitingEntry,
)
from clinics.services.records.files import path_of
from clinics.tenancy.models import Membership
from tests.fixtures.clinics import NOW
from tests.walls.prover_world import World, full


def fill_later(world: World, ceo: Membership) -> None:
    """Give a clinic that has people, an agenda and ledgers the rows that hang on them."""
    _plans(world, ceo)
    _records(world, ceo)
    _privacy(world, ceo)


def _plans(world: World, ceo: Membership) -> None:
    ids = world.ids
    plan = full(
        world,
        TreatmentPlan,
        patient_id=ids["patient"],
        professional_id=ids["professional.mine"],
        currency="ARS",
        created_by=ceo.user_id,
    )
    full(world, PlanItem, plan=plan, position=1, treatment_id=ids["treatment"], tooth=16,
         faces="O", price=1500)  # fmt: skip
    for status in ("proposed", "approved"):
        further = full(
            world,
            TreatmentPlan,
            patient_id=ids["patient"],
            professional_id=ids["professional.mine"],
            currency="ARS",
            created_by=ceo.user_id,
            status=status,
        )
        item = full(world, PlanItem, plan=further, position=1, treatment_id=ids["treatment"],
                    faces="", price=1500)  # fmt: skip
        ids[f"plan.{status}"], ids[f"planitem.{status}"] = further.pk, item.pk
    insurer_plan = full(world, InsurerPlan, insurer_id=ids["insurer"])
    full(world, Coverage, insurer_id=ids["insurer"], plan=insurer_plan)
    full(
        world,
        WaitingEntry,
        patient_id=ids["patient"],
        treatment_id=ids["treatment"],
        from_day="2026-11-24",
        until_day="2026-12-24",
        source="staff",
    )
    full(
        world,
        MoveRequest,
        appointment_id=ids["appointment.scheduled"],
        cause="absence",
        cause_id=ids["absence"],
        created_by=ceo.user_id,
        settled="",
    )
    # A visit that is long over: its patient is to be called again.
    Appointment.objects.create(
        patient_id=ids["patient.child"],
        professional_id=ids["professional.mine"],
        treatment_id=ids["treatment"],
        starts_at=NOW - timedelta(days=400),
        ends_at=NOW - timedelta(days=400) + timedelta(minutes=30),
        status="completed",
        source="staff",
    )


def _records(world: World, ceo: Membership) -> None:
    ids = world.ids
    attachment = full(
        world,
        RecordAttachment,
        record_id=ids["clinicalrecord"],
        size=len(world.word),
        sha256="0" * 64,
    )
    file = path_of(attachment.stored_as)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(world.word.encode())
    full(
        world,
        RecordHead,
        patient_id=ids["patient"],
        entries=1,
    )
    full(world, RecordRead, patient_id=ids["patient"], user_id=ceo.user_id, role="ceo",
         what="list")  # fmt: skip
    full(world, DailyCashFlow, day="2026-11-22", currency="ARS", counted_cash=0, closed_at=NOW,
         closed_by=ceo.user_id)  # fmt: skip
    full(world, CashFlowStep, cash_flow_id=ids["dailycashflow"], closed=True, by=ceo.user_id,
         net=0)  # fmt: skip
    full(world, AuditEntry, table_name="patients", row_id=ids["patient"], action="update",
         before={"notes": world.word}, after={"notes": ""})  # fmt: skip


def _privacy(world: World, ceo: Membership) -> None:
    ids = world.ids
    text = full(world, ConsentText, kind="data", text_version=1, published_by=ceo.user_id)
    full(world, Consent, patient_id=ids["patient"], text=text, recorded_by=ceo.user_id)
    full(
        world,
        PrivacyRequest,
        patient_id=ids["patient"],
        kind="access",
        due_on="2026-12-04",
        recorded_by=ceo.user_id,
    )
    full(world, Breach, found_at=NOW, recorded_by=ceo.user_id)
