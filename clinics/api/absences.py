"""Absences and closures, with the appointments that can't be kept because of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import AppointmentSerializer
from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import DayField, MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Absence, Appointment, Closure, Professional
from clinics.services import absences
from clinics.services.catalog import get_or_refuse
from clinics.services.moves import Cause, affected_by
from clinics.tenancy.permissions import Resource

# A closure of weeks may cover thousands: the rest is in the list of requests to move.
MOST_AFFECTED = 200


class AbsenceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    professional_id = serializers.UUIDField()
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField()


class ClosureSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    name = serializers.CharField()
    opens = serializers.BooleanField()


class _WithAffected(serializers.Serializer[Any]):
    affected = AppointmentSerializer(
        many=True, help_text=f"Turnos que no se pueden mantener, los primeros {MOST_AFFECTED}."
    )
    affected_count = serializers.IntegerField()


class AbsenceMadeSerializer(AbsenceSerializer, _WithAffected):
    pass


class ClosureMadeSerializer(ClosureSerializer, _WithAffected):
    pass


class NewAbsence(serializers.Serializer[Any]):
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField(max_length=120, required=False, allow_blank=True)


class AbsenceChange(serializers.Serializer[Any]):
    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False)
    reason = serializers.CharField(max_length=120, required=False, allow_blank=True)


class AbsenceFilter(serializers.Serializer[Any]):
    since = MomentField(required=False)


class NewClosure(serializers.Serializer[Any]):
    starts_on = DayField()
    ends_on = DayField()
    name = serializers.CharField(max_length=80)
    opens = serializers.BooleanField(
        required=False, default=False, help_text="Se atiende aunque sea feriado."
    )


class ClosureChange(serializers.Serializer[Any]):
    starts_on = DayField(required=False)
    ends_on = DayField(required=False)
    name = serializers.CharField(max_length=80, required=False)


class ClosureFilter(serializers.Serializer[Any]):
    since = DayField(required=False, default=date(1900, 1, 1))


def _rendered(row: Absence | Closure) -> dict[str, Any]:
    """Render a cause with the appointments that it makes impossible."""
    found: list[Appointment] = []
    count = 0
    if isinstance(row, Absence) or not row.opens:
        cause = Cause.of_absence(row) if isinstance(row, Absence) else Cause.of_closure(row)
        rows = affected_by(cause)
        found = list(rows[:MOST_AFFECTED])
        count = len(found) if len(found) < MOST_AFFECTED else rows.count()
    form = AbsenceSerializer if isinstance(row, Absence) else ClosureSerializer
    return render(form, row) | {
        "affected": AppointmentSerializer(found, many=True).data,
        "affected_count": count,
    }


class AbsencesView(ResourceView):
    resource = Resource.ABSENCES

    @extend_schema(
        parameters=[AbsenceFilter, *list_parameters()],
        responses=page_schema(AbsenceSerializer),
        tags=["professionals"],
        operation_id="list_absences",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List when the professional is away."""
        rows = Absence.objects.filter(professional=get_or_refuse(Professional, row_id))
        since: datetime | None = self.read_query(AbsenceFilter).get("since")
        if since is not None:
            rows = rows.filter(ends_at__gte=since)
        return Page(rows, request, order="starts_at").answer(AbsenceSerializer)

    @extend_schema(
        request=NewAbsence,
        responses={201: AbsenceMadeSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["professionals"],
        operation_id="add_absence",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Note that the professional is away, for an hour or for weeks; who has to be moved."""
        values = self.read_body(NewAbsence)
        row = self.run_once(
            f"professionals/{row_id}/absences",
            lambda: absences.add_absence(professional_id=row_id, by=self.caller.user_id, **values),
            lambda absence_id: get_or_refuse(Absence, absence_id),
        )
        return Response(_rendered(row), status=status.HTTP_201_CREATED)


class AbsenceView(ResourceView):
    resource = Resource.ABSENCES

    @extend_schema(
        request=AbsenceChange,
        responses=AbsenceMadeSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["professionals"],
        operation_id="change_absence",
    )
    def patch(self, request: Request, row_id: UUID, absence_id: UUID) -> Response:
        """Shorten, prolong or shift an absence; who has to be moved now."""
        values = self.read_body(AbsenceChange)
        row = self.run_once(
            f"professionals/{row_id}/absences/{absence_id}",
            lambda: absences.change_absence(
                professional_id=row_id, absence_id=absence_id, by=self.caller.user_id, **values
            ),
            lambda done: absences.find_absence(professional_id=row_id, absence_id=done),
        )
        return Response(_rendered(row))

    @extend_schema(
        responses={204: None},
        parameters=[IDEMPOTENCY_KEY],
        tags=["professionals"],
        operation_id="remove_absence",
    )
    def delete(self, request: Request, row_id: UUID, absence_id: UUID) -> Response:
        """Take an absence back; its appointments are kept."""
        self.do_once(
            f"professionals/{row_id}/absences/{absence_id}/remove",
            lambda: absences.remove_absence(professional_id=row_id, absence_id=absence_id),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClosuresView(ResourceView):
    resource = Resource.CLOSURES

    @extend_schema(
        parameters=[ClosureFilter, *list_parameters()],
        responses=page_schema(ClosureSerializer),
        tags=["catalog"],
        operation_id="list_closures",
    )
    def get(self, request: Request) -> Response:
        """List the days on which the clinic is closed, or open on a holiday."""
        since = self.read_query(ClosureFilter)["since"]
        rows = Closure.objects.filter(ends_on__gte=since)
        return Page(rows, request, order="starts_on").answer(ClosureSerializer)

    @extend_schema(
        request=NewClosure,
        responses={201: ClosureMadeSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="add_closure",
    )
    def post(self, request: Request) -> Response:
        """Close the clinic for some days; who has to be moved."""
        values = self.read_body(NewClosure)
        row = self.run_once(
            "closures",
            lambda: absences.add_closure(by=self.caller.user_id, **values),
            absences.find_closure,
        )
        return Response(_rendered(row), status=status.HTTP_201_CREATED)


class ClosureView(ResourceView):
    resource = Resource.CLOSURES

    @extend_schema(responses=ClosureSerializer, tags=["catalog"], operation_id="get_closure")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a closure."""
        return Response(render(ClosureSerializer, absences.find_closure(row_id)))

    @extend_schema(
        request=ClosureChange,
        responses=ClosureMadeSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="change_closure",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Shorten, prolong or shift a closure; who has to be moved now."""
        values = self.read_body(ClosureChange)
        row = self.run_once(
            f"closures/{row_id}",
            lambda: absences.change_closure(closure_id=row_id, by=self.caller.user_id, **values),
            absences.find_closure,
        )
        return Response(_rendered(row))

    @extend_schema(
        responses={204: None},
        parameters=[IDEMPOTENCY_KEY],
        tags=["catalog"],
        operation_id="remove_closure",
    )
    def delete(self, request: Request, row_id: UUID) -> Response:
        """Take a closure back; its appointments are kept."""
        self.do_once(
            f"closures/{row_id}/remove", lambda: absences.remove_closure(closure_id=row_id)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
