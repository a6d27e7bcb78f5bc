"""What a socket missed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics import realtime
from clinics.api.base import ResourceView
from clinics.models import EventType
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import DomainError


class Resync(DomainError):
    """What was asked for is no longer kept: load everything again and go on from `last`."""

    code = "resync"
    message = "Esos avisos ya no se guardan. Volvé a cargar los datos."
    status = 410


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    type = serializers.ChoiceField(EventType.choices)
    occurred_at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]  # declared fields leave the class


class EventsSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True)
    last = serializers.IntegerField(help_text="Para el próximo `since`.")
    more = serializers.BooleanField()


class EventsQuery(serializers.Serializer[Any]):
    since = serializers.IntegerField(
        min_value=0, max_value=2**62, required=False, help_text="Sin él: desde ahora."
    )


class EventsView(ResourceView):
    resource = Resource.EVENTS

    @extend_schema(
        parameters=[EventsQuery],
        responses=EventsSerializer,
        tags=["events"],
        operation_id="list_events",
    )
    def get(self, request: Request) -> Response:
        """List what happened after `since`, in order, once. 410: too old, load everything again."""
        since = self.read_query(EventsQuery).get("since")
        realtime.number_events()
        if since is None:
            return Response({"results": [], "last": realtime.last_number(), "more": False})
        try:
            page = realtime.read_events(
                since=since,
                role=self.caller.role,
                professional_id=self.own_professional_id(),
            )
        except realtime.EventsGone:
            raise Resync(last=realtime.last_number()) from None
        results = [event.as_message() for event in page.events]
        return Response({"results": results, "last": page.last, "more": page.more})
