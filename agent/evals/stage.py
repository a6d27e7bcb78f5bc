"""Setting the stage: a clinic of its own for each play, with the scenario's clock and people."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from agent.evals.scenarios import Fault, Scenario, SeedPatient
from clinics.demo.definition import ClinicDefinition, SeededClinic, read_definition, seed_clinic
from clinics.models import Appointment, Insurer, Patient, Source
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import clinic_scope, no_scope
from dentalogic.sandbox.client import SandboxClient

QUIET_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Stage:
    """A clinic that is ready for its play, and its number at the sandbox."""

    seeded: SeededClinic
    line_id: str
    zone: ZoneInfo
    patients: dict[str, Patient]
    calendars: dict[str, str]

    @property
    def clinic(self) -> Clinic:
        return self.seeded.clinic

    def local(self, moment: datetime) -> datetime:
        """Read a wall time of the clinic."""
        return moment.replace(tzinfo=self.zone)


def set_stage(
    scenario: Scenario,
    sandbox: SandboxClient,
    *,
    webhook_url: str,
    definition: ClinicDefinition | None = None,
) -> Stage:
    """Open the clinic, register its line and calendars at the sandbox, and seed what differs.

    Faults are switched on last, and for everybody: see `Scenario.disturbs_others`.
    """
    schema = f"e{uuid.uuid4().hex[:12]}"
    line_id = str(uuid.uuid4().int)[:15]
    own = _own(definition or read_definition(), schema)
    with no_scope(), transaction.atomic():
        seeded = seed_clinic(own, line_id=line_id, schema=schema)
        line = Line.objects.get(clinic=seeded.clinic)
        line.app_secret = secrets.token_urlsafe(32)
        line.save(update_fields=["app_secret"])
    _set_clock(seeded.clinic, scenario.clock)
    stage = Stage(
        seeded,
        line_id,
        ZoneInfo(seeded.clinic.timezone),
        {},
        {one.key: one.google_calendar for one in own.professionals},
    )
    sandbox.line(
        line_id,
        own.whatsapp_number,
        name=own.name,
        webhook_url=webhook_url,
        app_secret=line.app_secret,
    )
    for calendar_id in stage.calendars.values():
        if calendar_id:
            sandbox.calendar(calendar_id)
    with clinic_scope(seeded.clinic), transaction.atomic():
        _seed_people(stage, scenario)
    for event in scenario.seed.google:
        sandbox.add_event(
            stage.calendars[event.professional],
            event.summary,
            stage.local(event.start).isoformat(),
            stage.local(event.end).isoformat(),
        )
    switch_on(sandbox, scenario.seed.faults)
    return stage


def switch_on(sandbox: SandboxClient, faults: Sequence[Fault]) -> None:
    for fault in faults:
        sandbox.fault(**fault.model_dump(exclude_none=True))


def _own(definition: ClinicDefinition, schema: str) -> ClinicDefinition:
    """Give a clinic numbers and calendars that no other one at the sandbox has."""
    return definition.model_copy(
        update={
            "whatsapp_number": f"+54911{uuid.uuid4().int % 10**8:08}",
            "settings": definition.settings.model_copy(update={"quiet_seconds": QUIET_SECONDS}),
            "professionals": [
                one.model_copy(
                    update={
                        "google_calendar": one.google_calendar and f"{schema}-{one.google_calendar}"
                    }
                )
                for one in definition.professionals
            ],
        }
    )


def _set_clock(clinic: Clinic, at: datetime) -> None:
    clinic.clock_offset = at - clock.real_now()
    clinic.save(update_fields=["clock_offset"])


def _seed_people(stage: Stage, scenario: Scenario) -> None:
    for one in scenario.seed.patients:
        stage.patients[one.key] = _patient(one)
    for visit in scenario.seed.appointments:
        treatment = stage.seeded.treatments[visit.treatment]
        starts_at = stage.local(visit.start)
        Appointment.objects.create(
            patient=stage.patients[visit.patient],
            professional=stage.seeded.professionals[visit.professional],
            treatment=treatment,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=treatment.minutes),
            status=visit.status,
            source=Source.IMPORT,
        )


def _patient(seed: SeedPatient) -> Patient:
    first, last = seed.name
    return Patient.objects.create(
        first_name=first,
        last_name=last,
        name_key=name_key(f"{first} {last}"),
        dni=seed.dni,
        insurance=seed.insurance,
        insurer=Insurer.objects.filter(name=seed.insurance).first() if seed.insurance else None,
        phone=seed.phone,
        birth_date=seed.birth_date,
        status=seed.status,
    )
