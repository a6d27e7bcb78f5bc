"""A clinic as data: the shape of `clinic.yaml`, and the rows that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from clinics.hours import shorthand
from clinics.models import (
    Insurer,
    Professional,
    ProfessionalTreatment,
    Treatment,
)
from clinics.tenancy.creation import create_clinic
from clinics.tenancy.models import CalendarProvider, Clinic, Line
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import clinic_scope

SONRISAS = Path(__file__).parent / "clinic.yaml"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TreatmentDefinition(_Shape):
    code: str
    name: str
    minutes: int
    urgent: bool = False


class ProfessionalDefinition(_Shape):
    key: str
    name: tuple[str, str]
    title: str = ""
    specialty: str = ""
    treatments: list[str]
    google_calendar: str = ""
    # {"0": ["09:00-13:00"]}: shorthand for the JSON of `working_hours`.
    working_hours: dict[str, list[str]]


class ClinicDefinition(_Shape):
    name: str
    schema_: str
    timezone: str
    country: str
    whatsapp_number: str
    calendar_provider: CalendarProvider
    settings: ClinicSettings
    insurers: list[str]
    treatments: list[TreatmentDefinition]
    professionals: list[ProfessionalDefinition]

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda n: n.rstrip("_"))


@dataclass(frozen=True, slots=True)
class SeededClinic:
    """A clinic made from a definition, its rows by their keys."""

    clinic: Clinic
    professionals: dict[str, Professional]
    treatments: dict[str, Treatment]


def read_definition(path: Path = SONRISAS) -> ClinicDefinition:
    """Read a clinic's file; an unknown key is an error."""
    return ClinicDefinition.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def seed_clinic(
    definition: ClinicDefinition, *, line_id: str, schema: str | None = None
) -> SeededClinic:
    """Create the clinic with its line, people, treatments and insurers; users are not its part.

    `line_id` is the provider's id of the business number; `schema` overrides the definition's.
    Call it inside a transaction to have all of it or nothing.
    """
    clinic = create_clinic(
        name=definition.name,
        schema=schema or definition.schema_,
        timezone=definition.timezone,
        country=definition.country,
        calendar_provider=definition.calendar_provider,
        settings=definition.settings.model_dump(exclude_unset=True),
    )
    Line.objects.create(clinic=clinic, external_id=line_id, phone=definition.whatsapp_number)
    with clinic_scope(clinic):
        for insurer in definition.insurers:
            Insurer.objects.create(name=insurer, name_key=name_key(insurer))
        treatments = {
            one.code: Treatment.objects.create(
                code=one.code,
                name=one.name,
                name_key=name_key(one.name),
                minutes=one.minutes,
                urgent=one.urgent,
            )
            for one in definition.treatments
        }
        professionals = {
            one.key: _professional(one, treatments) for one in definition.professionals
        }
    return SeededClinic(clinic, professionals, treatments)


def _professional(
    definition: ProfessionalDefinition, treatments: dict[str, Treatment]
) -> Professional:
    first, last = definition.name
    professional = Professional.objects.create(
        title=definition.title,
        first_name=first,
        last_name=last,
        name_key=name_key(f"{first} {last}"),
        specialty=definition.specialty,
        working_hours=shorthand(definition.working_hours),
        google_calendar_id=definition.google_calendar,
    )
    for code in definition.treatments:
        ProfessionalTreatment.objects.create(professional=professional, treatment=treatments[code])
    return professional
