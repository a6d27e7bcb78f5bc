"""Errors that the domain raises on purpose. Interfaces translate them; nobody parses messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


class DomainError(Exception):
    """A rule said no. `code` is for machines, `message` for the person who asked.

    `details` are values that the answer carries besides (alternatives, missing facts, the allowed
    next states). They must be ready for JSON.
    """

    code = "domain_error"
    message = "La operación no es posible."
    status = 409

    def __init__(self, message: str | None = None, **details: Any) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)
        self.details = details


class NotAllowed(DomainError):
    code = "not_allowed"
    message = "No tenés permiso para hacer esto."
    status = 403


class NotFound(DomainError):
    """Also what somebody else's id gets: existence is not disclosed."""

    code = "not_found"
    message = "No existe."
    status = 404


class StaleVersion(DomainError):
    code = "stale_version"
    message = "Otra persona lo cambió mientras tanto. Volvé a cargarlo."


class Invalid(DomainError):
    """A value that can't be; `errors` maps fields to sentences."""

    code = "invalid"
    message = "Hay datos que no son válidos."
    status = 400

    def __init__(self, errors: dict[str, list[str]], message: str | None = None) -> None:
        super().__init__(message, errors=errors)


class DependencyAway(DomainError):
    """A service that we need is away for the moment: 503 with `Retry-After`."""

    code = "dependency_away"
    message = "Un servicio no responde. Probá de nuevo en unos segundos."
    status = 503


class PermanentFailure(Exception):
    """A sink refused a delivery for good; retrying can't help."""


class RetryLater(Exception):
    """A sink asks for the delivery again after a while, without counting it as a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"retry in {after}")
        self.after = after
