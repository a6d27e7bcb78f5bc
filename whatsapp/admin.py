"""The channel in the admin: each line with its last messages and failures, and its test."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.admin import setup
from clinics.tenancy.admin import LineAdmin
from clinics.tenancy.admin_site import gatekeeper_of, note, site
from clinics.tenancy.models import Line
from dentalogic.core.clock import real_now
from whatsapp.models import Author, Conversation, DeliveryStatus, Message
from whatsapp.setup import ARRIVED, line_state, send_test

# How far back failures count.
LATELY = timedelta(days=7)

site.unregister(Line)


@admin.register(Line, site=site)
class LineWithMessagesAdmin(LineAdmin):
    """A CEO sees how the line does besides; the operator has no clinic to look into."""

    _done = ("heard_at", "said_at", "failures")

    def get_list_display(self, request: HttpRequest) -> Any:
        if gatekeeper_of(request) is None:
            return super().get_list_display(request)
        return ("phone", "provider", "is_active", *self._done)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if gatekeeper_of(request) is None else (*fields, *self._done)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if gatekeeper_of(request) is None else self._done

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if gatekeeper_of(request) is None:
            return rows
        since = real_now() - LATELY
        talks = Conversation.objects.filter(line_id=OuterRef("pk"), last_message_at__gte=since)
        sent = Message.objects.filter(
            conversation__line_id=OuterRef("pk"),
            conversation__last_message_at__gte=since,
            created_at__gte=since,
        ).exclude(author=Author.PATIENT)
        failed = (
            sent.filter(status=DeliveryStatus.FAILED)
            .order_by()
            .values("conversation__line_id")
            .annotate(total=Count("pk"))
        )
        heard = talks.filter(last_inbound_at__isnull=False).order_by("-last_inbound_at")
        annotated: QuerySet[Any] = rows.annotate(
            last_heard_at=Subquery(heard.values("last_inbound_at")[:1]),
            last_said_at=Subquery(sent.order_by("-created_at").values("created_at")[:1]),
            failed_lately=Coalesce(Subquery(failed.values("total")[:1]), 0),
        )
        return annotated

    @admin.display(description=gettext_lazy("último mensaje recibido"))
    def heard_at(self, row: Any) -> datetime | None:
        found: datetime | None = row.last_heard_at
        return found

    @admin.display(description=gettext_lazy("último mensaje enviado"))
    def said_at(self, row: Any) -> datetime | None:
        found: datetime | None = row.last_said_at
        return found

    @admin.display(description=gettext_lazy("fallas en 7 días"))
    def failures(self, row: Any) -> int:
        return int(row.failed_lately)


def line(asked: setup.Asked) -> setup.Item:
    """Say whether messages come in, and whether one went out to the CEO's own phone."""
    title, page = _("Línea de WhatsApp"), reverse("admin:tenancy_line_changelist")
    state = line_state(asked.caller.user_id)
    if not state.lines:
        said = _("La clínica no tiene una línea: la da de alta quien opera la plataforma.")
        return setup.Item(title, done=False, state=said, link=page)
    if not state.phone:
        said = _("Anotá tu teléfono para mandarte un mensaje de prueba.")
        return setup.Item(title, done=False, state=said, link=page, asks_phone=True)
    tested = state.last_status in ARRIVED
    if state.last_status == DeliveryStatus.FAILED:
        said = _("El último mensaje a tu teléfono no salió.")
    elif tested:
        said = _("Recibe y manda mensajes.")
    elif state.last_status is not None:
        said = _("El mensaje de prueba está en camino.")
    elif state.last_inbound_at is None:
        said = _("Todavía no llegó ningún mensaje: mandá un «hola» a %(line)s desde %(own)s.") % {
            "line": state.lines[0],
            "own": state.phone,
        }
    else:
        said = _("Recibe mensajes; falta probar que los mande.")
    return setup.Item(
        title, tested, said, page, test="line", test_label=_("Mandarme un mensaje de prueba")
    )


def try_line(request: HttpRequest, asked: setup.Asked) -> str:
    """Queue the test message."""
    message = send_test(user_id=asked.caller.user_id)
    note(request, message, "line test")
    return _("El mensaje de prueba está en camino. Volvé a cargar la página en unos segundos.")


setup.ITEMS["line"] = line
setup.TESTS["line"] = try_line
