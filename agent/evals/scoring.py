"""Scoring a play by how it ended: the rows, what was said, and what was never to be said.

It never looks at which tools were called, or in which order: any way that ends well is good.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.evals.playing import Played, conversation_of, people
from agent.evals.scenarios import Expect, ExpectedAppointment, ExpectedPatient
from clinics.models import (
    OCCUPYING,
    Appointment,
    AppointmentStatus,
    Event,
    EventType,
    FactSource,
    Patient,
    PatientFact,
)
from clinics.services.intake import dependants_of
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import clinic_scope
from whatsapp.models import Author, Message

FACTS = {"name": "full_name"}
LEVELS = ("low", "normal", "high", "emergency")


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that was not met: its key in the file, and what was found."""

    expectation: str
    found: str

    def __str__(self) -> str:
        return f"{self.expectation}: {self.found}"


def score(played: Played) -> list[Failure]:
    """Return what was expected and did not come true; empty when all is well."""
    with clinic_scope(played.stage.clinic):
        return _Score(played).failures()


class _Score:
    """One play, its people read once. Inside the clinic's scope."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self.expect: Expect = played.scenario.expect
        self.zone: ZoneInfo = played.stage.zone
        self.conversation = conversation_of(played.scenario)
        self.writer: Patient = self.conversation.identity.patient
        self.party = [self.writer, *dependants_of(self.writer)]
        self.said = "\n".join(played.texts)

    def failures(self) -> list[Failure]:
        checks: dict[str, Callable[[], Iterable[str]]] = {
            "appointments": self._appointments,
            "appointments_status_in": self._status_in,
            "appointments_none_between": self._none_between,
            "appointments_of_professional_do_not_overlap": self._no_overlap,
            "patient": self._patient,
            "facts_from_messages": self._facts,
            "triage": self._triage,
            "triage_at_most": self._triage_at_most,
            "handoff": self._handoff,
            "events": self._events,
            "said": self._words,
            "never_said": self._forbidden_words,
            "outgoing_at_most": self._outgoing,
            "turns_for_opening_at_most": self._opening_turns,
            "other_patients_unchanged": self._others_unchanged,
            "patients_unchanged": self._named_unchanged,
        }
        return [Failure(name, found) for name, check in checks.items() for found in check()]

    # -- the agenda

    def _rows(self, patients: Iterable[Patient]) -> list[Appointment]:
        return list(
            Appointment.objects.filter(patient__in=list(patients))
            .exclude(status=AppointmentStatus.HELD)
            .select_related("patient", "professional", "treatment")
            .order_by("starts_at")
        )

    def _appointments(self) -> Iterable[str]:
        wanted = self.expect.appointments
        if wanted is None:
            return
        rows = self._rows(self._meant(wanted))
        if not _all_paired(wanted, rows, self._fits):
            yield f"has {[self._told(row) for row in rows]}"

    def _meant(self, wanted: Sequence[ExpectedAppointment]) -> list[Patient]:
        """Return the people whose rows are compared: named ones, else everybody on the phone."""
        names = {name_key(one.patient) for one in wanted if one.patient}
        if names and all(one.patient for one in wanted):
            return [one for one in self.party if name_key(one.display_name) in names]
        others = {one.phone for one in wanted} - {None, self.played.scenario.patient.phone}
        return [*self.party, *Patient.objects.filter(phone__in=others)]

    def _fits(self, wanted: ExpectedAppointment, row: Appointment) -> bool:
        starts, ends = row.starts_at.astimezone(self.zone), row.ends_at.astimezone(self.zone)
        professionals = self.played.stage.seeded.professionals
        treatments = self.played.stage.seeded.treatments
        name = row.patient.display_name if row.patient else ""
        own = row.patient in self.party
        phones = {row.patient.phone if row.patient else None}
        if own:
            phones.add(self.played.scenario.patient.phone)
        return all(
            (
                wanted.phone is None or wanted.phone in phones,
                wanted.patient is None or name_key(wanted.patient) == name_key(name),
                wanted.treatment is None or row.treatment_id == treatments[wanted.treatment].pk,
                wanted.professional is None
                or row.professional_id == professionals[wanted.professional].pk,
                wanted.status is None or row.status == wanted.status,
                wanted.on is None or starts.date() == wanted.on,
                wanted.after is None or starts.time() >= wanted.after,
                wanted.before is None
                or (ends.date() == starts.date() and ends.time() <= wanted.before),
            )
        )

    def _told(self, row: Appointment) -> str:
        at = row.starts_at.astimezone(self.zone)
        return f"{at:%Y-%m-%d %H:%M} {row.treatment.code} {row.status}"

    def _status_in(self) -> Iterable[str]:
        wanted = self.expect.appointments_status_in
        if wanted is None:
            return
        rows = self._rows(self.party)
        if not rows or any(row.status not in wanted for row in rows):
            yield f"has {[self._told(row) for row in rows]}"

    def _none_between(self) -> Iterable[str]:
        if self.expect.appointments_none_between is None:
            return
        start, end = (self.played.stage.local(one) for one in self.expect.appointments_none_between)
        for row in self._rows(self.party):
            if row.status in OCCUPYING and row.starts_at < end and row.ends_at > start:
                yield f"has {self._told(row)}"

    def _no_overlap(self) -> Iterable[str]:
        key = self.expect.appointments_of_professional_do_not_overlap
        if key is None:
            return
        rows = Appointment.objects.filter(
            professional=self.played.stage.seeded.professionals[key], status__in=OCCUPYING
        ).order_by("starts_at")
        for first, second in pairwise(rows):
            if second.starts_at < first.ends_at:
                yield f"{first.starts_at} and {second.starts_at}"

    # -- the patient

    def _patient(self) -> Iterable[str]:
        wanted = self.expect.patient
        if wanted is None:
            return
        found = {
            "status": self.writer.status,
            "name": self.writer.display_name,
            "dni": self.writer.dni,
            "insurance": self.writer.insurance,
            "phone": self.writer.phone,
        }
        for name in ExpectedPatient.model_fields:
            value = getattr(wanted, name)
            if value is not None and found[name] != value:
                yield f"{name} is {found[name]!r}"

    def _facts(self) -> Iterable[str]:
        """Look for each fact in force, and for its words in a message of the patient's own."""
        for name in self.expect.facts_from_messages:
            fact = PatientFact.objects.filter(
                patient__in=self.party,
                field=FACTS.get(name, name),
                source=FactSource.MESSAGE,
                superseded_at=None,
            ).first()
            if fact is None:
                yield f"{name} was not recorded from a message"
                continue
            message = Message.objects.filter(
                pk=str(fact.message_id), conversation=self.conversation, author=Author.PATIENT
            ).first()
            if message is None or fact.quoted_text not in message.text:
                yield f"{name} is not in the message that it names"

    # -- triage and handoff

    def _level(self) -> str | None:
        """Return the highest level of the conversation that was made known; None without one."""
        raised = Event.objects.filter(
            type=EventType.TRIAGE_RAISED, data__conversation_id=str(self.conversation.pk)
        )
        levels = [event.data.get("level") for event in raised]
        return max((one for one in levels if one in LEVELS), key=LEVELS.index, default=None)

    def _triage(self) -> Iterable[str]:
        if self.expect.triage is not None and self._level() != self.expect.triage.level:
            yield f"is {self._level()}"

    def _triage_at_most(self) -> Iterable[str]:
        most, level = self.expect.triage_at_most, self._level()
        if most is not None and level is not None and LEVELS.index(level) > LEVELS.index(most):
            yield f"is {level}"

    def _handoff(self) -> Iterable[str]:
        handed = Event.objects.filter(
            type=EventType.HUMAN_HANDOFF, data__conversation_id=str(self.conversation.pk)
        ).exists()
        if self.expect.handoff is not None and handed != self.expect.handoff:
            yield "handed over" if handed else "not handed over"

    def _events(self) -> Iterable[str]:
        types = set(Event.objects.values_list("type", flat=True))
        if missing := set(self.expect.events) - types:
            yield f"never emitted: {sorted(missing)}"

    # -- words

    def _words(self) -> Iterable[str]:
        return [one for one in self.expect.said if not re.search(one, self.said)]

    def _forbidden_words(self) -> Iterable[str]:
        return [one for one in self.expect.never_said if re.search(one, self.said)]

    def _outgoing(self) -> Iterable[str]:
        most, count = self.expect.outgoing_at_most, len(self.played.texts)
        if most is not None and count > most:
            yield f"{count} messages"

    def _opening_turns(self) -> Iterable[str]:
        most, count = self.expect.turns_for_opening_at_most, self.played.opening_turns
        if most is not None and count > most:
            yield f"{count} turns"

    # -- the others

    def _changed(self, keys: Iterable[str]) -> Iterable[str]:
        now = people(self.played.stage)
        return [key for key in keys if now[key] != self.played.before[key]]

    def _others_unchanged(self) -> Iterable[str]:
        if not self.expect.other_patients_unchanged:
            return []
        patients = self.played.stage.patients
        return self._changed(key for key, one in patients.items() if one.pk != self.writer.pk)

    def _named_unchanged(self) -> Iterable[str]:
        return self._changed(self.expect.patients_unchanged)


def _all_paired(
    wanted: Sequence[ExpectedAppointment],
    rows: Sequence[Appointment],
    fits: Callable[[ExpectedAppointment, Appointment], bool],
) -> bool:
    """Whether each expectation has a row of its own and none is left over."""
    if not wanted:
        return not rows
    if len(wanted) != len(rows):
        return False
    first, *others = wanted
    return any(
        fits(first, row) and _all_paired(others, [*rows[:index], *rows[index + 1 :]], fits)
        for index, row in enumerate(rows)
    )
