"""The agenda: booking, moving, and the steps of an appointment's day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import MomentField, VersionField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Appointment, AppointmentStatus, Chair, Professional, Source
from clinics.services import booking, lifecycle, moving
from clinics.services.catalog import get_or_refuse
from clinics.services.parties import load_parties
from clinics.tenancy.permissions import Can, Resource
from dentalogic.core.errors import NotAllowed, NotFound
from dentalogic.core.idempotency import request_hash


class _Named(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class PersonRef(_Named):
    name = serializers.CharField(source="display_name")


class TreatmentRef(_Named):
    pass


class AppointmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(AppointmentStatus.choices)
    starts_at = MomentField()
    ends_at = MomentField()
    professional = PersonRef()
    patient = PersonRef()
    treatment = TreatmentRef()
    chair_id = serializers.UUIDField(allow_null=True)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]
    notes = serializers.CharField()
    overbooked = serializers.BooleanField()
    overbook_reason = serializers.CharField()
    cancelled_by = serializers.CharField()
    cancel_reason = serializers.CharField()
    arrived_at = MomentField(allow_null=True)
    seated_at = MomentField(allow_null=True)
    completed_at = MomentField(allow_null=True)
    created_at = MomentField()
    updated_at = MomentField()


class NewAppointment(serializers.Serializer[Any]):
    patient = serializers.UUIDField()
    professional = serializers.UUIDField()
    treatment = serializers.UUIDField()
    starts_at = MomentField()
    chair = serializers.UUIDField(required=False, allow_null=True, default=None)
    urgent = serializers.BooleanField(required=False, default=False)
    override_hold = serializers.BooleanField(
        required=False, default=False, help_text="Desplaza la reserva pasajera de otra persona."
    )
    overbook_reason = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Con un motivo se agenda sobre otro turno.",
    )
    notes = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class Reschedule(serializers.Serializer[Any]):
    version = VersionField()
    starts_at = MomentField()
    professional = serializers.UUIDField(required=False)
    chair = serializers.UUIDField(required=False, allow_null=True, default=None)
    urgent = serializers.BooleanField(required=False, default=False)
    override_hold = serializers.BooleanField(required=False, default=False)
    overbook_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )


class Step(serializers.Serializer[Any]):
    version = VersionField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class StepWithReason(serializers.Serializer[Any]):
    version = VersionField()
    reason = serializers.CharField(max_length=200)


class AppointmentFilter(serializers.Serializer[Any]):
    professional = serializers.UUIDField(required=False)
    patient = serializers.UUIDField(required=False)
    status = serializers.ListField(
        child=serializers.ChoiceField(AppointmentStatus.choices), required=False, max_length=9
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name in Python.
        window = {"from": MomentField(required=False), "to": MomentField(required=False)}
        return {**window, **super().get_fields()}


SLOT_TAKEN = inline_serializer(
    name="SlotTaken",
    fields={
        "type": serializers.CharField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "alternatives": inline_serializer(
            name="Alternative",
            fields={
                "professional_id": serializers.UUIDField(),
                "professional": serializers.CharField(),
                "starts_at": serializers.DateTimeField(),
                "ends_at": serializers.DateTimeField(),
                "chair_id": serializers.UUIDField(allow_null=True),
            },
            many=True,
            required=False,
        ),
        "held_until": serializers.DateTimeField(required=False),
    },
)
# No treatment takes longer: `treatment_minutes_sane` says a third of it.
LONGEST = timedelta(days=1)
CONFLICT = {(409, "application/problem+json"): SLOT_TAKEN}


def appointment_rows(view: ResourceView) -> QuerySet[Appointment]:
    """Return the appointments that the caller may see; holds are nobody's appointments."""
    rows = Appointment.objects.select_related("professional", "patient", "treatment").exclude(
        status=AppointmentStatus.HELD
    )
    if view.only_own:
        own = view.own_professional_id()
        rows = rows.none() if own is None else rows.filter(professional_id=own)
    return rows


def find_for(view: ResourceView, appointment_id: UUID) -> Appointment:
    """Return an appointment that the caller may see; any other does not exist."""
    found = appointment_rows(view).filter(pk=appointment_id).first()
    if found is None:
        raise NotFound
    return found


def check_place(view: ResourceView, professional_id: UUID, chair_id: UUID | None) -> None:
    """Refuse what this clinic does not have, and colleagues' agendas to who has just their own."""
    if chair_id is not None:
        get_or_refuse(Chair, chair_id)
    if view.only_own and professional_id != view.own_professional_id():
        get_or_refuse(Professional, professional_id)
        raise NotAllowed("Solo podés agendar turnos propios.")


