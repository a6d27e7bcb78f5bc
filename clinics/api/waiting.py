"""The waiting list, and who on it free time would suit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import CONFLICT, PersonRef, TreatmentRef
from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import DayField, MomentField, VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Source, WaitingEntry, WaitingStatus
from clinics.services import waiting, waiting_matches
from clinics.tenancy.permissions import Can, Resource
from dentalogic.core.errors import Invalid

_ROUTE = "waiting-list"


class WaitingEntrySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(WaitingStatus.choices)
    patient = PersonRef()
    treatment = TreatmentRef()
    professional = PersonRef(allow_null=True)
    instead_of = serializers.UUIDField(source="instead_of_id", allow_null=True)
    from_day = serializers.DateField()
    until_day = serializers.DateField()
    preferred_hours = serializers.JSONField()
    note = serializers.CharField()
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]
    offered_at = MomentField(allow_null=True)
    offered_starts_at = MomentField(allow_null=True)
    booked = serializers.UUIDField(source="booked_id", allow_null=True)
    created_at = MomentField()


class NewWaitingEntry(serializers.Serializer[Any]):
    patient = serializers.UUIDField()
    treatment = serializers.UUIDField()
    professional = serializers.UUIDField(required=False, allow_null=True, default=None)
    instead_of = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Un turno suyo que dejaría."
    )
    from_day = DayField(required=False, allow_null=True, default=None)
    until_day = DayField(required=False, allow_null=True, default=None)
    preferred_hours = serializers.JSONField(
        required=False, default=dict, help_text="Como los horarios de atención; {} = cualquiera."
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class WaitingFilter(serializers.Serializer[Any]):
    status = serializers.ListField(
        child=serializers.ChoiceField(WaitingStatus.choices), required=False, max_length=5
    )
    patient = serializers.UUIDField(required=False)
    treatment = serializers.UUIDField(required=False)
    professional = serializers.UUIDField(required=False)


class CandidatesQuery(serializers.Serializer[Any]):
    professional = serializers.UUIDField(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name in Python.
        return {"from": MomentField(), "to": MomentField(), **super().get_fields()}


class CandidateSerializer(serializers.Serializer[Any]):
    entry = WaitingEntrySerializer()
    starts_at = MomentField()
    ends_at = MomentField()
    professional = PersonRef()


class CandidatesSerializer(serializers.Serializer[Any]):
    results = CandidateSerializer(many=True)


class Withdrawal(serializers.Serializer[Any]):
    version = VersionField()


class WaitingTime(serializers.Serializer[Any]):
    version = VersionField()
    professional = serializers.UUIDField()
    starts_at = MomentField()


class WaitingListView(ResourceView):
    resource = Resource.WAITING

    @extend_schema(
        parameters=[WaitingFilter, *list_parameters()],
        responses=page_schema(WaitingEntrySerializer),
        tags=["waiting"],
        operation_id="list_waiting",
    )
    def get(self, request: Request) -> Response:
        """List who waits, the longest waiting first; without `status` those who still do."""
        query = self.read_query(WaitingFilter)
        rows = WaitingEntry.objects.select_related("patient", "treatment", "professional")
        rows = rows.filter(status__in=query.pop("status", None) or waiting.OPEN)
        rows = rows.filter(**{f"{name}_id": value for name, value in query.items()})
        return Page(rows, request, order="created_at").answer(WaitingEntrySerializer)

    @extend_schema(
        request=NewWaitingEntry,
        responses={201: WaitingEntrySerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["waiting"],
        operation_id="join_waiting_list",
    )
    def post(self, request: Request) -> Response:
        """Put a patient on the list. One open entry per patient and treatment."""
        values = self.read_body(NewWaitingEntry)
        ids = {
            f"{name}_id": values.pop(name)
            for name in ("patient", "treatment", "professional", "instead_of")
        }
        row = self.run_once(
            _ROUTE,
            lambda: waiting.join_waiting_list(source=Source.STAFF, **ids, **values),
            waiting.find_entry,
        )
        return Response(render(WaitingEntrySerializer, row), status=status.HTTP_201_CREATED)


class CandidatesView(ResourceView):
    resource = Resource.WAITING

    @extend_schema(
        parameters=[CandidatesQuery],
        responses=CandidatesSerializer,
        tags=["waiting"],
        operation_id="list_waiting_candidates",
    )
    def get(self, request: Request) -> Response:
        """List who waits and could come in a stretch of time, with the first time for each."""
        query = self.read_query(CandidatesQuery)
        if query["to"] <= query["from"]:
            raise Invalid({"to": ["Debe ser posterior al comienzo."]})
        found = waiting_matches.find_candidates(
            professional_id=query.get("professional"),
            starts_at=query["from"],
            ends_at=query["to"],
        )
        people = waiting_matches.name_professionals(found)
        rows = [
            {
                "entry": one.entry,
                "starts_at": one.slot.starts_at,
                "ends_at": one.slot.ends_at,
                "professional": people[one.slot.professional_id],
            }
            for one in found
        ]
        return Response(render(CandidatesSerializer, {"results": rows}))


class _EntryView(ResourceView):
    resource = Resource.WAITING
    actions = {"POST": Can.CHANGE}


class OfferView(_EntryView):
    @extend_schema(
        request=WaitingTime,
        responses={200: WaitingEntrySerializer, **CONFLICT},
        parameters=[IDEMPOTENCY_KEY],
        tags=["waiting"],
        operation_id="offer_waiting",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Note that a free time was offered."""
        values = self.read_body(WaitingTime)
        row = self.run_once(
            f"{_ROUTE}/{row_id}/offer",
            lambda: waiting.offer_time(
                entry_id=row_id,
                professional_id=values["professional"],
                starts_at=values["starts_at"],
                version=values["version"],
            ),
            waiting.find_entry,
            network=True,
        )
        return Response(render(WaitingEntrySerializer, row))


class WithdrawView(_EntryView):
    @extend_schema(
        request=Withdrawal,
        responses=WaitingEntrySerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["waiting"],
        operation_id="withdraw_waiting",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Take somebody off the list."""
        version = self.read_body(Withdrawal)["version"]
        row = self.run_once(
            f"{_ROUTE}/{row_id}/withdraw",
            lambda: waiting.withdraw(entry_id=row_id, version=version),
            waiting.find_entry,
        )
        return Response(render(WaitingEntrySerializer, row))


class BookWaitingView(_EntryView):
    @extend_schema(
        request=WaitingTime,
        responses={200: WaitingEntrySerializer, **CONFLICT},
        parameters=[IDEMPOTENCY_KEY],
        tags=["waiting"],
        operation_id="book_waiting",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Book a time for who waits, or move the appointment that they would give up."""
        values = self.read_body(WaitingTime)
        row = self.run_once(
            f"{_ROUTE}/{row_id}/book",
            lambda: waiting.book_entry(
                entry_id=row_id,
                professional_id=values["professional"],
                starts_at=values["starts_at"],
                version=values["version"],
                actor=self.actor,
                source=Source.STAFF,
            ),
            waiting.find_entry,
            network=True,
        )
        return Response(render(WaitingEntrySerializer, row))
