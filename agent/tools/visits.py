"""A person's own appointments: seen, cancelled, moved."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from agent import wording
from agent.tools.booking import PENDING_NOTE, taken_refusal
from agent.tools.calling import Code, Desk, Outcome, Refusal, ToolArgs, Words, tool
from agent.tools.confirming import done_before, is_confirmed
from agent.tools.references import appointment_of, own_appointments, reference
from clinics.models import Appointment, AppointmentStatus
from clinics.services import booking
from clinics.services.errors import SlotTaken
from clinics.services.intake import find_offer

_APPOINTMENT = Field(description="La referencia del turno, de list_my_appointments.")
_CONFIRMED = Field(
    description="false la primera vez; true solo si el paciente respondió que sí a la confirmación."
)


class ListMyAppointments(ToolArgs):
    """Los turnos próximos de quien escribe y de las personas a su cargo, con su referencia."""


class CancelAppointment(ToolArgs):
    """Cancelar un turno propio, en dos pasos: primero con confirmed=false, se le pregunta al
    paciente mostrando el turno, y recién con su sí se repite con confirmed=true."""

    appointment: Annotated[Code, _APPOINTMENT]
    confirmed: Annotated[bool, _CONFIRMED]
    reason: Annotated[Words | None, Field(description="El motivo, si lo dijo.")] = None


class RescheduleAppointment(ToolArgs):
    """Mover un turno propio a un horario ofrecido, en los mismos dos pasos que cancelar."""

    appointment: Annotated[Code, _APPOINTMENT]
    slot: Annotated[Code, Field(description="La referencia del horario nuevo (S1).")]
    confirmed: Annotated[bool, _CONFIRMED]


@tool(ListMyAppointments)
def list_my_appointments(desk: Desk, _args: ListMyAppointments) -> Outcome:
    own = own_appointments(desk)
    ids = [one.pk for one in own]
    return {"appointments": [shown(one, reference(one.pk, ids)) for one in own]}


def shown(appointment: Appointment, ref: str) -> dict[str, Any]:
    """Return an appointment as the model sees it."""
    at = wording.local(appointment.starts_at)
    patient = appointment.patient
    return {
        "ref": ref,
        "text": visit(appointment),
        "date": at.date().isoformat(),
        "weekday": wording.WEEKDAYS[at.weekday()],
        "time": f"{at:%H:%M}",
        "professional": appointment.professional.display_name,
        "service": appointment.treatment.name,
        "patient": patient.display_name if patient else "",
        "status": str(appointment.status),
    }


def visit(appointment: Appointment) -> str:
    return wording.visit_words(appointment.starts_at, appointment.professional.display_name)


@tool(CancelAppointment)
def cancel_appointment(desk: Desk, args: CancelAppointment) -> Outcome:
    before = done_before(desk, "cancel_appointment", appointment=args.appointment)
    if before is not None:
        return before
    appointment = appointment_of(desk, args.appointment)
    ref, text = reference(appointment.pk), visit(appointment)
    if not (args.confirmed and is_confirmed(desk, "cancel_appointment", appointment=ref)):
        raise _ask(f"¿Confirmás que querés cancelar el turno del {text}?", text, appointment=ref)
    booking.cancel_appointment(
        appointment_id=appointment.pk,
        actor=desk.actor,
        reason=args.reason or "",
        version=appointment.version,
    )
    return {"status": "cancelled", "appointment": ref, "text": text}


@tool(RescheduleAppointment)
def reschedule_appointment(desk: Desk, args: RescheduleAppointment) -> Outcome:
    slot = args.slot.upper()
    before = done_before(desk, "reschedule_appointment", appointment=args.appointment, slot=slot)
    if before is not None:
        return before
    appointment = appointment_of(desk, args.appointment)
    offer = find_offer(conversation_id=desk.context.conversation_id, code=slot)
    if offer.treatment_id != appointment.treatment_id:
        raise Refusal(
            "unknown_slot",
            "Ese horario se ofreció para otro tratamiento: buscá horarios para el del turno.",
        )
    ref = reference(appointment.pk)
    text = wording.visit_words(offer.starts_at, offer.professional.display_name)
    if not (
        args.confirmed and is_confirmed(desk, "reschedule_appointment", appointment=ref, slot=slot)
    ):
        raise _ask(
            f"¿Confirmás que movemos el turno del {visit(appointment)} al {text}?",
            text,
            appointment=ref,
            slot=slot,
        )
    try:
        moved = booking.reschedule_appointment(
            appointment_id=appointment.pk,
            professional_id=offer.professional_id,
            starts_at=offer.starts_at,
            chair_id=offer.chair_id,
            actor=desk.actor,
            version=appointment.version,
            urgent=offer.urgent,
            kind=offer.kind,
        )
    except SlotTaken as error:
        raise taken_refusal(desk, offer, error) from error
    result: Outcome = {"status": str(moved.status), "appointment": ref, "slot": slot, "text": text}
    pending = moved.status == AppointmentStatus.PENDING_CONFIRMATION
    return result | ({"note": PENDING_NOTE} if pending else {})


def _ask(question: str, text: str, **subject: str) -> Refusal:
    return Refusal(
        "needs_confirmation",
        f"Preguntale al paciente: «{question}» Recién si dice que sí, repetí con confirmed=true.",
        text=text,
        **subject,
    )
