"""The page on which a CEO turns the second step of their log-in on and off."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinics.tenancy import otp
from clinics.tenancy.accounts import prove_again
from clinics.tenancy.models import User
from clinics.tenancy.passwords import WRONG_PASSWORD
from clinics.ui.doors import account_page
from clinics.ui.login import LONGEST_CODE, count_attempt
from dentalogic.core.errors import DomainError, Invalid, NotAllowed


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@csrf_protect
@account_page
def second_step_page(request: HttpRequest, user: User) -> HttpResponse:
    """Show where the second step stands, and do one thing about it.

    All but the confirmation ask for the password: a page that was left open must not be enough.
    """
    if not (otp.may_enrol(user) or otp.is_on(user.pk)):
        raise NotAllowed
    if request.method == "GET":
        return _page(request, user)
    try:
        return _act(request, user, request.POST.get("action", ""))
    except DomainError as error:
        return _page(request, user, error=error)


def _act(request: HttpRequest, user: User, action: str) -> HttpResponse:
    if action == "confirm":
        count_attempt(request)
        codes = otp.confirm(user=user, code=request.POST.get("code", "")[:LONGEST_CODE])
        return _page(
            request, user, codes=codes, done=_("La verificación en dos pasos está activa.")
        )
    address = count_attempt(request)
    password = request.POST.get("password", "")[:128]
    if not prove_again(user=user, password=password, address=address):
        raise Invalid({"password": [WRONG_PASSWORD]}, WRONG_PASSWORD)
    match action:
        case "begin":
            otp.begin(user=user)
            return _page(request, user)
        case "codes":
            return _page(request, user, codes=otp.renew_recovery_codes(user=user))
        case "off":
            otp.turn_off(user=user)
            return _page(request, user, done=_("La verificación en dos pasos está desactivada."))
        case _:
            raise Invalid({"action": [_("No existe.")]})


def _page(
    request: HttpRequest, user: User, *, error: DomainError | None = None, **more: Any
) -> HttpResponse:
    begun = otp.enrolment(user)
    context: dict[str, Any] = {
        "title": _("Verificación en dos pasos"),
        "on": otp.is_on(user.pk),
        "left": otp.recovery_codes_left(user.pk),
        "enrolment": begun,
        "qr": segno.make(begun.uri, micro=False).svg_data_uri(scale=5) if begun else "",
        "back": "/",
        **more,
    }
    if error is not None:
        context["error"] = str(error)
    answer = render(request, "ui/second_step.html", context, status=error.status if error else 200)
    if error is not None and "retry_after" in error.details:
        answer["Retry-After"] = str(error.details["retry_after"])
    return answer
