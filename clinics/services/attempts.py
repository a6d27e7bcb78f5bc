"""Running a change of the agenda: its transaction, its second tries, and what a loser gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError

from clinics.models import Professional
from clinics.services.availability import External, Slot, nearest_alternatives, recheck_calendar
from clinics.services.errors import SlotTaken
from clinics.services.events import wall_time
from clinics.services.placing import AskGoogle, Wish
from clinics.services.writing import refusal_of
from dentalogic.core.transactions import in_transaction, violated_constraint

T = TypeVar("T")
# A chair that we chose may go to a colleague's patient meanwhile: then another one is chosen.
ATTEMPTS = 6
_WORTH_ANOTHER_LOOK = {"appointment_request_once", "appointment_one_hold_per_conversation"}


def attempt(wish: Wish, work: Callable[[External | None], T]) -> T:
    """Run `work` in a transaction; a refusal leaves nothing behind.

    `work` gets what Google said, or None before it was asked: the calendar is read between two
    transactions, never inside one. `SlotTaken` leaves here with the three nearest alternatives,
    looked for after the rollback.
    """
    external: External | None = None
    for _ in range(ATTEMPTS):
        seen = external
        try:
            return in_transaction(lambda: work(seen))  # noqa: B023  # runs before the next round
        except AskGoogle as ask:
            external = recheck_calendar(
                clinic=ask.clinic,
                calendar=ask.calendar,
                starts_at=wish.starts_at,
                ends_at=wish.ends_at,
            )
        except SlotTaken as taken:
            raise with_alternatives(wish, taken) from None
        except IntegrityError as error:
            constraint = violated_constraint(error)
            if constraint in _WORTH_ANOTHER_LOOK:
                continue
            if constraint == "appointment_chair_free" and wish.chair_id is None:
                continue
            refusal = refusal_of(error)
            if isinstance(refusal, SlotTaken):
                raise with_alternatives(wish, refusal) from None
            if refusal is not None:
                raise refusal from None
            raise
    raise with_alternatives(wish, SlotTaken())


def with_alternatives(wish: Wish, taken: SlotTaken) -> SlotTaken:
    """Return the refusal with the three nearest slots in its answer."""
    slots = nearest_alternatives(
        treatment=wish.treatment,
        professional_id=wish.professional_id,
        around=wish.starts_at,
        urgent=wish.urgent,
        exclude=wish.moved,
        conversation_id=wish.conversation_id,
    )
    return SlotTaken(slots=slots, alternatives=_described(slots), held_until=taken.held_until)


def _described(slots: list[Slot]) -> list[dict[str, Any]]:
    people = Professional.objects.in_bulk({slot.professional_id for slot in slots})
    return [
        {
            "professional_id": str(slot.professional_id),
            "professional": people[slot.professional_id].display_name,
            "starts_at": wall_time(slot.starts_at),
            "ends_at": wall_time(slot.ends_at),
            "chair_id": None if slot.chair_id is None else str(slot.chair_id),
        }
        for slot in slots
    ]
