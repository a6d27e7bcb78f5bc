"""Which times can be offered for what somebody asks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from agent import wording
from agent.tools import searching
from agent.tools.calling import Code, Desk, Outcome, Refusal, ToolArgs, Words, tool
from agent.tools.matching import is_anybody, match_people, match_services
from agent.tools.offering import REQUEST_NOTE, offer_slots
from agent.tools.references import appointment_of
from agent.tools.searching import Found, Wish
from agent.when import Ambiguous, Past, Unclear, Windows, parse_when
from clinics.models import Professional, Treatment
from clinics.services.treatments import active_treatments
from dentalogic.core import clock

URGENCY_NOTE = (
    "Los horarios reservados para urgencias necesitan una evaluación; estos son los comunes."
)


class CheckAvailability(ToolArgs):
    """Buscar horarios libres. Devuelve como mucho tres, cada uno con una referencia (S1, S2...) que
    sirve para reservar. Es la única fuente de horarios: nunca ofrezcas uno que no venga de acá."""

    service: Annotated[Words, Field(description="El servicio, por su código o su nombre.")]
    when: Annotated[
        Words,
        Field(
            description="Cuándo, con las palabras del paciente («el martes a la tarde») o en ISO"
            " («2026-11-24», «2026-11-24T14:00/2026-11-24T18:00»)."
        ),
    ]
    professional: Annotated[
        Words | None, Field(description="El profesional que pide, o null si le da igual.")
    ] = None
    for_urgency: Annotated[bool, Field(description="Si es por una urgencia.")] = False
    reschedules: Annotated[
        Code | None, Field(description="La referencia del turno que se quiere mover, o null.")
    ] = None


@tool(CheckAvailability)
def check_availability(desk: Desk, args: CheckAvailability) -> Outcome:
    moved = appointment_of(desk, args.reschedules) if args.reschedules else None
    treatment = find_service(args.service)
    person = find_person(treatment, args.professional)
    meant = find_windows(args.when)
    wish = Wish(
        treatment, desk.context.conversation_id, None if person is None else person.pk, moved
    )
    found = searching.search(wish, meant)
    if found.slots:
        result: Outcome = {"slots": offer_slots(desk, treatment, found.slots, found.names)}
        return result | _note(found, urgent=args.for_urgency)
    if "horizon" in found.reasons and set(found.reasons) <= {"horizon", "holiday", "absence"}:
        raise Refusal(
            "beyond_horizon", "La agenda todavía no está abierta tan adelante: pedí otro día."
        )
    later = searching.alternatives(wish, meant)
    result = {
        "slots": [],
        "reasons": found.reasons,
        "alternatives": offer_slots(desk, treatment, later.slots, later.names),
    }
    return result | _note(later, urgent=args.for_urgency, why=wording.reason_words(found.reasons))


def find_service(asked: str) -> Treatment:
    """Return the one active service that the words mean."""
    known = active_treatments()
    fits = match_services(asked, known)
    if len(fits) == 1:
        return fits[0]
    raise Refusal(
        "unknown_service",
        "Ese servicio puede ser más de uno: preguntá cuál." if fits else "Ese servicio no existe.",
        services=[
            {"code": one.code, "name": one.name, "minutes": one.minutes} for one in fits or known
        ],
    )


def find_person(treatment: Treatment, asked: str | None) -> Professional | None:
    """Return the one who was named among those who offer the service; None for anybody."""
    if asked is None or is_anybody(asked):
        return None
    people = list(
        Professional.objects.filter(is_active=True, offered_treatments__treatment=treatment)
        .only("title", "first_name", "last_name", "tenant_id")
        .order_by("last_name", "first_name", "id")
    )
    fits = match_people(asked, people)
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise Refusal(
            "ambiguous_professional",
            "Hay más de un profesional con ese nombre: preguntá cuál.",
            professionals=[one.display_name for one in fits],
        )
    raise Refusal(
        "unknown_professional",
        f"Nadie con ese nombre hace {treatment.name}: ofrecé los que sí.",
        professionals=[one.display_name for one in people],
    )


def find_windows(asked: str) -> Windows:
    """Return the windows of time that the words mean."""
    meaning = parse_when(asked, wording.local(clock.now()))
    match meaning:
        case Windows():
            return meaning
        case Ambiguous(options):
            raise Refusal(
                "ambiguous_date",
                "La fecha puede ser más de una: preguntá cuál.",
                options=[
                    {"text": option.text, "when": _iso(option.meaning.windows[0][0])}
                    for option in options
                ],
            )
        case Unclear():
            raise Refusal("unclear_date", "No se entiende qué día u horario es: preguntalo.")
        case Past():
            raise Refusal("past_date", "Ese momento ya pasó: preguntá por otro.")


def _iso(moment: datetime) -> str:
    return wording.local(moment).date().isoformat()


def _note(found: Found, *, urgent: bool, why: str = "") -> Outcome:
    kinds = {slot.kind for slot in found.slots}
    notes = [why, REQUEST_NOTE if "request" in kinds else "", URGENCY_NOTE if urgent else ""]
    text = " ".join(note for note in notes if note)
    return {"note": text} if text else {}
