"""What is written once and never changed: who changed what, steps of appointments, money."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from clinics.admin.base import ClinicRowsAdmin, call
from clinics.models import (
    AccountingTransaction,
    AppointmentChange,
    AppointmentStatus,
    AuditEntry,
)
from clinics.services import audit
from clinics.services.audit_words import TABLES
from clinics.tenancy.admin_site import gatekeeper_of, site
from clinics.tenancy.models import Role
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import Invalid

call(AuditEntry, "cambio", "auditoría", at=_("cuándo"), action=_("qué"), row_id=_("fila"))
call(
    AppointmentChange,
    "paso de un turno",
    "historia de los turnos",
    at=_("cuándo"),
    appointment=_("turno"),
    reason=_("motivo"),
)
call(
    AccountingTransaction,
    "movimiento",
    "movimientos de caja",
    occurred_on=_("día"),
    recorded_at=_("anotado"),
    kind=_("tipo"),
    method=_("medio"),
    amount=_("importe"),
    currency=_("moneda"),
    description=_("descripción"),
    late_reason=_("por qué se anotó tarde"),
)


class NamedChangeList(ChangeList):
    """Names the people of a page in one query. `acted_by` says which attribute holds them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        shown_by: Any = self.model_admin
        acted = [shown_by.acted_by(row) for row in self.result_list]
        people = audit.people_of(acted)
        for row, actor in zip(self.result_list, acted, strict=True):
            row.person_name = people[actor].name


class LedgerAdmin(ClinicRowsAdmin):
    """Nobody adds, changes or removes a row here."""

    def acted_by(self, row: Any) -> str:
        return str(row.actor)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NamedChangeList

    @admin.display(description=_("quién"))
    def person(self, row: Any) -> str:
        actor = self.acted_by(row)
        named = getattr(row, "person_name", None)
        return named or audit.people_of([actor])[actor].name

    def titled(self, row: Any) -> str:
        return ""


class TableFilter(admin.SimpleListFilter):
    title = _("de qué")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return sorted(((name, words[0]) for name, words in TABLES.items()), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(table_name=self.value()) if self.value() else queryset


@admin.register(AuditEntry, site=site)
class AuditAdmin(LedgerAdmin):
    """The audit. What stands in charts is noted as read by who is shown it."""

    resource = Resource.AUDIT
    list_display = ("at", "person", "action", "kind", "row_id")
    list_filter = (TableFilter, "action", "at")
    ordering = ("-at", "-id")
    search_fields = ("row_id",)
    search_help_text = _("De un objeto: por ejemplo patients:<su id>.")
    fields = ("at", "person", "action", "kind", "row_id", "changes")
    readonly_fields = ("person", "kind", "changes")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == TableFilter.parameter_name or super().lookup_allowed(
            lookup, value, request
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        try:
            table, row_id = audit.read_object(search_term.strip())
        except Invalid:
            return queryset.none(), False
        return queryset.filter(table_name=table, row_id=row_id), False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        caller, row = gatekeeper_of(request), kwargs.get("obj")
        if caller is not None and row is not None:
            audit.note_reads([row], user_id=caller.user_id, role=caller.role)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("de qué"))
    def kind(self, row: AuditEntry) -> str:
        return audit.table_label(row.table_name)

    @admin.display(description=_("cambios"))
    def changes(self, row: AuditEntry) -> str:
        # The admin lets CEOs in alone.
        changed = audit.changes_for(row, Role.CEO)
        rows = format_html_join(
            "",
            "<tr><th class='pr-4 text-left'>{}</th><td class='pr-4'>{}</td><td>{}</td></tr>",
            ((one["label"], _shown(one["before"]), _shown(one["after"])) for one in changed),
        )
        return format_html(
            "<table><tr><th></th><th class='pr-4 text-left'>{}</th><th class='text-left'>{}</th>"
            "</tr>{}</table>",
            _("antes"),
            _("después"),
            rows,
        )


def _shown(value: Any) -> str:
    return "—" if value is None else str(value)


@admin.register(AppointmentChange, site=site)
class AppointmentChangeAdmin(LedgerAdmin):
    resource = Resource.APPOINTMENTS
    list_display = ("at", "person", "appointment_id", "from_label", "to_label", "reason")
    ordering = ("-at", "-id")
    fields = ("at", "person", "appointment_id", "from_label", "to_label", "reason")
    readonly_fields = ("person", "appointment_id", "from_label", "to_label")

    @admin.display(description=_("turno"))
    def appointment_id(self, row: AppointmentChange) -> str:
        return str(row.appointment_id)

    @admin.display(description=_("de"))
    def from_label(self, row: AppointmentChange) -> str:
        return AppointmentStatus(row.from_status).label if row.from_status else "—"

    @admin.display(description=_("a"))
    def to_label(self, row: AppointmentChange) -> str:
        return AppointmentStatus(row.to_status).label


@admin.register(AccountingTransaction, site=site)
class TransactionAdmin(LedgerAdmin):
    """Money, as it was written down. It is reversed by a counter-entry on the cash page."""

    resource = Resource.TRANSACTIONS
    list_display = ("occurred_on", "kind", "method", "amount", "currency", "description", "person")
    list_filter = ("kind", "method", "occurred_on")
    ordering = ("-occurred_on", "-id")
    fields = (
        "occurred_on",
        "recorded_at",
        "person",
        "kind",
        "method",
        "amount",
        "currency",
        "description",
        "late_reason",
    )
    readonly_fields = ("person",)

    def acted_by(self, row: Any) -> str:
        return f"staff:{row.recorded_by}"
