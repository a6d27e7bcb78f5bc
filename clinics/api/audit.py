"""Who changed what: the audit of one object or of the clinic, and an appointment's history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.appointments import find_for
from clinics.api.base import ResourceView
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import AppointmentChange, AppointmentStatus, AuditAction
from clinics.services import audit
from clinics.tenancy.permissions import Resource


class PersonSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["staff", "patient", "agent", "system"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class _ActedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = MomentField()
    actor = serializers.SerializerMethodField()

    @extend_schema_field(PersonSerializer)
    def get_actor(self, row: Any) -> dict[str, Any]:
        return PersonSerializer(self.context["people"][row.actor]).data


class FieldChange(serializers.Serializer[Any]):
    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class AuditEntrySerializer(_ActedSerializer):
    action = serializers.ChoiceField(AuditAction.choices)
    action_label = serializers.CharField(source="get_action_display")
    object = serializers.SerializerMethodField()
    object_label = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    def get_object(self, row: Any) -> str:
        return f"{row.table_name}:{row.row_id}"

    def get_object_label(self, row: Any) -> str:
        return audit.table_label(row.table_name)

    @extend_schema_field(FieldChange(many=True))
    def get_changes(self, row: Any) -> list[dict[str, Any]]:
        return audit.changes_for(row, self.context["role"])


class AuditQuery(serializers.Serializer[Any]):
    object = serializers.CharField(
        max_length=110, required=False, help_text="Por ejemplo `patients:<id>`."
    )
    actor = serializers.CharField(
        max_length=40, required=False, help_text="Un usuario, `patient`, `agent` o `system`."
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name in Python.
        window = {"from": MomentField(required=False), "to": MomentField(required=False)}
        return {**super().get_fields(), **window}


class AuditView(ResourceView):
    resource = Resource.AUDIT

    @extend_schema(
        parameters=[AuditQuery, *list_parameters()],
        responses=page_schema(AuditEntrySerializer),
        tags=["audit"],
        operation_id="list_audit_entries",
    )
    def get(self, request: Request) -> Response:
        """List changes, the latest first: who, when, before and after.

        What stands in a chart is shown to who may read charts, and noted as a read of it.
        """
        query = self.read_query(AuditQuery)
        rows = audit.find_entries(
            about=query.get("object"),
            actor=query.get("actor"),
            since=query.get("from"),
            until=query.get("to"),
        )
        page = Page(rows, request, order="-at")
        audit.note_reads(page.rows, user_id=self.caller.user_id, role=self.caller.role)
        people = audit.people_of(entry.actor for entry in page.rows)
        return page.answer(AuditEntrySerializer, people=people, role=self.caller.role)


class ChangeSerializer(_ActedSerializer):
    from_status = serializers.CharField()
    from_label = serializers.SerializerMethodField()
    to_status = serializers.ChoiceField(AppointmentStatus.choices)
    to_label = serializers.SerializerMethodField()
    reason = serializers.CharField()
    changed = serializers.DictField(help_text='Qué se movió: {"starts_at": [antes, después]}.')

    def get_from_label(self, row: AppointmentChange) -> str:
        return AppointmentStatus(row.from_status).label if row.from_status else ""

    def get_to_label(self, row: AppointmentChange) -> str:
        return AppointmentStatus(row.to_status).label


class AppointmentHistoryView(ResourceView):
    resource = Resource.APPOINTMENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(ChangeSerializer),
        tags=["appointments"],
        operation_id="list_appointment_changes",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List the steps of an appointment, the first one first: who, when, why."""
        rows = AppointmentChange.objects.filter(appointment=find_for(self, row_id))
        page = Page(rows, request, order="at")
        people = audit.people_of(change.actor for change in page.rows)
        return page.answer(ChangeSerializer, people=people)
