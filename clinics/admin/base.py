"""What the pages over a clinic's tables share: who sees them, their words, how they save."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinics.tenancy.admin_site import HouseAdmin, gatekeeper_of
from clinics.tenancy.permissions import Can, Resource, allowed
from dentalogic.core.errors import DomainError, Invalid


def call(model: type[Model], one: str, many: str, **fields: Any) -> None:
    """Say what people read for a model and its columns; the code's own names are in English.

    Told to the running model alone: migrations carry no words of pages.
    """
    options: Any = model._meta
    options.verbose_name, options.verbose_name_plural = one, many
    for name, words in fields.items():
        field: Any = options.get_field(name)
        field.verbose_name = words


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A form that is saved by a service; what that refuses is said at its field.

    The service runs as the last step of validation, so that its refusal is a form's error like any
    other. The page's transaction surrounds both.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = getattr(self.instance, "version", None)

    @property
    def is_new(self) -> bool:
        return bool(self.instance._state.adding)

    def write(self, values: dict[str, Any]) -> Model:
        """Call the service and return the row that it wrote."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        if self.errors:
            return
        values = dict(self.cleaned_data)
        version = values.pop("version")
        if not self.is_new and hasattr(self.instance, "version"):
            values["version"] = version
        try:
            with transaction.atomic():
                self.instance = self.write(values)
        except Invalid as error:
            for place, said in error.details["errors"].items():
                name = place.split(".", maxsplit=1)[0]
                self.add_error(name if name in self.fields else None, said)
        except DomainError as error:
            self.add_error(None, str(error))

    def save(self, commit: bool = True) -> Any:  # Django's
        return self.instance

    def _save_m2m(self) -> None:
        """Write nothing: the service has."""

    save_m2m = _save_m2m


class ClinicRowsAdmin(HouseAdmin):
    """Rows of the clinic in scope, for those whom the table of permissions lets read them."""

    for_ceo = True
    resource: Resource
    show_full_result_count = False

    def may(self, request: HttpRequest, action: Can) -> bool:
        caller = gatekeeper_of(request)
        return caller is not None and allowed(caller.role, self.resource, action)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Can.READ)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Django looks a row up before it asks who may; outside a clinic there is none to look in.
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().get_queryset(request)

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows

    def titled(self, row: Any) -> str:
        """Return what a row is called on its page."""
        return str(getattr(row, "name", ""))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["subtitle"] = self.titled(row)
        # Whoever saves is taken to the list.
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer


class WritingAdmin(ClinicRowsAdmin):
    """Rows that the CEO adds and changes, through a `ServiceForm`."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Can.ADD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Can.CHANGE)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Write nothing: the form's service has."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._saved(request)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._saved(request)

    def _saved(self, request: HttpRequest) -> HttpResponse:
        messages.success(request, _("Guardado."))
        options = self.opts
        return HttpResponseRedirect(
            reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        )
