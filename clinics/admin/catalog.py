"""Treatments, obras sociales and the days on which the clinic is closed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from clinics.admin.base import ServiceForm, WritingAdmin, call
from clinics.admin.fields import LinesField
from clinics.models import Closure, Insurer, Treatment
from clinics.services import absences, catalog
from clinics.tenancy.admin_site import gatekeeper_of, note, site
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import DomainError

call(
    Treatment,
    "tratamiento",
    "tratamientos",
    code=_("código"),
    name=_("nombre"),
    minutes=_("duración en minutos"),
    urgent=_("es una urgencia"),
    price=_("precio"),
    price_public=_("el asistente puede decir el precio"),
    is_active=_("se ofrece"),
)
call(
    Insurer,
    "obra social",
    "obras sociales",
    name=_("nombre"),
    synonyms=_("otros nombres"),
    is_active=_("se atiende"),
)
call(
    Closure,
    "cierre",
    "cierres y feriados",
    starts_on=_("desde"),
    ends_on=_("hasta"),
    name=_("motivo"),
    opens=_("es un feriado en el que se atiende"),
)


class TreatmentForm(ServiceForm):
    minutes = forms.IntegerField(
        label=_("Duración en minutos"),
        min_value=5,
        max_value=480,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Treatment
        fields = ("code", "name", "minutes", "urgent", "price", "price_public", "is_active")

    def clean_price(self) -> Any:
        price = self.cleaned_data["price"]
        if price is not None and price < 0:
            raise forms.ValidationError(_("No puede ser negativo."))
        return price

    def write(self, values: dict[str, Any]) -> Treatment:
        if self.is_new:
            return catalog.add_treatment(**values)
        return catalog.change_treatment(treatment_id=self.instance.pk, **values)


@admin.register(Treatment, site=site)
class TreatmentAdmin(WritingAdmin):
    resource = Resource.TREATMENTS
    form = TreatmentForm
    list_display = ("name", "minutes", "urgent", "price", "is_active")
    list_filter = ("is_active", "urgent")
    search_fields = ("name_key", "code")
    ordering = ("name_key", "id")
    fields = (*TreatmentForm.Meta.fields, "version")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # What has been booked and told is known by it.
        return () if obj is None else ("code",)


class InsurerForm(ServiceForm):
    synonyms = LinesField(
        label=_("Otros nombres"),
        help_text=_("Otras formas en que la escriben los pacientes, una por renglón."),
        most=30,
        longest=80,
    )

    class Meta:
        model = Insurer
        fields = ("name", "synonyms", "is_active")

    def write(self, values: dict[str, Any]) -> Insurer:
        if self.is_new:
            return catalog.add_insurer(**values)
        return catalog.change_insurer(insurer_id=self.instance.pk, **values)


@admin.register(Insurer, site=site)
class InsurerAdmin(WritingAdmin):
    resource = Resource.INSURERS
    form = InsurerForm
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name_key",)
    ordering = ("name_key", "id")
    fields = (*InsurerForm.Meta.fields, "version")


class ClosureForm(ServiceForm):
    class Meta:
        model = Closure
        fields = ("starts_on", "ends_on", "name", "opens")

    def write(self, values: dict[str, Any]) -> Closure:
        by = values.pop("by")
        if self.is_new:
            return absences.add_closure(by=by, **values)
        values.pop("opens", None)
        return absences.change_closure(closure_id=self.instance.pk, by=by, **values)

    def clean(self) -> dict[str, Any]:
        return {**self.cleaned_data, "by": self.by}  # type: ignore[attr-defined]


@admin.register(Closure, site=site)
class ClosureAdmin(WritingAdmin):
    """Closing days. Who has an appointment then is owed a move, by the same service."""

    resource = Resource.CLOSURES
    form = ClosureForm
    list_display = ("name", "starts_on", "ends_on", "opens")
    list_filter = ("opens",)
    ordering = ("-starts_on", "id")
    fields = (*ClosureForm.Meta.fields, "version")
    actions = ("take_back",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("opens",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: Any = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        caller = gatekeeper_of(request)
        form.by = caller.user_id if caller else None
        return form

    @admin.action(description=_("Quitar: esos días se atiende como siempre"))
    def take_back(self, request: HttpRequest, rows: QuerySet[Closure]) -> None:
        for row in rows:
            try:
                absences.remove_closure(closure_id=row.pk)
            except DomainError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                note(request, row, "removed")
