"""What a new clinic still needs: a list on the admin's first page, each item as the tables say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clinics.models import Professional, Treatment
from clinics.services.phones import e164
from clinics.tenancy import profile
from clinics.tenancy.admin_site import gatekeeper_of, site
from clinics.tenancy.callers import Caller
from clinics.tenancy.models import Clinic, Membership, MembershipStatus
from dentalogic.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to set up. `test` is what a button tries out; `phone` asks for one's own."""

    title: str
    done: bool
    state: str
    link: str
    test: str = ""
    test_label: str = ""
    asks_phone: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks, and at which clinic: read once for all items."""

    caller: Caller
    clinic: Clinic


# In the order in which they are set up. Apps above this one add theirs.
ITEMS: dict[str, Callable[[Asked], Item]] = {}
TESTS: dict[str, Callable[[HttpRequest, Asked], str]] = {}


def panel(request: HttpRequest) -> dict[str, Any] | None:
    """Return the list for a CEO; the operator has none."""
    caller = gatekeeper_of(request)
    if caller is None:
        return None
    asked = Asked(caller, Clinic.objects.get(pk=caller.scope.tenant_id))
    order = ("hours", "treatments", "users", "line", "calendar", "agent")
    items = [ITEMS[name](asked) for name in order if name in ITEMS]
    return {
        "template": "clinics/admin/setup.html",
        "steps": items,
        "left": sum(not item.done for item in items),
    }


def hours(asked: Asked) -> Item:
    weeks = list(
        Professional.objects.filter(is_active=True).values_list("working_hours", flat=True)[:1000]
    )
    without = sum(not any(week.values()) for week in weeks)
    if not weeks:
        state = _("Todavía no hay profesionales.")
    elif without:
        state = ngettext(
            "Falta cargar los horarios de %(n)s profesional.",
            "Falta cargar los horarios de %(n)s profesionales.",
            without,
        ) % {"n": without}
    else:
        state = ngettext(
            "%(n)s profesional con horarios.", "%(n)s profesionales con horarios.", len(weeks)
        ) % {"n": len(weeks)}
    link = reverse(
        "admin:clinics_professional_changelist" if weeks else "admin:clinics_professional_add"
    )
    return Item(_("Profesionales y horarios"), bool(weeks) and not without, state, link)


def treatments(asked: Asked) -> Item:
    offered = Treatment.objects.filter(is_active=True)
    total = offered.count()
    done_by = offered.filter(offered_by__professional__is_active=True).distinct().count()
    if not total:
        state = _("Todavía no hay tratamientos.")
    elif done_by < total:
        state = ngettext(
            "%(n)s tratamiento que ningún profesional hace.",
            "%(n)s tratamientos que ningún profesional hace.",
            total - done_by,
        ) % {"n": total - done_by}
    else:
        state = ngettext("%(n)s tratamiento.", "%(n)s tratamientos.", total) % {"n": total}
    link = reverse("admin:clinics_treatment_changelist")
    return Item(_("Tratamientos"), 0 < total == done_by, state, link)


def users(asked: Asked) -> Item:
    statuses = list(
        Membership.objects.filter(clinic_id=asked.clinic.pk).values_list("status", flat=True)
    )
    active = statuses.count(MembershipStatus.ACTIVE)
    pending = statuses.count(MembershipStatus.PENDING)
    if pending:
        state = ngettext(
            "%(n)s persona espera que la actives.",
            "%(n)s personas esperan que las actives.",
            pending,
        ) % {"n": pending}
    elif active > 1:
        state = _("%(n)s personas en el equipo.") % {"n": active}
    else:
        state = _(
            "Solo estás vos: pediles a los demás que se registren con el código %(code)s."
        ) % {"code": asked.clinic.schema_name}
    link = reverse("admin:tenancy_membership_changelist")
    return Item(_("Equipo"), active > 1 and not pending, state, link)


def agent(asked: Asked) -> Item:
    kept = asked.clinic.settings
    done = bool(kept.get("agent_instructions")) or "tone" in kept
    state = (
        _("El asistente habla como pediste.")
        if done
        else _("Elegí cómo habla el asistente y qué tiene que saber de la clínica.")
    )
    link = reverse("admin:tenancy_clinic_change", args=[asked.clinic.pk])
    return Item(_("Tono del asistente"), done, state, link)


ITEMS |= {"hours": hours, "treatments": treatments, "users": users, "agent": agent}


def asked_by(request: HttpRequest) -> Asked:
    caller = gatekeeper_of(request)
    if caller is None:
        raise PermissionDenied
    return Asked(caller, Clinic.objects.get(pk=caller.scope.tenant_id))


@require_POST
def test_page(request: HttpRequest, what: str) -> HttpResponse:
    """Try a line or a calendar out. What comes of it is in the list, once it was delivered."""
    asked = asked_by(request)
    if what not in TESTS:
        raise Http404
    try:
        messages.success(request, TESTS[what](request, asked))
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("admin:index"))


@require_POST
def phone_page(request: HttpRequest) -> HttpResponse:
    """Note the CEO's own telephone, to which the test message goes."""
    asked = asked_by(request)
    phone = e164(request.POST.get("phone", "")[:40], country=asked.clinic.country)
    if phone is None:
        messages.error(request, _("No es un teléfono válido."))
    else:
        profile.change_phone(user_id=asked.caller.user_id, phone=phone)
        messages.success(request, _("Guardado."))
    return HttpResponseRedirect(reverse("admin:index"))


site.panels.append(panel)
site.pages += [
    ("setup/phone/", phone_page, "setup-phone"),
    ("setup/<slug:what>/test/", test_page, "setup-test"),
]
