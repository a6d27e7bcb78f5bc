"""Which clinic the running code belongs to, and who acts in it.

Data only: switching is `tenancy`'s, telling PostgreSQL the database backend's.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """A clinic as the kernel knows it: two independent keys, its zone and its clock."""

    schema: str
    tenant_id: UUID
    timezone: str
    clock_offset: timedelta


class Entered:
    """One stay in a clinic, or outside all of them. It is over for everybody who inherited it."""

    __slots__ = ("over", "scope", "token")

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope
        self.over = False
        self.token: Token[Entered | None] | None = None


class CurrentScope:
    """The clinic of the running context.

    Tasks, callbacks and threads copy a context and may outlive the block that entered the clinic:
    what they inherited ends with the block, and then they are outside every clinic.
    """

    def __init__(self) -> None:
        self._entered: ContextVar[Entered | None] = ContextVar("clinic_scope", default=None)

    def get(self) -> Scope | None:
        entered = self._entered.get()
        return None if entered is None or entered.over else entered.scope

    def set(self, scope: Scope | None) -> Entered:
        entered = Entered(scope)
        entered.token = self._entered.set(entered)
        return entered

    def reset(self, entered: Entered) -> None:
        """End a stay and restore what was there before."""
        entered.over = True
        # A generator that is closed late may find somebody else's stay: that one goes on.
        if entered.token is not None and self._entered.get() is entered:
            # Asyncio closes a forgotten generator in a copy of the context, which has no reset.
            with suppress(ValueError):
                self._entered.reset(entered.token)


SCOPE = CurrentScope()

# Who acts, as the audit names them: "staff:<user id>", "patient", "agent" or "system".
SYSTEM = "system"
ACTOR: ContextVar[str] = ContextVar("actor", default=SYSTEM)
