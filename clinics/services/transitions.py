"""Where an appointment may go from where it is. One table; everything else is refused."""

from __future__ import annotations

from clinics.models import AppointmentStatus as S
from clinics.services.actors import Actor

TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.HELD: (S.SCHEDULED, S.PENDING_CONFIRMATION),
    S.PENDING_CONFIRMATION: (S.SCHEDULED, S.CANCELLED),
    S.SCHEDULED: (S.CONFIRMED, S.ARRIVED, S.COMPLETED, S.CANCELLED, S.NO_SHOW),
    S.CONFIRMED: (S.ARRIVED, S.COMPLETED, S.CANCELLED, S.NO_SHOW),
    S.ARRIVED: (S.IN_CHAIR, S.COMPLETED, S.CANCELLED, S.NO_SHOW),
    S.IN_CHAIR: (S.COMPLETED,),
    # Back to the state before, the same day, with a reason: see `undo_of`.
    S.COMPLETED: (),
    S.NO_SHOW: (),
    S.CANCELLED: (),
}
UNDOABLE = (S.COMPLETED, S.NO_SHOW)
# A moved appointment that the patient had confirmed has to be confirmed again.
MOVABLE: dict[str, str] = {
    S.PENDING_CONFIRMATION: S.PENDING_CONFIRMATION,
    S.SCHEDULED: S.SCHEDULED,
    S.CONFIRMED: S.SCHEDULED,
}
# What patients do themselves, with their own appointments; the rest is the staff's. Withdrawing a
# request is theirs too: only moving it on is not.
BY_PATIENTS: dict[str, tuple[str, ...]] = {
    S.PENDING_CONFIRMATION: (S.CANCELLED,),
    S.SCHEDULED: (S.CONFIRMED, S.CANCELLED),
    S.CONFIRMED: (S.CANCELLED,),
}


def allowed_from(status: str, actor: Actor) -> tuple[str, ...]:
    """Return the states that the actor may move an appointment to, undoing left out.

    A hold moves on by being booked, so nothing is allowed from `held` here.
    """
    if status == S.HELD:
        return ()
    table = BY_PATIENTS if actor.is_patient else TRANSITIONS
    return tuple(str(to) for to in table.get(status, ()))
