"""The reception: today's room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import AppointmentSerializer
from clinics.api.base import ResourceView, render
from clinics.api.fields import DayField, MomentField
from clinics.models import AppointmentStatus
from clinics.services.reception import Place, read_room
from clinics.tenancy.permissions import Resource

_PLACES = [(str(place), str(place)) for place in Place]


class VisitSerializer(serializers.Serializer[Any]):
    appointment = AppointmentSerializer()
    place = serializers.ChoiceField(_PLACES)
    since = MomentField(allow_null=True, help_text="Desde cuándo está ahí.")
    minutes = serializers.IntegerField(allow_null=True, help_text="Minutos desde entonces.")
    next = serializers.ListField(
        child=serializers.ChoiceField(AppointmentStatus.choices),
        help_text="Los estados a los que puede pasar.",
    )
    undo_to = serializers.ChoiceField(
        AppointmentStatus.choices, allow_null=True, help_text="A dónde vuelve si se deshace, hoy."
    )


class RoomSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    now = MomentField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Por lugar.")
    results = VisitSerializer(many=True, source="visits")


class RoomFilter(serializers.Serializer[Any]):
    day = DayField(required=False, help_text="Sin él: hoy.")


class RoomView(ResourceView):
    resource = Resource.APPOINTMENTS

    @extend_schema(
        parameters=[RoomFilter],
        responses=RoomSerializer,
        tags=["reception"],
        operation_id="get_room",
    )
    def get(self, request: Request) -> Response:
        """Show who is waiting, in the chair, late, done or absent; professionals see their own."""
        day = self.read_query(RoomFilter).get("day")
        only: UUID | None = None
        if self.only_own:
            only = self.own_professional_id() or UUID(int=0)
        return Response(render(RoomSerializer, read_room(day=day, professional_id=only)))
