"""Routes that leak on purpose: what the prover must find. For `test_prover_catches.py` alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import ResourceView
from clinics.models import Patient
from clinics.tenancy.models import Clinic, Line
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import NotAllowed
from dentalogic.core.tenancy import clinic_scope
from dentalogic.urls import urlpatterns as real


class Leaky(ResourceView):
    resource = Resource.PATIENTS


class AnyClinicsPatient(Leaky):
    """Look in every clinic until somebody has the id."""

    def get(self, request: Request, row_id: UUID) -> Response:
        for clinic in Clinic.objects.all():
            with clinic_scope(clinic):
                found = Patient.objects.filter(pk=row_id).first()
            if found is not None:
                return Response({"name": found.first_name})
        return Response(status=404)


class ClinicOfTheQuery(Leaky):
    """Believe the client about the clinic."""

    def get(self, request: Request) -> Response:
        with clinic_scope(request.query_params.get("clinic", "alfa")):
            return Response(list(Patient.objects.values_list("last_name", flat=True)))


class Forbidding(Leaky):
    """Tell a row that exists elsewhere from one that does not."""

    def get(self, request: Request, row_id: UUID) -> Response:
        if Patient.objects.filter(pk=row_id).exists():
            return Response({"id": row_id})
        raise NotAllowed


class Writing(Leaky):
    """Answer 404, after the deed."""

    def post(self, request: Request, row_id: UUID) -> Response:
        if Line.objects.filter(pk=row_id, clinic_id=self.caller.scope.tenant_id).exists():
            return Response({})
        Line.objects.filter(pk=row_id).update(is_active=False)
        return Response({"type": "urn:dentalogic:problem:not-found"}, status=404)


def broken(request: HttpRequest, row_id: UUID) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return HttpResponse()


urlpatterns: list[Any] = [
    *real,
    path("leaky/patients/<uuid:row_id>/", AnyClinicsPatient.as_view()),
    path("leaky/query/", ClinicOfTheQuery.as_view()),
    path("leaky/forbidding/<uuid:row_id>/", Forbidding.as_view()),
    path("leaky/writing/<uuid:row_id>/", Writing.as_view()),
    path("leaky/broken/<uuid:row_id>/", broken),
]
