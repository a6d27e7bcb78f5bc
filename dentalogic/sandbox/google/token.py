"""Tokens: a service account's signed grant, or a refresh token, against a bearer token."""

from __future__ import annotations

import base64
import secrets
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.google.errors import GoogleError
from dentalogic.sandbox.wire import JSON, bearer

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_PARTS = 3
PREFIX = "ya29.sandbox-"
PAGE_TOKEN = PREFIX + "page"


async def hand_out(request: Request) -> Response:
    """Serve ``POST /token``."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    grant = form.get("grant_type", [""])[0]
    if grant == JWT_GRANT:
        problem = _problem_of(form.get("assertion", [""])[0])
    elif grant == "refresh_token":
        problem = "" if form.get("refresh_token", [""])[0] else "Missing refresh_token"
    else:
        error = {"error": "unsupported_grant_type", "error_description": f"Invalid: {grant}"}
        return JSON(error, status_code=400)
    if problem:
        return JSON({"error": "invalid_grant", "error_description": problem}, status_code=400)
    token = PREFIX + secrets.token_urlsafe(24)
    return JSON({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


def _problem_of(assertion: str) -> str:
    """Say what is wrong with an assertion; its signature is not the sandbox's to check."""
    parts = assertion.split(".")
    if len(parts) != JWT_PARTS:
        return "Invalid JWT"
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = orjson.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        return "Invalid JWT"
    missing = [name for name in ("iss", "scope", "aud", "exp", "iat") if not claims.get(name)]
    return f"Invalid JWT: {missing[0]} is missing" if missing else ""


def authorize(request: Request) -> None:
    """Refuse a request without a token of ours."""
    if bearer(request).startswith(PREFIX):
        return
    where = ("header", "Authorization")
    raise GoogleError(401, "authError", "Invalid Credentials", location=where)


async def read_body(request: Request) -> dict[str, Any]:
    """Read the JSON object of a request."""
    try:
        body = orjson.loads(await request.body() or b"{}")
    except ValueError:
        raise GoogleError(400, "parseError", "Parse Error") from None
    if not isinstance(body, dict):
        raise GoogleError(400, "parseError", "Parse Error")
    return body
