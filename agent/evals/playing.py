"""Playing a scenario over the real road: the patient's phone, the signed webhook, the reply.

The player only talks to the sandbox. It looks into the database to know when a burst has been dealt
with, and for what the world does besides the patient.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from agent.evals.scenarios import Scenario, WorldAction
from agent.evals.stage import Stage, switch_on
from agent.models import Turn
from clinics.models import Offer, Patient, PatientStatus, Source
from clinics.services.actors import Actor
from clinics.services.booking import book_appointment
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxClient
from dentalogic.sandbox.patient import read_patient
from whatsapp import threads
from whatsapp.burst import is_with_a_person
from whatsapp.delivery import UNDERWAY
from whatsapp.models import Author, Conversation, InboxItem, Message

SETTLED_WITHIN = 60.0
LOOK_EVERY = 0.02
AT_THE_BARRIER = 30


class Unsettled(Exception):
    """A burst was not dealt with in time; the message says what still waited."""


@dataclass(slots=True)
class Played:
    """What there is to score besides the database."""

    scenario: Scenario
    stage: Stage
    before: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    opening_turns: int = 0
    bursts: int = 0


class Player:
    """One patient's phone. `kill_worker` kills and restarts whoever runs the turns."""

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        sandbox: SandboxClient,
        *,
        kill_worker: Callable[[], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.stage = stage
        self.sandbox = sandbox
        self.patient = read_patient(scenario.patient.model_dump())
        self.phone = scenario.patient.phone
        self._kill_worker = kill_worker
        self._heard = 0

    def play(self) -> Played:
        """Talk until the assistant asks for nothing more, or the turns are used up."""
        played = Played(self.scenario, self.stage, before=people(self.stage))
        burst = list(self.patient.opening)
        while burst and played.bursts < self.scenario.patient.turns:
            played.bursts += 1
            heard = self._say(burst, self.scenario.at(played.bursts))
            if played.bursts == 1:
                played.opening_turns = self._turns()
            played.texts += heard
            answer = self.patient.answer("\n".join(heard)) if heard else None
            burst = [answer] if answer else []
        return played

    def _say(self, burst: list[str], actions: list[WorldAction]) -> list[str]:
        """Send a burst, let the world act while it is being answered, and hear the answer."""
        marker = burst[-1]
        if actions:
            self.sandbox.barrier(marker)
        for text in burst:
            sent = self.sandbox.say(
                self.phone, text, self.scenario.patient.profile_name, to=self.stage.line_id
            )
            if sent["webhook"]["status"] != 200:  # noqa: PLR2004
                raise Unsettled(f"the webhook answered {sent['webhook']['status']}")
        if actions:
            self._world(actions, marker)
        self._wait_until_settled()
        return self._hear()

    def _world(self, actions: list[WorldAction], marker: str) -> None:
        try:
            if not self.sandbox.wait_at_barrier(marker, wait=AT_THE_BARRIER):
                raise Unsettled("the model was not asked")
            for action in actions:
                self._act(action)
        finally:
            self.sandbox.release(marker)

    def _act(self, action: WorldAction) -> None:
        with clinic_scope(self.stage.clinic):
            if action.take_slot:
                self._take_slot(overriding=action.by == "secretary_overriding_the_hold")
            if action.staff_says:
                self._staff_says(action.staff_says)
        switch_on(self.sandbox, action.faults)
        if action.kill_worker:
            if self._kill_worker is None:
                raise ValueError("this road has no worker that could be killed")
            self._kill_worker()

    def _take_slot(self, *, overriding: bool) -> None:
        """Book the time that was offered first, for somebody at the desk."""
        offer = (
            Offer.objects.select_related("treatment")
            .filter(conversation_id=self._conversation().pk)
            .order_by("created_at", "code")
            .first()
        )
        if offer is None:
            raise Unsettled("nothing was offered that could be taken")
        somebody = Patient.objects.create(
            first_name="Otra",
            last_name="Persona",
            name_key="otra persona",
            dni="20111222",
            insurance="PARTICULAR",
            phone="+5491155559999",
            status=PatientStatus.ACTIVE,
        )
        book_appointment(
            patient=somebody,
            professional_id=offer.professional_id,
            treatment=offer.treatment,
            starts_at=offer.starts_at,
            actor=Actor.staff(uuid.uuid4()),
            source=Source.STAFF,
            override_hold=overriding,
        )

    def _staff_says(self, text: str) -> None:
        """Write as a person of the team does: the conversation is theirs with the same commit."""
        with transaction.atomic():
            conversation = Conversation.objects.for_update().get(pk=self._conversation().pk)
            clinic = Clinic.objects.get(pk=self.stage.clinic.pk)
            hours = clinic.preferences.silence_hours
            until = clock.now() + timedelta(hours=hours)
            threads.hand_over(conversation, "Escribió una persona del equipo.", until)
            threads.add_outgoing(conversation, text, author=Author.STAFF)
            conversation.save()

    # -- waiting

    def _wait_until_settled(self) -> None:
        until = time.monotonic() + SETTLED_WITHIN
        while waits := self._waits_for():
            if time.monotonic() > until:
                raise Unsettled(waits)
            time.sleep(LOOK_EVERY)

    def _waits_for(self) -> str:
        """Say what is still to be done for the patient, in the order in which it is done."""
        with clinic_scope(self.stage.clinic):
            if InboxItem.objects.filter(ingested_at=None, failed_at=None).exists():
                return "the inbox"
            conversation = self._conversation()
            if conversation.turn_leased_until is not None:
                return "a turn"
            if conversation.answer_due_at is not None and not is_with_a_person(conversation):
                return "an answer"
            if Message.objects.filter(conversation=conversation, status__in=UNDERWAY).exists():
                return "a message on its way"
        return ""

    def _hear(self) -> list[str]:
        """Return what arrived on the phone since the last time, staff's own words left out."""
        found = self.sandbox.outbox(self.phone, line=self.stage.line_id, after=self._heard)
        if found:
            self._heard = found[-1]["number"]
        with clinic_scope(self.stage.clinic):
            staff = set(
                Message.objects.filter(
                    author=Author.STAFF, provider_id__in=[one["id"] for one in found]
                ).values_list("provider_id", flat=True)
            )
        return [one["text"] for one in found if one["id"] not in staff]

    def _turns(self) -> int:
        with clinic_scope(self.stage.clinic):
            return Turn.objects.filter(conversation_id=self._conversation().pk).count()

    def _conversation(self) -> Conversation:
        return conversation_of(self.scenario)


def conversation_of(scenario: Scenario) -> Conversation:
    """Return the patient's thread. Inside the clinic's scope, after the first message."""
    digits = "".join(filter(str.isdigit, scenario.patient.phone))
    return Conversation.objects.select_related("identity__patient").get(identity__raw_id=digits)


def people(stage: Stage) -> dict[str, Any]:
    """Return the seeded patients and their appointments as they are now, field by field."""
    with clinic_scope(stage.clinic):
        return {
            key: {
                "patient": Patient.objects.filter(pk=patient.pk).values().get(),
                "appointments": list(patient.appointments.order_by("pk").values()),
            }
            for key, patient in stage.patients.items()
        }
