"""What the admin shows: members, people and the settings to a CEO; the plumbing to the operator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from clinics.tenancy import gatekeeper, preferences
from clinics.tenancy.admin_site import HouseAdmin, gatekeeper_of, note, site
from clinics.tenancy.models import Clinic, Line, Membership, QuarantinedItem, User
from clinics.tenancy.settings_form import SECTIONS, setting_fields
from dentalogic.core import retrying
from dentalogic.core.errors import DomainError, Invalid
from dentalogic.core.models import OutboxMessage


@admin.register(Membership, site=site)
class MembershipAdmin(HouseAdmin):
    for_ceo = True
    list_display = ("person", "email", "role", "status", "requested_at", "activated_at")
    list_filter = ("status", "role")
    list_select_related = ("user",)
    ordering = ("status", "-requested_at")
    search_fields = ("user__email", "user__first_name", "user__last_name")
    actions = ("activate", "suspend")
    fields = (
        "person",
        "email",
        "role",
        "status",
        "specialty",
        "registration_number",
        "requested_at",
        "activated_at",
        "activated_by",
        "suspended_at",
        "suspended_by",
    )
    readonly_fields = fields

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows.filter(clinic_id=clinic_id)

    @admin.display(description=_("persona"), ordering="user__last_name")
    def person(self, row: Membership) -> str:
        return row.user.full_name or row.user.email

    @admin.display(description=_("correo"), ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    @admin.action(description=_("Activar"))
    def activate(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        self._decide(request, rows, "activated")

    @admin.action(description=_("Suspender"))
    def suspend(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        self._decide(request, rows, "suspended")

    def _decide(self, request: HttpRequest, rows: QuerySet[Membership], what: str) -> None:
        caller = gatekeeper_of(request)
        if caller is None:
            return
        decide = gatekeeper.activate if what == "activated" else gatekeeper.suspend
        for row in rows:
            try:
                decide(clinic_id=caller.scope.tenant_id, membership_id=row.pk, by=caller.user_id)
            except DomainError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                note(request, row, what)


@admin.register(User, site=site)
class UserAdmin(HouseAdmin):
    for_ceo = True
    list_display = ("email", "first_name", "last_name", "is_active", "last_login")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("last_name", "first_name")
    fields = ("email", "first_name", "last_name", "phone", "is_active", "last_login", "created_at")
    readonly_fields = fields

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows.filter(memberships__clinic_id=clinic_id)


class ClinicForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A field for each setting. Saved by the service as the last step of validation."""

    mark = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    language = forms.ChoiceField(
        label=_("Idioma"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget
    )
    locals().update(setting_fields())

    columns = ("name", "language", "calendar_provider")

    class Meta:
        model = Clinic
        fields = ("name", "language", "calendar_provider")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= self.instance.preferences.model_dump()
        self.initial["mark"] = preferences.seen(self.instance)

    def _post_clean(self) -> None:
        if self.errors:
            return
        values = dict(self.cleaned_data)
        own = {name: values.pop(name) for name in self.columns}
        mark = values.pop("mark")
        try:
            self.instance = preferences.change_clinic(
                clinic_id=self.instance.pk, mark=mark, values=values, **own
            )
        except Invalid as error:
            for name, said in error.details["errors"].items():
                self.add_error(name if name in self.fields else None, said)
        except DomainError as error:
            self.add_error(None, str(error))

    def save(self, commit: bool = True) -> Any:
        return self.instance

    def _save_m2m(self) -> None:
        """Write nothing: the service has."""

    save_m2m = _save_m2m


@admin.register(Clinic, site=site)
class ClinicAdmin(HouseAdmin):
    for_ceo = True
    for_operator = True
    form = ClinicForm
    list_display = ("name", "schema_name", "timezone", "calendar_provider", "is_active")
    readonly_fields = ("schema_name", "timezone", "country")
    _own = ("name", "language", "calendar_provider", "schema_name", "timezone", "country")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": self._own}),)
        sections = ((title, {"fields": names}) for title, names in SECTIONS)
        return ((None, {"fields": (*self._own, "mark")}), *sections)

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows.filter(pk=clinic_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        caller = gatekeeper_of(request)
        return caller is not None and (obj is None or obj.pk == caller.scope.tenant_id)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Write nothing: the form's service has."""


@admin.register(Line, site=site)
class LineAdmin(HouseAdmin):
    for_ceo = True
    for_operator = True
    list_display = ("provider", "external_id", "clinic", "is_active", "created_at")
    list_filter = ("provider", "is_active")
    # The secrets of a line are not shown, not even as dots.
    fields = ("clinic", "provider", "external_id", "phone", "is_active", "created_at")

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows.filter(clinic_id=clinic_id)


@admin.register(QuarantinedItem, site=site)
class QuarantineAdmin(HouseAdmin):
    for_operator = True
    list_display = ("received_at", "provider", "reason", "released_at")
    list_filter = ("provider", "reason")
    # Without the body: it holds what patients wrote.
    fields = ("provider", "reason", "external_id", "received_at", "released_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("body")


@admin.register(OutboxMessage, site=site)
class StuckAdmin(HouseAdmin):
    """Deliveries that failed at least once and are not done; of payloads there are ids alone."""

    for_ceo = True
    for_operator = True
    show_full_result_count = False
    ordering = ("id",)
    list_display = ("id", "topic", "sink", "attempts", "last_error", "due_at", "dead_at")
    actions = ("try_again",)
    list_filter = ("sink", "topic")
    fields = (
        "clinic_id",
        "topic",
        "sink",
        "payload",
        "attempts",
        "last_error",
        "created_at",
        "due_at",
        "dead_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        stuck = ~Q(last_error="") | Q(dead_at__isnull=False)
        return super().get_queryset(request).filter(stuck, done_at=None)

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        return rows.filter(clinic_id=clinic_id)

    @admin.action(description=_("Intentar de nuevo"))
    def try_again(self, request: HttpRequest, rows: QuerySet[OutboxMessage]) -> None:
        caller = gatekeeper_of(request)
        clinic_id = caller.scope.tenant_id if caller else None
        for row in rows:
            try:
                retrying.try_again(message_id=row.pk, clinic_id=clinic_id)
            except DomainError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                note(request, row, "tried again")
