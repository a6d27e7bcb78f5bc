"""Passwords in pages: change mine, ask for a link, set one by a link."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from clinics.tenancy import passwords
from clinics.tenancy.errors import LinkUsed
from clinics.tenancy.models import User
from clinics.tenancy.sessions import keep_session
from clinics.ui.doors import account_page, public_page
from clinics.ui.login import count_attempt
from dentalogic.core.errors import DomainError, Invalid

LONGEST = 128
# In the place of the token, once it lies in the session: an address is seen by too many.
HIDDEN = "set-password"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@csrf_protect
@account_page
def change_page(request: HttpRequest, user: User) -> HttpResponse:
    """Change the own password; all other sessions of the person end."""
    if request.method == "GET":
        return _card(request, "ui/password_change.html", _("Cambiar mi contraseña"), back="/")
    try:
        address = count_attempt(request)
        passwords.change(
            user=user,
            current=_field(request, "current_password"),
            new=_repeated(request),
            address=address,
        )
    except DomainError as error:
        title = _("Cambiar mi contraseña")
        return _card(request, "ui/password_change.html", title, error=error, back="/")
    keep_session(request, user)
    done = _("Tu contraseña cambió. Tus otras sesiones se cerraron.")
    return _card(request, "ui/entry_card.html", _("Cambiar mi contraseña"), done=done, back="/")


@require_http_methods(["GET", "POST"])
@csrf_protect
@public_page
def forgot_page(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; the answer is the same for an e-mail that nobody has."""
    title = _("Olvidé mi contraseña")
    if request.method == "GET":
        return _card(request, "ui/password_forgot.html", title, back="/login/")
    try:
        count_attempt(request)
        passwords.ask_for_link(request.POST.get("email", "")[:254])
    except DomainError as error:
        return _card(request, "ui/password_forgot.html", title, error=error, back="/login/")
    done = _("Si ese correo es de una cuenta, en unos minutos le llega un enlace.")
    return _card(request, "ui/entry_card.html", title, done=done, back="/login/")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@csrf_protect
@public_page
def set_page(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Set a password by a mailed link, which is good once and logs nobody in.

    The token moves to the session and out of the address before anything else is loaded.
    """
    title = _("Elegir contraseña")
    user = passwords.user_behind(uidb64)
    kept = request.session.get(INTERNAL_RESET_SESSION_TOKEN, "") if token == HIDDEN else token
    if user is None or not default_token_generator.check_token(user, kept):
        return _card(request, "ui/entry_card.html", title, error=LinkUsed(), back="/login/")
    if token != HIDDEN:
        request.session[INTERNAL_RESET_SESSION_TOKEN] = token
        return HttpResponseRedirect(request.path.replace(token, HIDDEN))
    if request.method == "GET":
        return _card(request, "ui/password_set.html", title)
    try:
        passwords.set_by_link(uid=uidb64, token=kept, password=_repeated(request))
    except DomainError as error:
        template = "ui/entry_card.html" if isinstance(error, LinkUsed) else "ui/password_set.html"
        return _card(request, template, title, error=error, back="/login/")
    del request.session[INTERNAL_RESET_SESSION_TOKEN]
    return HttpResponseRedirect("/login/?set=1")


@sensitive_variables()
def _repeated(request: HttpRequest) -> str:
    """Return the new password, which was typed twice."""
    first, second = _field(request, "new_password1"), _field(request, "new_password2")
    if first != second:
        raise Invalid({"new_password": [_("Las dos contraseñas no son iguales.")]})
    return first


def _field(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "")[:LONGEST]


def _card(
    request: HttpRequest,
    template: str,
    title: str,
    *,
    error: DomainError | None = None,
    **more: Any,
) -> HttpResponse:
    context = {"title": title, **more}
    if error is not None:
        said = [line for lines in error.details.get("errors", {}).values() for line in lines]
        context |= {"error": str(error), "advice": " ".join(str(line) for line in said)}
    answer = render(request, template, context, status=error.status if error else 200)
    if error is not None and "retry_after" in error.details:
        answer["Retry-After"] = str(error.details["retry_after"])
    return answer
