"""Small pieces of HTTP that every vendor's part shares."""

from __future__ import annotations

import email.parser
import email.policy
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


class BadInput(Exception):
    """The caller's request can't be understood; answered as 400 with this message."""


class JSON(Response):
    """A JSON answer by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Render the content."""
        return orjson.dumps(content)


def bad_input(_request: Request, error: Exception) -> Response:
    """Answer `BadInput` in the sandbox's own form."""
    return JSON({"error": str(error)}, status_code=400)


async def read_object(request: Request) -> dict[str, Any]:
    """Read the body as a JSON object."""
    try:
        found = orjson.loads(await request.body() or b"{}")
    except ValueError:
        raise BadInput("the body is not JSON") from None
    if not isinstance(found, dict):
        raise BadInput("the body is not a JSON object")
    return found


def text_of(body: dict[str, Any], name: str, *, needed: bool = True, default: str = "") -> str:
    """Return a text field, refusing other types."""
    value = body.get(name)
    if value is None and not needed:
        return default
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadInput(f"{name} must be a text")
    return value


def number_of(body: dict[str, Any], name: str, default: float) -> float:
    """Return a number field, refusing other types."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{name} must be a number")
    return float(value)


def whole_of(value: str | None, name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number of a query string."""
    if value is None or value == "":
        return default
    if not value.isdecimal() or int(value) < least:
        raise BadInput(f"{name} must be a whole number from {least} on")
    return int(value)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file part of a multipart request."""

    name: str
    mime_type: str
    data: bytes


async def read_multipart(request: Request) -> tuple[dict[str, str], dict[str, UploadedFile]]:
    """Read a multipart form as its texts and its files."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise BadInput("the body is not multipart/form-data")
    head = b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n"
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        head + await request.body()
    )
    texts: dict[str, str] = {}
    files: dict[str, UploadedFile] = {}
    if not message.is_multipart():
        raise BadInput("the multipart body can't be read")
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        if not isinstance(name, str):
            continue
        if part.get_filename() is None:
            texts[name] = data.decode("utf-8", "replace").strip()
        else:
            files[name] = UploadedFile(part.get_filename() or "", part.get_content_type(), data)
    return texts, files


def bearer(request: Request) -> str:
    """Return the bearer token of a request, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
