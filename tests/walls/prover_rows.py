"""A row of everything that a clinic has."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from agent.models import Step, Turn
from clinics.models import (
    Absence,
    AccountingTransaction,
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    AuditEntry,
    CalendarState,
    Chair,
    ChannelIdentity,
    ClinicalRecord,
    Closure,
    DailyCashFlow,
    Event,
    GoogleBlock,
    Guardian,
    Insurer,
    Offer,
    Patient,
    PatientFact,
    Professional,
    ProfessionalTreatment,
    Treatment,
)
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import (
    Clinic,
    Line,
    Membership,
    MembershipStatus,
    QuarantinedItem,
    Role,
    User,
)
from dentalogic.core.models import IdempotencyKey, OutboxMessage
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import NOW, WEEK, tomorrow
from tests.walls.prover_later_rows import fill_later
from tests.walls.prover_world import World, full
from whatsapp.models import Conversation, InboxItem, Message

HALF_AN_HOUR = timedelta(minutes=30)


def fill(clinic: Clinic, *, word: str, public_word: str, digit: str) -> World:
    """Give a clinic a row of every model, appointments in every state."""
    world = World(clinic, word, public_word, digit)
    members = _people(world)
    with clinic_scope(clinic):
        _catalogue(world, members[Role.PROFESSIONAL])
        _agenda(world)
        _channel(world)
        _ledgers(world, members[Role.CEO])
        fill_later(world, members[Role.CEO])
        world.ids["auditentry"] = AuditEntry.objects.order_by("at", "id").values("pk")[0]["pk"]
    _plumbing(world, members[Role.CEO])
    return world


def _people(world: World) -> dict[str, Membership]:
    clinic = world.clinic
    clinic.name = f"Clínica {world.public_word}"
    clinic.settings = {}
    clinic.save()
    members = {}
    for one in Membership.objects.filter(clinic=clinic).select_related("user"):
        members[one.role] = one
    for status in (MembershipStatus.PENDING, MembershipStatus.SUSPENDED):
        user = User.objects.create_user(f"{status}@{clinic.schema_name}.test")
        members[status] = add_member(clinic, user, Role.SECRETARY, status=status)
    Membership.objects.filter(clinic=clinic).update(
        specialty=f"{world.public_word} specialty", registration_number=world.public_word
    )
    for name, one in members.items():
        User.objects.filter(pk=one.user_id).update(
            first_name=f"{world.public_word} {name}", last_name=world.public_word, phone=world.phone
        )
        world.ids[f"member.{name}"] = one.pk
        world.ids[f"user.{name}"] = one.user_id
    world.ids["clinic"] = clinic.pk
    line = Line.objects.get(clinic=clinic)
    Line.objects.filter(pk=line.pk).update(app_secret=world.word, access_token=world.word)
    world.ids["line"] = line.pk
    return members


def _catalogue(world: World, professional: Membership) -> None:
    treatment = full(world, Treatment, minutes=30, code=world.word, price=1500)
    full(world, Chair)
    full(world, Insurer, name=f"{world.word} salud", name_key=f"{world.word} salud",
         synonyms=[world.word])  # fmt: skip
    full(world, Closure, starts_on="2026-12-24", ends_on="2026-12-26")
    hours = {**WEEK, "5": WEEK["0"]}
    for name, user_id in (("mine", professional.user_id), ("other", None)):
        row = full(
            world,
            Professional,
            user_id=user_id,
            title=f"Dra. {world.word}"[:20],
            working_hours=hours,
            google_read_calendars=[world.word],
        )
        full(world, ProfessionalTreatment, professional=row, treatment=treatment)
        full(world, Absence, professional=row,
             starts_at=tomorrow(48), ends_at=tomorrow(49))  # fmt: skip
        world.ids[f"professional.{name}"] = row.pk
    world.ids["absence"] = Absence.objects.get(professional_id=world.ids["professional.mine"]).pk
    del world.ids["professional"]
    facts = {
        "document_type": "DNI",
        "dni": world.dni,
        "phone": world.phone,
        "status": "active",
        "email": f"paciente@{world.word}.test",
        "medical_history": {"version": 1, "notes": world.word},
        "insurer_id": world.ids["insurer"],
    }
    patient = full(world, Patient, **facts)
    child = full(world, Patient, **{**facts, "possible_duplicate_of": patient})
    world.ids["patient.child"] = child.pk
    world.ids["patient.other"] = full(world, Patient, **facts).pk
    full(world, Guardian, guardian=patient, dependant=child)
    full(world, PatientFact, patient=patient, field="dni", value=world.dni, source="staff",
         recorded_by=professional.user_id)  # fmt: skip


def _agenda(world: World) -> None:
    ids = world.ids
    starts = NOW + timedelta(hours=1)
    for place, status in enumerate(AppointmentStatus):
        held = status == AppointmentStatus.HELD
        row = full(
            world,
            Appointment,
            patient_id=None if held else ids["patient"],
            professional_id=ids["professional.mine"],
            treatment_id=ids["treatment"],
            chair_id=ids["chair"],
            starts_at=starts + place * HALF_AN_HOUR,
            ends_at=starts + (place + 1) * HALF_AN_HOUR,
            status=status,
            hold_expires_at=NOW + timedelta(minutes=10) if held else None,
            conversation_id=uuid.uuid4() if held else None,
            request_key=f"{world.word} {status}",
            source="staff",
        )
        ids[f"appointment.{status}"] = row.pk
        full(world, AppointmentChange, appointment=row, from_status="scheduled", to_status=status,
             at=NOW, changed={"notes": [world.word, ""]})  # fmt: skip
    del ids["appointment"]
    full(
        world,
        Offer,
        conversation_id=uuid.uuid4(),
        code="S3",
        kind="slot",
        professional_id=ids["professional.mine"],
        treatment_id=ids["treatment"],
        starts_at=starts,
        ends_at=starts + HALF_AN_HOUR,
        expires_at=NOW + timedelta(hours=1),
    )
    for number in range(1, 4):
        snapshot = {
            "id": str(ids["appointment.scheduled"]),
            "professional": {"id": str(ids["professional.mine"]), "name": world.word},
            "patient": {"id": str(ids["patient"]), "name": world.word},
        }
        full(world, Event, number=number, type="NEW_APPOINTMENT", data=snapshot)


def _channel(world: World) -> None:
    ids = world.ids
    identity = full(world, ChannelIdentity, channel="whatsapp", patient_id=ids["patient"],
                    phone=world.phone, raw_id=world.phone)  # fmt: skip
    talk = full(world, Conversation, identity=identity, line_id=ids["line"])
    full(world, Message, conversation=talk, position=1, author="patient")
    full(world, InboxItem, provider="meta", kind="message", body={"text": world.word})
    turn = full(world, Turn, conversation_id=talk.pk, turn_no=1)
    full(world, Step, turn=turn, position=1, kind="tool", content={"result": world.word})


def _ledgers(world: World, ceo: Membership) -> None:
    ids = world.ids
    full(
        world,
        AccountingTransaction,
        occurred_on="2026-11-24",
        recorded_by=ceo.user_id,
        kind="income",
        method="cash",
        amount=1500,
        currency="ARS",
        patient_id=ids["patient"],
        appointment_id=ids["appointment.completed"],
    )
    full(world, DailyCashFlow, day="2026-11-23", currency="ARS")
    full(
        world,
        ClinicalRecord,
        patient_id=ids["patient"],
        professional_id=ids["professional.mine"],
        author_user_id=ceo.user_id,
        position=1,
        kind="odontogram",
        content={"version": 1, "teeth": {}, "notes": world.word},
    )
    full(world, CalendarState)
    full(world, GoogleBlock, starts_at=NOW, ends_at=NOW + HALF_AN_HOUR, read_at=NOW,
         instance="")  # fmt: skip


def _plumbing(world: World, ceo: Membership) -> None:
    message = OutboxMessage.objects.create(
        clinic_id=world.clinic.pk,
        topic="event.recorded",
        sink="realtime",
        key=f"walls-{world.digit}",
        payload={"event_id": str(world.ids["event"])},
        attempts=1,
        last_error="OSError",
        due_at=datetime(2099, 1, 1, tzinfo=UTC),
    )
    world.ids["outbox"] = message.pk
    # It belongs to no clinic, and its body is a patient's: not even the operator reads it.
    lost = QuarantinedItem.objects.create(
        provider="meta",
        reason="unknown_number",
        external_id=world.public_word,
        digest=world.digit * 64,
        body=world.word,
    )
    world.ids["quarantine"] = lost.pk
    IdempotencyKey.objects.create(
        clinic_id=world.clinic.pk,
        user_id=ceo.user_id,
        route="patients",
        key="walls",
        request_hash="0" * 64,
        result_id=world.ids["patient"],
    )
