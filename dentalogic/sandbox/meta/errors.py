"""Graph API errors, as Meta documents them."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.wire import JSON

WRONG_TOKEN = 190
TITLES = {
    100: "Invalid parameter",
    190: "Invalid OAuth access token - Cannot parse access token",
    130429: "Rate limit hit",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131053: "Media upload error",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
}


class GraphError(Exception):
    """A refusal of the Graph API."""

    def __init__(
        self, code: int, details: str = "", *, status: int = 400, subcode: int | None = None
    ) -> None:
        super().__init__(details or TITLES.get(code, ""))
        self.code = code
        self.details = details
        self.status = status
        self.subcode = subcode

    def body(self) -> dict[str, Any]:
        """Return the documented JSON."""
        title = TITLES.get(self.code, "Something went wrong")
        error: dict[str, Any] = {
            "message": title if self.code == WRONG_TOKEN else f"(#{self.code}) {title}",
            "type": "GraphMethodException" if self.subcode else "OAuthException",
            "code": self.code,
            "fbtrace_id": "A" + secrets.token_urlsafe(16),
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return {"error": error}


def graph_refusal(_request: Request, error: Exception) -> Response:
    """Answer a `GraphError`."""
    assert isinstance(error, GraphError)
    return JSON(error.body(), status_code=error.status)


def failure(code: int, details: str) -> dict[str, Any]:
    """Return the entry of ``errors`` in a status webhook of a failed message."""
    title = TITLES.get(code, "Something went wrong")
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or title},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
