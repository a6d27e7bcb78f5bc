"""Who asks for a change: the rules differ, and the history names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A patient in a conversation, a member of the staff, or the system itself."""

    kind: Literal["patient", "staff", "system"]
    user_id: UUID | None = None
    conversation_id: UUID | None = None

    @classmethod
    def patient(cls, conversation_id: UUID) -> Self:
        return cls("patient", conversation_id=conversation_id)

    @classmethod
    def staff(cls, user_id: UUID) -> Self:
        return cls("staff", user_id=user_id)

    @classmethod
    def system(cls) -> Self:
        return cls("system")

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"

    @property
    def is_patient(self) -> bool:
        return self.kind == "patient"

    @property
    def label(self) -> str:
        """How the history writes it: "patient", "staff:<user id>" or "system"."""
        return f"staff:{self.user_id}" if self.kind == "staff" else self.kind
