"""Pages of the operator: requests that no mail could announce, and the switch of an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinics.tenancy import gatekeeper, mail, sessions
from clinics.tenancy.models import Clinic, User
from clinics.tenancy.platform_health import health_of
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError

PER_PAGE = 50


class AccessForm(forms.Form):
    email = forms.CharField(label=_("Correo"), max_length=254)
    enabled = forms.TypedChoiceField(
        label=_("Acceso"),
        choices=[("0", _("Cortar el acceso a todas las clínicas")), ("1", _("Permitirlo"))],
        coerce=lambda value: value == "1",
    )


def omega_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """List who waits unannounced, with the link to pass on to a CEO of their clinic.

    The link lets nobody in: it asks for that CEO's log-in. A row leaves the list with its mail.
    """
    _operator(request)
    page = Paginator(mail.waiting_unannounced(), PER_PAGE).get_page(request.GET.get("page"))
    expires = real_now() + timedelta(days=gatekeeper.LINK_DAYS)
    rows = [
        {"member": member, "link": gatekeeper.activation_link(member), "expires": expires}
        for member in page.object_list
    ]
    told = {**context, "title": _("Pedidos sin avisar"), "rows": rows, "page": page}
    return TemplateResponse(request, "tenancy/omega.html", told)


def health_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show how every clinic does, by name; nothing of what its people wrote."""
    _operator(request)
    clinics = Clinic.objects.order_by("name", "id")
    page = Paginator(clinics, PER_PAGE).get_page(request.GET.get("page"))
    told = {
        **context,
        "title": _("Salud de las clínicas"),
        "rows": health_of(page.object_list),
        "page": page,
    }
    return TemplateResponse(request, "tenancy/health.html", told)


def access_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Shut one person out of every clinic, or let them in again."""
    operator = _operator(request)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _switch(form.cleaned_data, operator)
        except DomainError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("Listo."))
            return HttpResponseRedirect(reverse("admin:access"))
    told = {**context, "title": _("Acceso de una persona"), "form": form}
    return TemplateResponse(request, "tenancy/access.html", told)


def _switch(values: dict[str, Any], operator: User) -> None:
    user = User.objects.filter(email=values["email"].strip().lower()).first()
    if user is None:
        raise DomainError(str(_("Nadie tiene ese correo.")))
    gatekeeper.enable(user_id=user.pk, enabled=values["enabled"], by=operator.pk)


def _operator(request: HttpRequest) -> User:
    """Return the operator, or refuse: a CEO of a clinic is let into the admin, and not here."""
    user = request.user
    if not isinstance(user, User) or not user.is_active or not user.is_superuser:
        raise PermissionDenied
    if sessions.caller_of(request) is not None:
        raise PermissionDenied
    return user
