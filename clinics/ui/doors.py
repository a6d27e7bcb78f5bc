"""Who may open a page, and what every page of ours is sent with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from clinics.tenancy.callers import Caller
from clinics.tenancy.models import User
from clinics.tenancy.sessions import caller_of
from dentalogic.core.errors import DomainError
from dentalogic.core.problems import problem_response

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
StaffPage = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]
AccountPage = Callable[Concatenate[HttpRequest, User, P], HttpResponse]

OPERATORS_HOME = "/admin/"


def public_page(view: Page[P]) -> Page[P]:
    """Send a page that needs no log-in with the headers of all our pages."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except DomainError as error:
            response = problem_response(error.code, str(error), error.status, **error.details)
        return _sealed(request, response)

    return shown


def account_page(view: AccountPage[P]) -> Page[P]:
    """Let in whoever is logged in, a member or the operator: for what belongs to the account."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user: Any = request.user
        if not isinstance(user, User) or (caller_of(request) is None and not is_operator(request)):
            return HttpResponseRedirect(_entrance(request))
        return public_page(view)(request, user, *args, **kwargs)

    return guarded


def staff_page(view: StaffPage[P]) -> Page[P]:
    """Let active members in; everybody else is sent to the log-in, the operator to the admin."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        caller = caller_of(request)
        if caller is not None:
            return _sealed(request, view(request, caller, *args, **kwargs))
        if is_operator(request):
            return HttpResponseRedirect(OPERATORS_HOME)
        return HttpResponseRedirect(_entrance(request))

    return guarded


def staff_json(view: StaffPage[P]) -> Page[P]:
    """The same door for what scripts read: a problem instead of a redirect."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        caller = caller_of(request)
        if caller is None:
            return problem_response("session_ended", "La sesión terminó. Volvé a ingresar.", 401)
        try:
            response = view(request, caller, *args, **kwargs)
        except DomainError as error:
            response = problem_response(error.code, str(error), error.status, **error.details)
        return _sealed(request, response)

    return guarded


def is_operator(request: HttpRequest) -> bool:
    """Whether the session is the operator's: the superuser, who works in no clinic."""
    user: Any = getattr(request, "user", None)
    return isinstance(user, User) and user.is_active and user.is_superuser


def _entrance(request: HttpRequest) -> str:
    path = request.get_full_path()
    query = "" if path == "/" else f"?{urlencode({'next': path})}"
    return f"{settings.LOGIN_URL}{query}"


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Return where to go after a log-in: only ever an address of this host."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return default


def _sealed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    # Names of patients stand in these pages: no cache keeps them, no other site frames them.
    host = request.get_host()
    response["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            # Older browsers don't count the socket of one's own host as 'self'.
            f"connect-src 'self' ws://{host} wss://{host}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    response["Cache-Control"] = "no-store"
    return response
