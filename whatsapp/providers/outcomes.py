"""How sending can end other than well. Each says what is known about the message."""

from __future__ import annotations

from datetime import timedelta


class Refused(Exception):
    """The provider will never send it. `code` is the provider's."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class NotSent(Exception):
    """It certainly was not sent and may be later; `after` is the provider's wish, if any."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class MaybeSent(Exception):
    """The request went out and its answer never came: only a report can tell."""
