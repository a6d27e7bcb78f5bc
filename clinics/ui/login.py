"""Getting in and out: log-in, log-out, another clinic."""

from __future__ import annotations

from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request

from clinics.tenancy.accounts import choose_membership, memberships_of, prove, prove_code
from clinics.tenancy.errors import NoMembership, OtpRequired, TooManyAttempts
from clinics.tenancy.models import Membership, MembershipStatus, User
from clinics.tenancy.sessions import (
    await_code,
    caller_of,
    log_in,
    log_out,
    switch_clinic,
    who_awaits_code,
)
from clinics.tenancy.throttles import AddressThrottle, address_of
from clinics.ui.doors import OPERATORS_HOME, is_operator, public_page, safe_next
from dentalogic.core.errors import DomainError

ADVICE = {
    "wrong_credentials": "Revisá que no haya espacios ni mayúsculas de más y probá de nuevo.",
    "account_pending": "Apenas la active vas a poder entrar con este correo y esta contraseña.",
    "account_suspended": "Si creés que es un error, hablá con la dirección de tu clínica.",
    "no_clinic": "Pedí a la dirección de tu clínica que te agregue al equipo.",
    "otp_wrong": "Mirá el código que muestra la aplicación ahora, o usá uno de recuperación.",
    "throttled": "Por seguridad hay que esperar un poco entre tantos intentos.",
}


LONGEST_CODE = 40
CODE_PAGE = "/login/code/"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@csrf_protect
@public_page
def log_in_page(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password; say clearly what is wrong, after the right password only."""
    if request.method == "GET":
        if caller_of(request) is not None:
            return HttpResponseRedirect(safe_next(request))
        if is_operator(request):
            return HttpResponseRedirect(OPERATORS_HOME)
        return _form(request)
    try:
        user = _prove(request)
        return _enter(request, user)
    except OtpRequired:
        return HttpResponseRedirect(_with_next(request, CODE_PAGE))
    except DomainError as error:
        return _form(request, error)


def _prove(request: HttpRequest) -> User:
    address = count_attempt(request)
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    try:
        return prove(email=email, password=password, address=address)
    except OtpRequired:
        await_code(request, email)
        raise


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@csrf_protect
@public_page
def code_page(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the second step, for a few minutes after the right password."""
    user = who_awaits_code(request)
    if user is None:
        return HttpResponseRedirect(_with_next(request, "/login/"))
    context: dict[str, Any] = {"next": safe_next(request, "")}
    if request.method == "GET":
        return render(request, "ui/login_code.html", context)
    try:
        address = count_attempt(request)
        prove_code(user=user, code=request.POST.get("code", "")[:LONGEST_CODE], address=address)
    except DomainError as error:
        context |= {"error": str(error), "advice": ADVICE.get(error.code, "")}
        return _told_to_wait(
            render(request, "ui/login_code.html", context, status=error.status), error
        )
    try:
        return _enter(request, user)
    except DomainError as error:
        return _form(request, error)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    memberships = memberships_of(user)
    if user.is_superuser and not memberships:
        log_in(request, user, None)
        return HttpResponseRedirect(safe_next(request, OPERATORS_HOME))
    # Pending, suspended and "no clinic" are told apart here, in the words of the API.
    chosen = choose_membership(user, memberships)
    log_in(request, user, chosen.clinic)
    open_ = [one for one in memberships if one.status == MembershipStatus.ACTIVE]
    if len(open_) > 1 and user.last_clinic_id not in {one.clinic_id for one in open_}:
        return _choice(request, open_)
    return HttpResponseRedirect(safe_next(request))


@require_http_methods(["GET", "POST"])
@csrf_protect
@public_page
def switch_page(request: HttpRequest) -> HttpResponse:
    """Choose among the clinics in which the person is active; another one is refused."""
    user = request.user
    if caller_of(request) is None or not isinstance(user, User):
        return HttpResponseRedirect("/login/")
    open_ = [one for one in memberships_of(user) if one.status == MembershipStatus.ACTIVE]
    if request.method == "GET":
        return _choice(request, open_)
    chosen = [one for one in open_ if one.clinic.schema_name == request.POST.get("clinic")]
    if not chosen:
        return _choice(request, open_, status=403)
    switch_clinic(request, user, chosen[0].clinic)
    return HttpResponseRedirect(safe_next(request))


@require_POST
@csrf_protect
@public_page
def log_out_page(request: HttpRequest) -> HttpResponse:
    """End the session. By POST alone: no link or image of another site can do it."""
    log_out(request)
    return HttpResponseRedirect("/login/?out=1")


def _form(request: HttpRequest, error: DomainError | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "next": safe_next(request, ""),
        "out": "out" in request.GET,
        "set": "set" in request.GET,
    }
    if error is not None:
        context |= {
            "error": str(error),
            "advice": ADVICE.get(error.code, ""),
            "tone": "wait" if error.code in {"account_pending", "throttled"} else "bad",
            "email": request.POST.get("email", "")[:254],
        }
    answer = render(request, "ui/login.html", context, status=error.status if error else 200)
    return _told_to_wait(answer, error)


def _told_to_wait(answer: HttpResponse, error: DomainError | None) -> HttpResponse:
    if error is not None and "retry_after" in error.details:
        answer["Retry-After"] = str(error.details["retry_after"])
    return answer


def _with_next(request: HttpRequest, path: str) -> str:
    target = safe_next(request, "")
    return f"{path}?{urlencode({'next': target})}" if target else path


def _choice(request: HttpRequest, open_: list[Membership], *, status: int = 200) -> HttpResponse:
    if not open_:
        raise NoMembership
    context = {
        "memberships": open_,
        "current": request.session.get("clinic"),
        "next": safe_next(request, ""),
    }
    return render(request, "ui/clinics.html", context, status=status)


def count_attempt(request: HttpRequest) -> str:
    """Count like the API, per address; return the address."""
    counted = Request(request, parsers=[FormParser(), MultiPartParser()])
    throttle = AddressThrottle()
    if not throttle.allow_request(counted, log_in_page):
        raise TooManyAttempts(retry_after=ceil(throttle.wait() or 1))
    return address_of(counted)
