"""What the agenda and the intake refuse, with what the caller needs to go on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dentalogic.core.errors import DomainError, NotFound, StaleVersion

if TYPE_CHECKING:
    from clinics.services.availability import Slot

__all__ = [
    "BeyondHorizon",
    "CalendarNotTrusted",
    "FactsMissing",
    "GuardianCycle",
    "MergeConflict",
    "NotFound",
    "NotOffered",
    "NoticeTooShort",
    "OfferExpired",
    "OutsideHours",
    "PatientBusy",
    "PatientMerged",
    "ReasonRequired",
    "RequestKeyReused",
    "SlotTaken",
    "StaleVersion",
    "TransitionRefused",
    "UnknownOffer",
    "UrgentNeedsTriage",
]


class NotOffered(DomainError):
    """The professional does not exist, is not bookable, or does not offer the treatment."""

    code = "not_offered"
    message = "Ese turno no se puede dar con ese profesional y ese tratamiento."


class NotBookable(DomainError):
    """Base of refusals by a rule of the clinic; `reason` is a code of the availability engine."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.reason: str | None = details.get("reason")


class OutsideHours(NotBookable):
    """Closed, a holiday, a break, an absence, or a start that the grid does not have."""

    code = "outside_hours"
    message = "Ese horario está fuera de la agenda del profesional."


class NoticeTooShort(NotBookable):
    code = "notice_too_short"
    message = "Ese horario ya pasó o está demasiado cerca."


class BeyondHorizon(NotBookable):
    code = "beyond_horizon"
    message = "Ese horario está más allá de lo que la clínica agenda."


class UrgentNeedsTriage(NotBookable):
    """The time is reserved for urgencies."""

    code = "urgent_needs_triage"
    message = "Ese horario está reservado para urgencias."


class SlotTaken(DomainError):
    """Somebody has that time. `slots` and the detail `alternatives` are the nearest three others.

    `held_until` is there when only a hold stands in the way, which staff may override.
    """

    code = "slot_taken"
    message = "Ese horario ya no está libre."

    def __init__(
        self,
        message: str | None = None,
        *,
        slots: Sequence[Slot] = (),
        alternatives: Sequence[dict[str, Any]] = (),
        held_until: datetime | None = None,
    ) -> None:
        details: dict[str, Any] = {"alternatives": list(alternatives)}
        if held_until is not None:
            details["held_until"] = held_until.isoformat()
        super().__init__(message, **details)
        self.slots = list(slots)
        self.held_until = held_until


class PatientBusy(DomainError):
    code = "patient_busy"
    message = "El paciente ya tiene un turno a esa hora."


class FactsMissing(DomainError):
    """The gate: who asks is not a patient yet. The slot is kept until `held_until`."""

    code = "facts_missing"
    message = "Faltan datos para reservar."

    def __init__(self, missing: Sequence[str], held_until: datetime | None) -> None:
        super().__init__(
            missing=list(missing), held_until=held_until.isoformat() if held_until else None
        )
        self.missing = list(missing)
        self.held_until = held_until


class CalendarNotTrusted(DomainError):
    """The calendar can't be read now: ask for availability again, which offers requests."""

    code = "calendar_not_trusted"
    message = (
        "No se puede leer el calendario en este momento; se puede dejar un pedido a confirmar."
    )


class RequestKeyReused(DomainError):
    code = "request_key_reused"
    message = "Esa clave de pedido ya se usó para otra cosa."
    status = 422


class ReasonRequired(DomainError):
    code = "reason_required"
    message = "Hace falta un motivo."
    status = 400


class TransitionRefused(DomainError):
    """The state does not lead there; `allowed` are the states that it does lead to."""

    code = "transition_refused"
    message = "El turno no puede pasar a ese estado."

    def __init__(self, allowed: Sequence[str], message: str | None = None) -> None:
        super().__init__(message, allowed=list(allowed))
        self.allowed = list(allowed)


class UnknownOffer(DomainError):
    code = "unknown_slot"
    message = "Ese horario no se ofreció en esta conversación."
    status = 404


class OfferExpired(DomainError):
    code = "offer_expired"
    message = "Ese ofrecimiento venció; hay que volver a buscar horarios."


class PatientMerged(DomainError):
    """The row was merged into another one, `into`, which is the person now."""

    code = "patient_merged"
    message = "Esta ficha se unió a otra. Abrí la otra."


class GuardianCycle(DomainError):
    code = "guardian_cycle"
    message = "Esa persona ya depende de este paciente."


class MergeConflict(DomainError):
    """The two can't be one person as they stand; the details say what stands in the way."""

    code = "merge_conflict"
    message = "Las fichas no se pueden unir así."
