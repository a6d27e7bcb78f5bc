"""Authentication of the API: a bearer token, or the session of the staff pages with its CSRF."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from clinics.tenancy import tokens
from clinics.tenancy.callers import Caller
from clinics.tenancy.errors import TokenInvalid
from clinics.tenancy.sessions import caller_of, compare_clinic

_SCHEME_AND_TOKEN = 2


class ClinicAuthentication(BaseAuthentication):
    """Find the caller. Nothing shown is no caller; something wrong shown is a refusal."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return self._by_session(request)
        parts = header.split()
        if len(parts) != _SCHEME_AND_TOKEN or parts[0].lower() != "bearer":
            raise TokenInvalid
        caller = tokens.caller_of(parts[1])
        compare_clinic(request, caller)
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="dentalogic"'

    def _by_session(self, request: Request) -> tuple[Any, Caller] | None:
        caller = caller_of(request._request)
        if caller is None:
            return None
        SessionAuthentication().enforce_csrf(request)
        return caller, caller