class AppointmentsView(ResourceView):
    resource = Resource.APPOINTMENTS

    @extend_schema(
        parameters=[AppointmentFilter, *list_parameters()],
        responses=page_schema(AppointmentSerializer),
        tags=["appointments"],
        operation_id="list_appointments",
    )
    def get(self, request: Request) -> Response:
        """List appointments by their start; professionals see their own."""
        query = self.read_query(AppointmentFilter)
        rows = appointment_rows(self)
        conditions = {
            "from": "ends_at__gt",
            "to": "starts_at__lt",
            "professional": "professional_id",
            "patient": "patient_id",
            "status": "status__in",
        }
        rows = rows.filter(**{conditions[name]: value for name, value in query.items()})
        if "from" in query:
            # Says nothing new, and lets the index on the start skip the years before.
            rows = rows.filter(starts_at__gt=query["from"] - LONGEST)
        return Page(rows, request, order="starts_at").answer(AppointmentSerializer)

    @extend_schema(
        request=NewAppointment,
        responses={201: AppointmentSerializer, **CONFLICT},
        parameters=[IDEMPOTENCY_KEY],
        tags=["appointments"],
        operation_id="book_appointment",
    )
    def post(self, request: Request) -> Response:
        """Book a time. A taken one answers 409 with the nearest alternatives."""
        values = self.read_body(NewAppointment)
        check_place(self, values["professional"], values["chair"])
        row = self.run_once(
            "appointments",
            lambda: self._book(values),
            lambda row_id: find_for(self, row_id),
            network=True,
        )
        return Response(render(AppointmentSerializer, row), status=status.HTTP_201_CREATED)

    def _book(self, values: dict[str, Any]) -> Appointment:
        patient, treatment, professional = load_parties(
            patient_id=values["patient"],
            treatment_id=values["treatment"],
            professional_id=values["professional"],
        )
        booked = booking.book_appointment(
            patient=patient,
            professional_id=professional.pk,
            treatment=treatment,
            starts_at=values["starts_at"],
            chair_id=values["chair"],
            urgent=values["urgent"],
            override_hold=values["override_hold"],
            overbook_reason=values["overbook_reason"],
            notes=values["notes"],
            actor=self.actor,
            source=Source.STAFF,
            request_key=self._request_key(),
        )
        booked.professional = professional
        return booked

    def _request_key(self) -> str | None:
        """Name the request so that a repeat after a crash finds what the first one booked."""
        key = self.idempotency_key
        if key is None:
            return None
        named = f"{self.caller.user_id} {key} {request_hash(self.request.data)}"
        return f"rest:{hashlib.sha256(named.encode()).hexdigest()}"


class AppointmentView(ResourceView):
    resource = Resource.APPOINTMENTS

    @extend_schema(
        responses=AppointmentSerializer, tags=["appointments"], operation_id="get_appointment"
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show an appointment."""
        return Response(render(AppointmentSerializer, find_for(self, row_id)))


class _ChangeView(ResourceView):
    resource = Resource.APPOINTMENTS
    actions = {"POST": Can.CHANGE}
    step: str

    def change(
        self, row_id: UUID, work: Callable[[], Appointment], *, network: bool = False
    ) -> Response:
        if self.only_own:
            find_for(self, row_id)
        row = self.run_once(
            f"appointments/{row_id}/{self.step}",
            work,
            lambda done: find_for(self, done),
            network=network,
        )
        return Response(render(AppointmentSerializer, row))


class RescheduleView(_ChangeView):
    step = "reschedule"

    @extend_schema(
        request=Reschedule,
        responses={200: AppointmentSerializer, **CONFLICT},
        parameters=[IDEMPOTENCY_KEY],
        tags=["appointments"],
        operation_id="reschedule_appointment",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Move an appointment to another time or professional."""
        values = self.read_body(Reschedule)
        now_with = find_for(self, row_id).professional_id
        professional_id = values.get("professional", now_with)
        if professional_id != now_with:
            get_or_refuse(Professional, professional_id)
        check_place(self, professional_id, values["chair"])
        return self.change(
            row_id,
            lambda: moving.reschedule_appointment(
                appointment_id=row_id,
                professional_id=professional_id,
                starts_at=values["starts_at"],
                chair_id=values["chair"],
                urgent=values["urgent"],
                override_hold=values["override_hold"],
                overbook_reason=values["overbook_reason"],
                version=values["version"],
                actor=self.actor,
            ),
            network=True,
        )


class ConfirmView(_ChangeView):
    step = "confirm"

    @extend_schema(
        request=Step,
        responses=AppointmentSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["appointments"],
        operation_id="confirm_appointment",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Confirm: a request becomes an appointment, an appointment is confirmed."""
        values = self.read_body(Step)
        return self.change(
            row_id,
            lambda: lifecycle.confirm_appointment(
                appointment_id=row_id, actor=self.actor, version=values["version"]
            ),
        )


class UndoView(_ChangeView):
    step = "undo"

    @extend_schema(
        request=StepWithReason,
        responses=AppointmentSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["appointments"],
        operation_id="undo_appointment",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Take back `completed` or `no_show`, the same day, with a reason."""
        values = self.read_body(StepWithReason)
        return self.change(
            row_id,
            lambda: lifecycle.undo_status(
                appointment_id=row_id,
                actor=self.actor,
                reason=values["reason"],
                version=values["version"],
            ),
        )


def step_view(name: str, to: AppointmentStatus, sentence: str) -> type[_ChangeView]:
    """Build the view of one step along the transition table."""

    class StepView(_ChangeView):
        step = name

        @extend_schema(
            request=Step,
            responses=AppointmentSerializer,
            parameters=[IDEMPOTENCY_KEY],
            tags=["appointments"],
            operation_id=f"{name.replace('-', '_')}_appointment",
            description=sentence,
        )
        def post(self, request: Request, row_id: UUID) -> Response:
            values = self.read_body(Step)
            return self.change(
                row_id,
                lambda: lifecycle.change_status(
                    appointment_id=row_id,
                    to=to,
                    actor=self.actor,
                    reason=values["reason"],
                    version=values["version"],
                ),
            )

    return StepView


CancelView = step_view("cancel", AppointmentStatus.CANCELLED, "Cancel for good.")
ArriveView = step_view("arrive", AppointmentStatus.ARRIVED, "The patient is in the room.")
SeatView = step_view("seat", AppointmentStatus.IN_CHAIR, "The patient is in the chair.")
CompleteView = step_view("complete", AppointmentStatus.COMPLETED, "The patient was treated.")
NoShowView = step_view("no-show", AppointmentStatus.NO_SHOW, "The patient did not come.")
