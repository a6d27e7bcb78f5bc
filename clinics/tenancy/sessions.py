"""Sessions of the staff pages and the admin: one log-in, one clinic at a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login, logout
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from clinics.tenancy.callers import Caller, find_caller
from clinics.tenancy.errors import (
    AccountPending,
    AccountSuspended,
    ClinicSwitched,
    SessionEnded,
    TokenInvalid,
)
from clinics.tenancy.models import Clinic, User
from dentalogic.core.clock import real_now

CLINIC = "clinic"
# Who showed a password and owes the code of their second step, and for how long that is kept.
AWAITED = "awaited"
CODE_WITHIN = timedelta(minutes=5)
PRUNED_AT_ONCE = 5000
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def log_in(request: HttpRequest, user: User, clinic: Clinic | None) -> None:
    """Start a session for a user who showed their password. The operator has no clinic.

    The membership must have been found active; it is checked again on every request.
    """
    request.session.pop(AWAITED, None)
    login(request, user, backend=_BACKEND)
    switch_clinic(request, user, clinic)


def switch_clinic(request: HttpRequest, user: User, clinic: Clinic | None) -> None:
    """Make `clinic` the one that the session works in."""
    if clinic is None:
        request.session.pop(CLINIC, None)
        return
    request.session[CLINIC] = str(clinic.pk)
    User.objects.filter(pk=user.pk).update(last_clinic=clinic)


def await_code(request: HttpRequest, email: str) -> None:
    """Remember who showed their password and still owes the code of their second step.

    What was in the session before goes: it may be somebody else's.
    """
    user = User.objects.get(email=email.strip().lower())
    logout(request)
    request.session[AWAITED] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "until": (real_now() + CODE_WITHIN).timestamp(),
    }


def who_awaits_code(request: HttpRequest) -> User | None:
    """Return who showed today's password a few minutes ago and owes a code; nobody else."""
    awaited = request.session.get(AWAITED)
    if not isinstance(awaited, dict) or awaited["until"] < real_now().timestamp():
        return None
    user = User.objects.filter(pk=awaited["user"], is_active=True).first()
    if user is None or not constant_time_compare(awaited["hash"], user.get_session_auth_hash()):
        return None
    return user


def keep_session(request: HttpRequest, user: User) -> None:
    """Let the session go on in which the user changed their password, under a new key."""
    # Not by Django's function: behind the API the request's user is the caller.
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()


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


def is_still_logged_in(stored: SessionBase, caller: Caller) -> bool:
    """Whether a session is there, in this clinic and of today's password: for sockets."""
    if stored.get(CLINIC) != str(caller.scope.tenant_id):
        return False
    user = User.objects.filter(pk=caller.user_id).first()
    shown = str(stored.get(HASH_SESSION_KEY, ""))
    return user is not None and constant_time_compare(shown, user.get_session_auth_hash())


def compare_clinic(request: HttpRequest, caller: Caller) -> None:
    """Refuse a request of a page that was drawn for another clinic than the session's.

    What the client sends chooses nothing; it is only compared.
    """
    stated = request.headers.get("X-Clinic")
    if stated and stated not in {caller.scope.schema, str(caller.scope.tenant_id)}:
        raise ClinicSwitched


def end_sessions(user_id: UUID, clinic_id: UUID | None = None) -> int:
    """End the sessions of a person, in one clinic or everywhere; how many.

    They are refused on each request anyway: this keeps them from coming back to life when the
    person is let in again. Sessions are opaque, so all that are alive are read.
    """
    ended = []
    for row in Session.objects.filter(expire_date__gt=real_now()).iterator():
        kept = row.get_decoded()
        if kept.get(SESSION_KEY) != str(user_id):
            continue
        if clinic_id is None or kept.get(CLINIC) == str(clinic_id):
            ended.append(row.pk)
    return Session.objects.filter(pk__in=ended).delete()[0]


def prune() -> int:
    """Forget sessions whose time is over, in small bites; how many."""
    old = Session.objects.filter(expire_date__lt=real_now()).order_by("expire_date")
    keys = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return Session.objects.filter(pk__in=keys).delete()[0]
