"""The base of every view of the API."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinics.tenancy.callers import Caller
from clinics.tenancy.middleware import keep_scope
from clinics.tenancy.permissions import Can, Reach, Resource, reach, verdict
from dentalogic.core.errors import NotAllowed
from dentalogic.core.languages import reader_language
from dentalogic.core.scope import Scope
from dentalogic.core.tenancy import acting_as, clinic_scope


class ClinicAPIView(APIView):
    """Runs inside the caller's clinic from authentication to the last byte of the answer.

    `resource` (and `actions`, where the method alone does not say it) name the grant that the
    table must hold.
    """

    resource: ClassVar[Resource | None] = None
    actions: ClassVar[dict[str, Can]] = {}
    _scope: ExitStack
    _entered: Scope | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._scope:
            self._scope.enter_context(translation.override(reader_language(request)))
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            patch_vary_headers(response, ["Accept-Language"])
            return response if self._entered is None else keep_scope(response, self._entered)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.auth, Caller):
            self._entered = scope = request.auth.scope
            self._scope.enter_context(clinic_scope(scope))
            self._scope.enter_context(acting_as(request.auth.acts_as))
            # Moments are answered with the clinic's offset.
            self._scope.enter_context(timezone.override(ZoneInfo(scope.timezone)))

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if response.status_code == status.HTTP_401_UNAUTHORIZED:
            # RFC 9110 wants it on every 401; DRF sets it for its own errors alone.
            response.headers.setdefault("WWW-Authenticate", 'Bearer realm="dentalogic"')
        return response

    @property
    def caller(self) -> Caller:
        """Who asks; the permission has made sure that there is somebody."""
        caller = self.request.auth
        if not isinstance(caller, Caller):
            raise NotAllowed
        return caller

    @property
    def reach(self) -> Reach:
        """How far the caller's grant for this request goes."""
        asked = verdict(self, self.request.method or "")
        found = reach(self.caller.role, *asked) if asked else None
        if found is None:
            raise NotAllowed
        return found
