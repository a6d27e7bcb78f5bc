"""The one place that reads the clock.

Business time (`now`) is what the agenda, the agent and the patients live in; a clinic may carry
an offset, so that evaluations run many clocks at once. Real time (`real_now`) is for tokens,
signatures, leases and the outbox, which must agree with other machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from dentalogic.core.scope import SCOPE

_FROZEN: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def real_now() -> datetime:
    """Return the machine's time, aware, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return business time: the frozen instant, else the real one plus the clinic's offset."""
    frozen = _FROZEN.get()
    if frozen is not None:
        return frozen
    scope = SCOPE.get()
    return real_now() if scope is None else real_now() + scope.clock_offset


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold business time at `at` (aware) for this context and the contexts copied from it."""
    if at.tzinfo is None:
        raise ValueError("a frozen clock needs an aware moment")
    token = _FROZEN.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _FROZEN.reset(token)
