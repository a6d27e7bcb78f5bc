"""The calendars of a clinic: how far each can be trusted, and a test event."""

from __future__ import annotations

import uuid

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.admin import setup
from clinics.admin.base import ClinicRowsAdmin, call
from clinics.models import CalendarState, CalendarTrust, Professional
from clinics.tenancy.admin_site import note, site
from clinics.tenancy.models import CalendarProvider
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import DomainError
from dentalogic.core.models import OutboxMessage
from dentalogic.core.outbox import emit

TOPIC = "calendar.tested"
TESTED = "calendar test"

call(
    CalendarState,
    "calendario",
    "calendarios",
    calendar_id=gettext_lazy("calendario"),
    trust=gettext_lazy("estado"),
    read_at=gettext_lazy("última lectura"),
    window_from=gettext_lazy("leído desde"),
    window_to=gettext_lazy("leído hasta"),
    failed_at=gettext_lazy("última falla"),
    last_error=gettext_lazy("qué falló"),
)


@admin.register(CalendarState, site=site)
class CalendarAdmin(ClinicRowsAdmin):
    resource = Resource.CALENDARS
    list_display = ("calendar_id", "trust", "read_at", "failed_at", "last_error")
    list_filter = ("trust",)
    ordering = ("calendar_id",)
    fields = (
        "calendar_id",
        "trust",
        "read_at",
        "window_from",
        "window_to",
        "failed_at",
        "last_error",
    )

    def titled(self, row: CalendarState) -> str:
        return row.calendar_id


def calendar(asked: setup.Asked) -> setup.Item:
    """Say whether the clinic's calendars are read, and what came of the last test."""
    title = _("Calendario")
    own_page = reverse("admin:tenancy_clinic_change", args=[asked.clinic.pk])
    if asked.clinic.calendar_provider == CalendarProvider.LOCAL:
        return setup.Item(
            title, done=True, state=_("La clínica usa la agenda de Dentalogic."), link=own_page
        )
    named = Professional.objects.filter(is_active=True).exclude(google_calendar_id="")
    calendars = set(named.values_list("google_calendar_id", flat=True))
    if not calendars:
        state = _("Ningún profesional tiene un calendario de Google.")
        return setup.Item(
            title, done=False, state=state, link=reverse("admin:clinics_professional_changelist")
        )
    trusts = dict(
        CalendarState.objects.filter(calendar_id__in=calendars).values_list("calendar_id", "trust")
    )
    live = sum(trust == CalendarTrust.LIVE for trust in trusts.values())
    tested, said = _last_test(asked)
    state = _("%(live)s de %(total)s calendarios al día.") % {
        "live": live,
        "total": len(calendars),
    }
    return setup.Item(
        title,
        tested and live == len(calendars),
        f"{state} {said}",
        reverse("admin:clinics_calendarstate_changelist"),
        test="calendar",
        test_label=_("Crear un evento de prueba"),
    )


def _last_test(asked: setup.Asked) -> tuple[bool, str]:
    """Return whether the last test of who asks went well, and in words how it stands.

    Deliveries are kept for a week after they are done; one that failed stays. So a test without
    its row went well.
    """
    kind = ContentType.objects.get_for_model(OutboxMessage)
    entry = (
        LogEntry.objects.filter(
            user_id=asked.caller.user_id, content_type=kind, change_message=TESTED
        )
        .order_by("-action_time")
        .first()
    )
    if entry is None:
        return False, _("Falta probar.")
    row = OutboxMessage.objects.filter(pk=int(entry.object_id or 0)).first()
    if row is not None and row.clinic_id != asked.clinic.pk:
        return False, _("Falta probar.")
    when = date_format(timezone.localtime(entry.action_time), "j/n H:i")
    if row is None or row.done_at is not None:
        return True, _("Probado el %(when)s.") % {"when": when}
    if row.dead_at is not None or row.last_error:
        return False, _("La prueba del %(when)s falló: mirá las entregas.") % {"when": when}
    return False, _("Probando…")


def send_test(request: HttpRequest, asked: setup.Asked) -> str:
    """Owe a test event to the calendar of the first professional who has one."""
    professional = (
        Professional.objects.filter(is_active=True)
        .exclude(google_calendar_id="")
        .order_by("name_key", "id")
        .first()
    )
    if asked.clinic.calendar_provider != CalendarProvider.GOOGLE or professional is None:
        raise DomainError(_("La clínica no tiene calendarios de Google."))
    test = str(uuid.uuid4())
    with transaction.atomic():
        emit(TOPIC, key=test, professional_id=str(professional.pk), test_id=test)
        row = OutboxMessage.objects.get(
            clinic_id=asked.clinic.pk,
            topic=TOPIC,
            sink="google",
            key=test,
            done_at=None,
            dead_at=None,
        )
        note(request, row, TESTED)
    return _("El evento de prueba está en camino. Volvé a cargar la página en unos segundos.")


setup.ITEMS["calendar"] = calendar
setup.TESTS["calendar"] = send_test
