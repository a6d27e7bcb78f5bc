"""Booking what was offered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent import wording
from agent.tools.calling import Code, Desk, Outcome, Refusal, ToolArgs, Words, tool
from agent.tools.offering import offer_slots
from agent.tools.people import person_for
from agent.tools.references import reference
from clinics.models import Appointment, AppointmentStatus, Offer, Patient
from clinics.services import booking
from clinics.services.errors import FactsMissing, OfferExpired, RequestKeyReused, SlotTaken
from clinics.services.intake import find_offer

BOOKED = frozenset({AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED})
PENDING_NOTE = "Es un pedido: la clínica lo tiene que confirmar. No digas que quedó reservado."


class BookAppointment(ToolArgs):
    """Reservar un horario que el paciente eligió entre los ofrecidos. Si faltan datos no reserva:
    dice cuáles y guarda el horario unos minutos."""

    slot: Annotated[Code, Field(description="La referencia del horario elegido (S1).")]
    for_whom: Annotated[
        Words | None,
        Field(
            description="null si el turno es para quien escribe; si no, el vínculo o el nombre"
            " (hijo, Tomás)."
        ),
    ] = None


@tool(BookAppointment)
def book_appointment(desk: Desk, args: BookAppointment) -> Outcome:
    conversation_id = desk.context.conversation_id
    offer = find_offer(conversation_id=conversation_id, code=args.slot.upper())
    patient = person_for(desk, args.for_whom)
    try:
        appointment = booking.book_appointment(
            patient=patient,
            professional_id=offer.professional_id,
            treatment=offer.treatment,
            starts_at=offer.starts_at,
            chair_id=offer.chair_id,
            actor=desk.actor,
            source="agent",
            kind=offer.kind,
            urgent=offer.urgent,
            # Accepting one offer twice, in this turn or the next, is one booking.
            request_key=f"agent:{conversation_id}:{offer.code}:{patient.pk}",
        )
    except FactsMissing as error:
        raise facts_refusal(error) from error
    except SlotTaken as error:
        raise taken_refusal(desk, offer, error) from error
    except RequestKeyReused as error:
        # What this offer became was moved since.
        raise OfferExpired from error
    return _booked(desk, offer, patient, appointment)


def _booked(desk: Desk, offer: Offer, patient: Patient, appointment: Appointment) -> Outcome:
    status = AppointmentStatus(appointment.status)
    pending = status == AppointmentStatus.PENDING_CONFIRMATION
    if not (status in BOOKED or pending):
        # The key found an appointment that was cancelled since: this offer is used up.
        raise OfferExpired
    text = wording.visit_words(appointment.starts_at, offer.professional.display_name)
    result: Outcome = {
        "status": str(status),
        "appointment": reference(appointment.pk),
        "text": text,
        "service": offer.treatment.name,
        "patient": patient.display_name,
    }
    return result | ({"note": PENDING_NOTE} if pending else {})


def facts_refusal(error: FactsMissing) -> Refusal:
    """Say what is missing and until when the time is kept, on the clinic's clock."""
    kept = error.held_until
    until = {"held_until": wording.clock_words(kept)} if kept else {}
    return Refusal(
        "facts_missing",
        f"Falta: {wording.facts_words(error.missing)}. Pedíselo al paciente y registralo con"
        " record_patient_facts; después volvé a reservar el mismo horario.",
        missing=list(error.missing),
        **until,
    )


def taken_refusal(desk: Desk, offer: Offer, error: SlotTaken) -> Refusal:
    """Say that the time is gone, with the nearest others as new offers."""
    return Refusal(
        "slot_taken",
        "Ese horario se acaba de ocupar: ofrecé las alternativas.",
        alternatives=offer_slots(desk, offer.treatment, error.slots),
    )
