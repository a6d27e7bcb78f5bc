"""The system prompt: rules from a file, facts from the database. No words of patients in it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Template
from uuid import UUID

from agent import wording
from agent.context import TurnContext
from agent.tools.references import reference
from clinics.models import Appointment, AppointmentStatus, Offer, Patient, PatientStatus
from clinics.services.intake import appointments_of, dependants_of, missing_facts
from clinics.tenancy.models import Clinic
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core import clock

FOLDER = Path(__file__).parent / "prompts"
REQUIRED = ("full_name", "dni", "insurance", "phone")
MOST_LISTED = 12
NOTHING = "ninguno"


@dataclass(frozen=True, slots=True)
class Instructions:
    """A prompt file; `version` changes with every letter of it."""

    template: Template
    version: str


@lru_cache(maxsize=8)
def instructions(name: str = "receptionist") -> Instructions:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return Instructions(Template(text), f"{name}@{digest}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says about the person at the start of a turn."""

    missing: list[str]
    appointments: list[Appointment]
    dependants: list[Patient]
    offers: list[Offer]
    hold: Appointment | None


def read_facts(context: TurnContext) -> Facts:
    """Read what the prompt tells, in a few statements."""
    now = clock.now()
    person = context.person
    hold = (
        Appointment.objects.filter(
            conversation_id=context.conversation_id,
            status=AppointmentStatus.HELD,
            hold_expires_at__gt=now,
        )
        .select_related("professional", "treatment")
        .first()
    )
    offers = (
        Offer.objects.filter(
            conversation_id=context.conversation_id, expires_at__gt=now, starts_at__gt=now
        )
        .select_related("professional", "treatment")
        .order_by("-created_at", "-starts_at")[:MOST_LISTED]
    )
    appointments = sorted(appointments_of(person), key=lambda one: (one.starts_at, one.pk))
    return Facts(
        missing=missing_facts(person),
        appointments=appointments,
        dependants=dependants_of(person),
        offers=list(reversed(offers)),
        hold=hold,
    )


def system_prompt(clinic: Clinic, context: TurnContext, facts: Facts) -> str:
    """Fill the rules with what is true now. Names go in as bare letters, quoted."""
    ids = [one.pk for one in facts.appointments]
    return instructions().template.substitute(
        clinic=_line(clinic.name),
        now=_now(clock.now()),
        patient=_person(context.person),
        profile=f"«{profile}»" if (profile := _profile(context.profile_name)) else NOTHING,
        known=_fields([field for field in REQUIRED if field not in facts.missing]),
        missing=_fields(facts.missing),
        dependants=wording.listed([_name(one) for one in facts.dependants[:MOST_LISTED]])
        or NOTHING,
        appointments=_lines([_appointment(one, ids) for one in facts.appointments[:MOST_LISTED]]),
        offers=_lines([_offer(one) for one in facts.offers]),
        hold=_hold(facts.hold),
        instructions=_fenced(_told(clinic.preferences)),
    )


TONES = {
    "close": "Hablá con cercanía, de vos, como alguien de la clínica que conoce al paciente.",
    "formal": "Tratá de usted, con un tono formal.",
    "brief": "Contestá con lo justo: una o dos oraciones.",
}


def _told(preferences: ClinicSettings) -> str:
    """Return what the clinic asks of the agent: its tone, then its own words."""
    parts = (TONES.get(preferences.tone, ""), preferences.agent_instructions)
    return "\n".join(part for part in parts if part)


def _now(moment: datetime) -> str:
    at = wording.local(moment)
    return f"{at.isoformat(timespec='seconds')} ({wording.WEEKDAYS[at.weekday()]})"


def _person(person: Patient) -> str:
    known = (
        "paciente de la clínica"
        if person.status == PatientStatus.ACTIVE
        else "todavía no es paciente"
    )
    return f"{_name(person)} ({known})"


def _name(person: Patient) -> str:
    name = wording.bare_name(person.display_name)
    return f"«{name}»" if name else "sin nombre"


def _profile(name: str) -> str:
    """Return the first word of a profile name: enough to greet, too little to instruct."""
    words = wording.bare_name(name, 60).split()
    return words[0][:20] if words else ""


def _fields(fields: list[str]) -> str:
    return wording.facts_words(fields) or NOTHING


def _appointment(appointment: Appointment, ids: list[UUID]) -> str:
    text = wording.visit_words(appointment.starts_at, appointment.professional.display_name)
    who = _name(appointment.patient) if appointment.patient else "sin nombre"
    state = wording.status_words(appointment.status)
    ref = reference(appointment.pk, ids)
    return f"{ref}: {text}, {appointment.treatment.name}, para {who} ({state})"


def _offer(offer: Offer) -> str:
    text = wording.visit_words(offer.starts_at, offer.professional.display_name)
    pending = " (pedido a confirmar)" if offer.kind == "request" else ""
    return f"{offer.code}: {text}, {offer.treatment.name}{pending}"


def _hold(hold: Appointment | None) -> str:
    if hold is None or hold.hold_expires_at is None:
        return NOTHING
    text = wording.visit_words(hold.starts_at, hold.professional.display_name)
    return f"{text}, {hold.treatment.name}, hasta las {wording.clock_words(hold.hold_expires_at)}"


def _lines(items: list[str]) -> str:
    return "\n".join(f"- {_line(item)}" for item in items) or f"- {NOTHING}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _fenced(text: str) -> str:
    """Return text that can't end the fence it stands in."""
    return re.sub(r"[<>]{2,}", "", text).strip() or NOTHING
