"""Times as they are put to a patient: each behind the reference of an offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from agent import wording
from agent.tools.calling import Desk
from clinics.models import Offer, Professional, Treatment
from clinics.services.availability import Slot
from clinics.services.intake import make_offers

REQUEST_NOTE = (
    "La agenda no se puede confirmar en este momento: estos horarios se toman como pedido y la "
    "clínica los confirma después. No digas que el turno quedó reservado."
)


def offer_slots(
    desk: Desk, treatment: Treatment, slots: Sequence[Slot], names: Mapping[UUID, str] | None = None
) -> list[dict[str, Any]]:
    """Record the slots as offered in this conversation and return them as the model sees them."""
    if not slots:
        return []
    offers = make_offers(
        conversation_id=desk.context.conversation_id, treatment=treatment, slots=slots
    )
    known = names or names_of({slot.professional_id for slot in slots})
    return [shown(offer, known.get(offer.professional_id, "")) for offer in offers]


def shown(offer: Offer, professional: str) -> dict[str, Any]:
    """Return an offer as the model sees it."""
    at = wording.local(offer.starts_at)
    return {
        "ref": offer.code,
        "kind": str(offer.kind),
        "professional": professional,
        "date": at.date().isoformat(),
        "weekday": wording.WEEKDAYS[at.weekday()],
        "time": f"{at:%H:%M}",
        "minutes": int((offer.ends_at - offer.starts_at).total_seconds() // 60),
        "text": wording.visit_words(offer.starts_at, professional),
    }


def names_of(ids: set[UUID]) -> dict[UUID, str]:
    """Return the display names of professionals."""
    return {one.pk: one.display_name for one in Professional.objects.filter(pk__in=ids)}
