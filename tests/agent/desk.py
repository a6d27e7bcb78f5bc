"""A conversation as the channel would hand it over, and a count of everything that may change."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from agent.context import Line, Said, TurnContext, TurnResult
from agent.history import Past
from agent.tools import registry
from agent.tools.calling import Desk
from agent.turn import run_turn
from clinics.models import (
    Appointment,
    AppointmentChange,
    Event,
    Guardian,
    Patient,
    PatientFact,
)
from clinics.services.actors import Actor
from clinics.services.booking import book_appointment
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import current_scope

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def everything() -> tuple[int, ...]:
    """Count the rows that a refusal must not touch."""
    counted = [
        model.objects.count()
        for model in (Appointment, AppointmentChange, Event, Guardian, Patient, PatientFact)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM public.outbox WHERE clinic_id = %s", [current_scope().tenant_id]
        )
        counted.append(cursor.fetchone()[0])
    return tuple(counted)


@dataclass
class Talk:
    """One conversation; bursts and replies are kept as the channel keeps them."""

    person: Patient
    conversation_id: uuid.UUID = field(default_factory=uuid.uuid4)
    history: list[Line] = field(default_factory=list)
    turn_no: int = 0
    profile_name: str = ""
    new: tuple[Said, ...] = ()

    def hears(self, *texts: str) -> Talk:
        """Take the patient's next burst."""
        self.new = tuple(Said(uuid.uuid4(), text, AT) for text in texts)
        self.turn_no += 1
        return self

    def context(self, is_current: Callable[[], bool] = lambda: True) -> TurnContext:
        return TurnContext(
            conversation_id=self.conversation_id,
            turn_no=self.turn_no,
            person=self.person,
            new=self.new,
            history=tuple(self.history),
            profile_name=self.profile_name,
            is_current=is_current,
        )

    def desk(self) -> Desk:
        context = self.context()
        clinic = Clinic.objects.get(pk=current_scope().tenant_id)
        return Desk(context, clinic, Past(context).calls())

    def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool directly, as the model would."""
        return registry.call(self.desk(), name, registry.rendered(arguments))

    def person_with_facts(self) -> Patient:
        """Make the person a patient, as if staff had entered them."""
        person = self.person
        person.first_name, person.last_name = "Carolina", "Díaz"
        person.dni, person.insurance, person.status = "30111222", "OSDE", "active"
        person.save()
        return person

    def turn(self, *texts: str) -> TurnResult:
        """Run a turn for a burst and keep what was said."""
        self.hears(*texts)
        result = run_turn(self.context())
        self.keep(result)
        return result

    def keep(self, result: TurnResult) -> None:
        """Move the burst and its reply to the history, as the channel does after sending."""
        for said in self.new:
            self.history.append(
                Line("patient", said.text, said.at, result.turn_id, said.message_id)
            )
        if result.reply:
            self.history.append(Line("agent", result.reply, AT, result.turn_id, uuid.uuid4()))
        self.new = ()


def staff_books(
    patient: Patient, professional: Any, treatment: Any, starts_at: datetime
) -> Appointment:
    """Book as the secretary does."""
    return book_appointment(
        patient=patient,
        professional_id=professional.pk,
        treatment=treatment,
        starts_at=starts_at,
        actor=Actor.staff(uuid.uuid4()),
        source="staff",
    )
