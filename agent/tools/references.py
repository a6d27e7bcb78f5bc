"""Short references for a person's own appointments, the same whenever they are listed.

A reference is "A" and the first figures of the appointment's id: unlike a number in a list, it
never comes to mean another appointment. Nobody else's can be reached by it.
"""

from __future__ import annotations

from uuid import UUID

from agent.tools.calling import Desk, Refusal
from clinics.models import Appointment
from clinics.services.intake import appointments_of

SHORTEST = 4


def reference(appointment_id: UUID, among: list[UUID] | None = None) -> str:
    """Return the shortest reference that is this appointment's alone among the given ones."""
    figures = appointment_id.hex
    others = [one.hex for one in among or [] if one != appointment_id]
    length = SHORTEST
    while any(other.startswith(figures[:length]) for other in others):
        length += 1
    return f"A{figures[:length]}"


def own_appointments(desk: Desk) -> list[Appointment]:
    """Return the upcoming appointments of who writes and of their dependants, by start."""
    found = appointments_of(desk.context.person)
    return sorted(found, key=lambda one: (one.starts_at, one.pk))


def names(appointment_id: UUID, asked: str) -> bool:
    """Say whether the reference is one of this appointment."""
    letter, figures = asked[:1].upper(), asked[1:].lower()
    return letter == "A" and len(figures) >= SHORTEST and appointment_id.hex.startswith(figures)


def appointment_of(desk: Desk, asked: str) -> Appointment:
    """Return the person's own upcoming appointment with that reference."""
    fits = [one for one in own_appointments(desk) if names(one.pk, asked)]
    if len(fits) != 1:
        raise Refusal(
            "unknown_appointment",
            "Esta persona no tiene un turno próximo con esa referencia: listá sus turnos.",
        )
    return fits[0]
