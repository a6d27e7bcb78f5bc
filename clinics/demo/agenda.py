"""A plausible agenda: three weeks behind, two ahead, always the same for the same day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from clinics.demo.definition import SeededClinic
from clinics.hours import blocks_for
from clinics.models import (
    PARTICULAR,
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    Insurer,
    Patient,
    PatientStatus,
    Professional,
    Source,
    Treatment,
)
from dentalogic.core import clock
from dentalogic.core.names import name_key
from dentalogic.core.outbox import emit

BEHIND, AHEAD = timedelta(days=21), timedelta(days=14)
PATIENTS = 90
# How full a day is, and how what is past ended.
FILLED = 0.55
ENDED = (
    [AppointmentStatus.COMPLETED] * 16
    + [AppointmentStatus.CANCELLED] * 2
    + [AppointmentStatus.NO_SHOW] * 2
)
UPCOMING = [AppointmentStatus.SCHEDULED] * 3 + [AppointmentStatus.CONFIRMED] * 2

FIRST_NAMES = """
Sofía Valentina Martina Camila Lucía Julieta Agustina Florencia Carla Paula
Mariana Silvia Graciela Mateo Benjamín Joaquín Tomás Lautaro Facundo Nicolás
Diego Pablo Hernán Gustavo Ricardo Oscar Rubén Ezequiel
""".split()  # noqa: SIM905  # a list of thirty quoted words reads worse
LAST_NAMES = """
González Rodríguez Fernández López Martínez García Pérez Sánchez Romero Díaz
Álvarez Torres Ruiz Ramírez Flores Acosta Benítez Medina Herrera Aguirre Molina
Castro Ortiz Silva Luna Cabrera Ríos Ferreyra Godoy Domínguez
""".split()  # noqa: SIM905  # a list of thirty quoted words reads worse


@dataclass
class Taken:
    """What each patient does already, so that nobody is in two chairs at once."""

    spans: dict[UUID, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def free(self, patient: Patient, start: datetime, end: datetime) -> bool:
        return all(end <= begun or start >= over for begun, over in self.spans.get(patient.pk, []))

    def take(self, patient: Patient, start: datetime, end: datetime) -> None:
        self.spans.setdefault(patient.pk, []).append((start, end))


def fill_agenda(seeded: SeededClinic, *, seed: int = 2026) -> int:
    """Fill the clinic in scope with patients and appointments; how many appointments.

    Written as history, past the booking service, which refuses the past. Google is owed what lies
    ahead.
    """
    random = Random(seed)  # noqa: S311  # the same demo for everybody
    zone = ZoneInfo(seeded.clinic.timezone)
    now = clock.now()
    today = now.astimezone(zone).date()
    with transaction.atomic():
        patients = Patient.objects.bulk_create(_patients(random))
        taken = Taken()
        appointments = [
            appointment
            for professional in seeded.professionals.values()
            for start, treatment in _visits(professional, today, zone, random)
            if (
                appointment := _appointment(
                    professional, treatment, start, now, patients, taken, random
                )
            )
        ]
        Appointment.objects.bulk_create(appointments)
        AppointmentChange.objects.bulk_create(
            AppointmentChange(
                appointment=one, actor="system", to_status=one.status, at=one.created_at
            )
            for one in appointments
        )
        for one in appointments:
            if one.starts_at > now and one.status in UPCOMING:
                emit("appointment.calendar", key=str(one.pk), appointment_id=str(one.pk))
    return len(appointments)


def _patients(random: Random) -> Iterator[Patient]:
    insurers = list(Insurer.objects.order_by("name"))
    for number in range(PATIENTS):
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        insurer = random.choice([*insurers, None])
        yield Patient(
            first_name=first,
            last_name=last,
            name_key=name_key(f"{first} {last}"),
            dni=str(20_000_000 + random.randrange(28_000_000)),
            birth_date=date(1950, 1, 1) + timedelta(days=random.randrange(25_000)),
            insurer=insurer,
            insurance=insurer.name if insurer else PARTICULAR,
            # Numbers of a block that is in nobody's use.
            phone=f"+54911000{number:05}",
            status=PatientStatus.ACTIVE,
        )


def _visits(
    professional: Professional, today: date, zone: ZoneInfo, random: Random
) -> Iterator[tuple[datetime, Treatment]]:
    """Walk the working hours and put treatments one after the other, with gaps."""
    treatments = [
        offered.treatment
        for offered in professional.offered_treatments.select_related("treatment").order_by(
            "treatment__code"
        )
        if not offered.treatment.urgent
    ]
    blocks = blocks_for(professional.working_hours, today - BEHIND, today + AHEAD, zone)
    for start, end, _day in blocks:
        at = start
        while at < end:
            treatment = random.choice(treatments)
            if random.random() > FILLED or at + treatment.minutes * 60 > end:
                at += 30 * 60
                continue
            yield datetime.fromtimestamp(at, UTC), treatment
            at += treatment.minutes * 60


def _appointment(
    professional: Professional,
    treatment: Treatment,
    start: datetime,
    now: datetime,
    patients: list[Patient],
    taken: Taken,
    random: Random,
) -> Appointment | None:
    end = start + timedelta(minutes=treatment.minutes)
    patient = random.choice(patients)
    if not taken.free(patient, start, end):
        return None
    taken.take(patient, start, end)
    past = end <= now
    status = random.choice(ENDED if past else UPCOMING)
    done = status == AppointmentStatus.COMPLETED
    return Appointment(
        professional=professional,
        treatment=treatment,
        patient=patient,
        starts_at=start,
        ends_at=end,
        status=status,
        source=Source.DEMO,
        created_at=min(start - timedelta(days=random.randrange(1, 12)), now),
        arrived_at=start - timedelta(minutes=5) if done else None,
        seated_at=start if done else None,
        completed_at=end if done else None,
        cancelled_by="patient" if status == AppointmentStatus.CANCELLED else "",
    )
