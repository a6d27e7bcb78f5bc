"""Sessions of the staff pages and the admin: one log-in, one clinic at a time."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login, logout
from django.http import HttpRequest

from clinics.tenancy.callers import Caller, find_caller
from clinics.tenancy.errors import (
    AccountPending,
    AccountSuspended,
    ClinicSwitched,
    SessionEnded,
    TokenInvalid,
)
from clinics.tenancy.models import Clinic, User

CLINIC = "clinic"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def log_in(request: HttpRequest, user: User, clinic: Clinic | None) -> None:
    """Start a session for a user who showed their password. The operator has no clinic.

    The membership must have been found active; it is checked again on every request.
    """
    login(request, user, backend=_BACKEND)
    switch_clinic(request, user, clinic)


def switch_clinic(request: HttpRequest, user: User, clinic: Clinic | None) -> None:
    """Make `clinic` the one that the session works in."""
    if clinic is None:
        request.session.pop(CLINIC, None)
        return
    request.session[CLINIC] = str(clinic.pk)
    User.objects.filter(pk=user.pk).update(last_clinic=clinic)


def log_out(request: HttpRequest) -> None:
    """End the session and forget everything in it."""
    logout(request)


def caller_of(request: HttpRequest) -> Caller | None:
    """Return the member behind a page's request, as the middleware found them."""
    caller: Caller | None = getattr(request, "caller", None)
    return caller


def find_session_caller(request: HttpRequest) -> Caller | None:
    """Look up who the session belongs to and whether they still may; else end the session."""
    if not hasattr(request, "session") or CLINIC not in request.session:
        return None
    user = request.user
    if not isinstance(user, User):
        return None
    try:
        clinic_id = UUID(str(request.session[CLINIC]))
        return find_caller(user.pk, clinic_id)
    except (AccountPending, AccountSuspended, SessionEnded, TokenInvalid, ValueError):
        log_out(request)
        return None


def compare_clinic(request: HttpRequest, caller: Caller) -> None:
    """Refuse a request of a page that was drawn for another clinic than the session's.

    What the client sends chooses nothing; it is only compared.
    """
    stated = request.headers.get("X-Clinic")
    if stated and stated not in {caller.scope.schema, str(caller.scope.tenant_id)}:
        raise ClinicSwitched
