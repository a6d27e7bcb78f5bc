"""Errors in the JSON that Google documents."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.wire import JSON


class GoogleError(Exception):
    """A refusal of the Calendar API."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.domain = domain
        self.location = location

    def body(self) -> dict[str, Any]:
        """Return the documented JSON."""
        detail = {"domain": self.domain, "reason": self.reason, "message": str(self)}
        if self.location:
            detail["locationType"], detail["location"] = self.location
        return {"error": {"code": self.status, "message": str(self), "errors": [detail]}}


def google_refusal(_request: Request, error: Exception) -> Response:
    """Answer a `GoogleError`."""
    assert isinstance(error, GoogleError)
    return JSON(error.body(), status_code=error.status)


def not_found() -> GoogleError:
    """Return the refusal for what does not exist (or is not shared: Google tells no difference)."""
    return GoogleError(404, "notFound", "Not Found")


def invalid(name: str, message: str = "") -> GoogleError:
    """Return the refusal of a parameter."""
    return GoogleError(
        400, "invalid", message or f"Invalid value for: {name}", location=("parameter", name)
    )


def required(name: str, message: str) -> GoogleError:
    """Return the refusal of a missing field."""
    return GoogleError(400, "required", message, location=("body", name))
