"""The admin: a CEO in their own clinic, or the operator. The same session as the staff pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from clinics.tenancy import gatekeeper, operator_pages, sessions
from clinics.tenancy.callers import Caller
from clinics.tenancy.models import User
from clinics.tenancy.permissions import Can, Resource, allowed
from dentalogic.core.errors import DomainError
from dentalogic.core.problems import problem_response


def is_operator(request: HttpRequest) -> bool:
    """Whether the platform's operator asks: no clinic, no clinical content."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser


def gatekeeper_of(request: HttpRequest) -> Caller | None:
    """Return the member who asks if the table lets them decide about the staff."""
    caller = sessions.caller_of(request)
    if caller is not None and allowed(caller.role, Resource.STAFF, Can.CHANGE):
        return caller
    return None


class ClinicAdminSite(UnfoldAdminSite):
    site_title = "Dentalogic"
    site_header = "Dentalogic"
    index_title = _("Administración")
    enable_nav_sidebar = True
    index_template = "tenancy/index.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # What apps add while Django discovers them: panels of the first page, and pages.
        self.panels: list[Callable[[HttpRequest], dict[str, Any] | None]] = []
        self.pages: list[tuple[str, Callable[..., HttpResponse], str]] = []

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Show the pages that there are, below what the person should look at first."""
        found = [panel(request) for panel in self.panels]
        shown = [panel for panel in found if panel is not None]
        if is_operator(request) and sessions.caller_of(request) is None:
            shown.append({"template": "tenancy/operator_panel.html"})
        return super().index(request, {**(extra_context or {}), "panels": shown})

    def has_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or gatekeeper_of(request) is not None

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send to the log-in of the staff pages; refuse whoever is in and has no business here."""
        if sessions.caller_of(request) is not None or self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """End the session. By POST alone: no link or image of another site can do it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sessions.log_out(request)
        return HttpResponseRedirect(settings.LOGIN_URL)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Send to the page that ends the person's other log-ins too."""
        return HttpResponseRedirect(reverse("change-password"))

    def search(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Answer 404 for a page that there is not; the theme fails over it."""
        try:
            return super().search(request, extra_context)
        except (InvalidPage, ValueError):
            raise Http404 from None

    def get_urls(self) -> list[Any]:
        """Leave out the way from any row of any table to its page: no row of ours has one there."""
        found = super().get_urls()
        return [one for one in found if getattr(one, "name", "") != "view_on_site"]

    def extra_urls(self) -> list[Any]:
        return [
            path(
                "activation/<str:token>/", self.admin_view(self.activation_page), name="activation"
            ),
            path("omega/", self.admin_view(self.omega_page), name="omega"),
            path("health/", self.admin_view(self.health_page), name="health"),
            path("access/", self.admin_view(self.access_page), name="access"),
            *(path(where, self.admin_view(view), name=name) for where, view, name in self.pages),
        ]

    def omega_page(self, request: HttpRequest) -> HttpResponse:
        return operator_pages.omega_page(request, self.each_context(request))

    def health_page(self, request: HttpRequest) -> HttpResponse:
        return operator_pages.health_page(request, self.each_context(request))

    def access_page(self, request: HttpRequest) -> HttpResponse:
        return operator_pages.access_page(request, self.each_context(request))

    def activation_page(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show who a mailed link is about, and let them in when a CEO of that clinic says so."""
        caller = gatekeeper_of(request)
        if caller is None:
            raise PermissionDenied
        try:
            membership = gatekeeper.pending_behind(token, caller.scope.tenant_id)
            if request.method == "POST":
                gatekeeper.activate(
                    clinic_id=caller.scope.tenant_id,
                    membership_id=membership.pk,
                    by=caller.user_id,
                )
                note(request, membership, "activated")
                messages.success(request, _("La cuenta quedó activa."))
                return HttpResponseRedirect(reverse("admin:tenancy_membership_changelist"))
        except DomainError as error:
            return problem_response(error.code, str(error), error.status)
        context = {
            **self.each_context(request),
            "title": _("Activar una cuenta"),
            "membership": membership,
        }
        return TemplateResponse(request, "tenancy/activation.html", context)


def note(request: HttpRequest, row: Model, what: str, flag: int = CHANGE) -> LogEntry:
    """Write a line in the admin's log: ids alone, whatever the row would call itself."""
    user = request.user
    assert isinstance(user, User), "the site lets nobody else in"
    return LogEntry.objects.create(
        user_id=user.pk,
        content_type_id=get_content_type_for_model(row).pk,
        object_id=str(row.pk),
        object_repr=str(row.pk),
        action_flag=flag,
        change_message=what,
    )


class HouseAdmin(ModelAdmin):
    """Nothing is added, changed or deleted unless a class says so."""

    actions_on_top = True
    # Who sees the rows at all: CEOs those of their clinic, the operator those of the platform.
    for_ceo = False
    for_operator = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if is_operator(request) and sessions.caller_of(request) is None:
            return self.for_operator
        return self.for_ceo and gatekeeper_of(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        caller = gatekeeper_of(request)
        if caller is not None:
            return self.of_clinic(rows, caller.scope.tenant_id)
        return rows if is_operator(request) else rows.none()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row; another clinic's does not exist, whatever was to be done with it."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what the page offers alone.

        Django lets every column be asked about in the address, a password's hash letter by letter.
        """
        return lookup.split("__", maxsplit=1)[0] in self.get_list_filter(request)

    def of_clinic(self, rows: QuerySet[Any], clinic_id: UUID) -> QuerySet[Any]:
        """Return the rows that belong to a clinic; none unless a class knows how."""
        return rows.none()

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return note(request, obj, str(message))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return note(request, obj, str(message), admin.models.ADDITION)


site = ClinicAdminSite(name="admin")
