"""Who treats, when, and what: the form of a professional."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from clinics.admin.base import ServiceForm, WritingAdmin, call
from clinics.admin.fields import DAYS, HoursField, LinesField
from clinics.models import Professional, Treatment
from clinics.services import catalog
from clinics.tenancy.admin_site import site
from clinics.tenancy.models import Membership, MembershipStatus
from clinics.tenancy.permissions import Resource
from dentalogic.core.tenancy import current_scope

call(
    Professional,
    "profesional",
    "profesionales",
    title=_("título"),
    first_name=_("nombre"),
    last_name=_("apellido"),
    specialty=_("especialidad"),
    registration_number=_("matrícula"),
    google_calendar_id=_("calendario de Google"),
    is_active=_("atiende"),
)


class ProfessionalForm(ServiceForm):
    user_id = forms.TypedChoiceField(
        label=_("Cuenta"),
        help_text=_("Con qué cuenta del equipo entra. Puede no tener ninguna."),
        required=False,
        coerce=lambda value: UUID(str(value)),
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )
    treatments = forms.ModelMultipleChoiceField(
        label=_("Tratamientos que hace"),
        queryset=Treatment.objects.order_by("name_key", "id"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    working_hours = HoursField(
        label=_("Horarios de atención"),
        help_text=_(
            "Hora de la clínica. Un día sin horarios es un día que no atiende; «a 00:00» es hasta"
            " la medianoche."
        ),
    )
    google_read_calendars = LinesField(
        label=_("Calendarios que lo ocupan"),
        help_text=_("Otros calendarios de Google cuyos eventos ocupan su agenda, uno por renglón."),
        most=20,
        longest=200,
    )

    class Meta:
        model = Professional
        fields = (
            "user_id",
            "title",
            "first_name",
            "last_name",
            "specialty",
            "registration_number",
            "treatments",
            "working_hours",
            "google_calendar_id",
            "google_read_calendars",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        treatments: Any = self.fields["treatments"]
        treatments.label_from_instance = lambda row: row.name
        account: Any = self.fields["user_id"]
        account.choices = [("", "—"), *_accounts()]
        if not self.is_new:
            offered = self.instance.offered_treatments.all()
            self.initial["treatments"] = [one.treatment_id for one in offered]

    def write(self, values: dict[str, Any]) -> Professional:
        values["treatments"] = [one.pk for one in values["treatments"]]
        if self.is_new:
            return catalog.add_professional(**values)
        return catalog.change_professional(professional_id=self.instance.pk, **values)


def _accounts() -> list[tuple[str, str]]:
    members = (
        Membership.objects.filter(
            clinic_id=current_scope().tenant_id, status=MembershipStatus.ACTIVE
        )
        .select_related("user")
        .order_by("user__last_name", "user__first_name", "id")
    )
    return [(str(one.user_id), f"{one.user.full_name} ({one.user.email})") for one in members]


@admin.register(Professional, site=site)
class ProfessionalAdmin(WritingAdmin):
    resource = Resource.PROFESSIONALS
    form = ProfessionalForm
    list_display = ("display_name", "specialty", "days", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name_key",)
    ordering = ("name_key", "id")
    fieldsets = (
        (
            None,
            {"fields": ("title", "first_name", "last_name", "specialty", "registration_number")},
        ),
        (_("Horarios de atención"), {"fields": ("working_hours",)}),
        (_("Tratamientos"), {"fields": ("treatments",)}),
        (
            _("Cuenta y calendarios"),
            {"fields": ("user_id", "google_calendar_id", "google_read_calendars", "is_active")},
        ),
        (None, {"fields": ("version",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("offered_treatments")

    def titled(self, row: Any) -> str:
        return str(row.display_name)

    @admin.display(description=_("profesional"), ordering="name_key")
    def display_name(self, row: Professional) -> str:
        return row.display_name

    @admin.display(description=_("atiende los días"))
    def days(self, row: Professional) -> str:
        return ", ".join(str(DAYS[int(day)]) for day, rows in row.working_hours.items() if rows)
