"""Clinical records: professionals read and add, the CEO reads, and every read is noted.

Nothing here changes or removes: corrections are addenda.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.api.records_serializers import (
    DiffParameters,
    NewAddendum,
    NewRecord,
    OdontogramDiffSerializer,
    OdontogramSerializer,
    ReadSerializer,
    Reason,
    RecordSearch,
    RecordSerializer,
)
from clinics.models import ClinicalRecord, Patient
from clinics.services.patients import find_patient
from clinics.services.records import charts, reads, writing
from clinics.tenancy.permissions import Resource


class RecordsResource(ResourceView):
    resource = Resource.RECORDS

    def note(
        self, patient: Patient, what: str, why: str = "", record: ClinicalRecord | None = None
    ) -> None:
        """Note what the caller is about to be shown."""
        reads.note_read(
            patient=patient,
            user_id=self.caller.user_id,
            role=self.caller.role,
            what=what,
            why=why,
            record=record,
        )


class RecordsView(RecordsResource):
    @extend_schema(
        parameters=[RecordSearch, *list_parameters()],
        responses=page_schema(RecordSerializer),
        tags=["records"],
        operation_id="list_records",
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List the chart, the latest entry first; those of merged patients are in it."""
        query = self.read_query(RecordSearch)
        patient = find_patient(patient_id)
        rows = charts.chart(patient).prefetch_related("attachments")
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        page = Page(rows, request, order="-signed_at")
        self.note(patient, "list", query["why"])
        return page.answer(RecordSerializer)

    @extend_schema(
        request=NewRecord,
        responses={201: RecordSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["records"],
        operation_id="add_record",
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Sign an entry as the caller's own professional."""
        values = self.read_body(NewRecord)
        patient = find_patient(patient_id)
        row = self.run_once(
            f"patients/{patient_id}/records",
            lambda: writing.add_entry(
                patient_id=patient_id,
                user_id=self.caller.user_id,
                kind=values["kind"],
                text=values["text"],
                content=values.get("content"),
                appointment_id=values.get("appointment"),
            ),
            lambda row_id: charts.find_entry(patient, row_id),
        )
        return Response(render(RecordSerializer, row), status=status.HTTP_201_CREATED)


class RecordView(RecordsResource):
    @extend_schema(
        parameters=[Reason],
        responses=RecordSerializer,
        tags=["records"],
        operation_id="get_record",
    )
    def get(self, request: Request, patient_id: UUID, record_id: UUID) -> Response:
        """Show an entry."""
        query = self.read_query(Reason)
        patient = find_patient(patient_id)
        entry = charts.find_entry(patient, record_id)
        self.note(patient, "entry", query["why"], entry)
        return Response(render(RecordSerializer, entry))


class AddendaView(RecordsResource):
    @extend_schema(
        request=NewAddendum,
        responses={201: RecordSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["records"],
        operation_id="add_addendum",
    )
    def post(self, request: Request, patient_id: UUID, record_id: UUID) -> Response:
        """Correct or complete an entry, which stays as it is."""
        values = self.read_body(NewAddendum)
        patient = find_patient(patient_id)
        row = self.run_once(
            f"records/{record_id}/addenda",
            lambda: writing.add_addendum(
                patient_id=patient_id,
                record_id=record_id,
                user_id=self.caller.user_id,
                text=values["text"],
            ),
            lambda row_id: charts.find_entry(patient, row_id),
        )
        return Response(render(RecordSerializer, row), status=status.HTTP_201_CREATED)


class OdontogramView(RecordsResource):
    @extend_schema(
        parameters=[Reason],
        responses=OdontogramSerializer,
        tags=["records"],
        operation_id="get_odontogram",
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Show the last visit's odontogram; an empty one where there is none."""
        query = self.read_query(Reason)
        patient = find_patient(patient_id)
        entry = charts.current_odontogram(patient)
        self.note(patient, "odontogram", query["why"], entry)
        shown: dict[str, Any] = {
            "record": entry.pk if entry else None,
            "signed_at": entry.signed_at if entry else None,
            "signed_as": entry.signed_as if entry else "",
            "odontogram": entry.content if entry else charts.EMPTY_MOUTH,
        }
        return Response(render(OdontogramSerializer, shown))


class OdontogramDiffView(RecordsResource):
    @extend_schema(
        parameters=[DiffParameters],
        responses=OdontogramDiffSerializer,
        tags=["records"],
        operation_id="compare_odontograms",
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Compare two visits, named by their entries; by default the last two."""
        query = self.read_query(DiffParameters)
        patient = find_patient(patient_id)
        found = charts.odontogram_diff(patient, from_id=query.get("from"), to_id=query.get("to"))
        self.note(patient, "odontogram", query["why"], found.after)
        shown = {"from": found.before, "to": found.after, "changes": found.changes}
        return Response(render(OdontogramDiffSerializer, shown))


class ReadsView(RecordsResource):
    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(ReadSerializer),
        tags=["records"],
        operation_id="list_record_reads",
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List who saw the chart, when, what of it and why; the latest first."""
        page = Page(reads.reads_of(find_patient(patient_id)), request, order="-at")
        names = reads.reader_names(page.rows)
        for row in page.rows:
            row.name = names.get(row.user_id, "")  # type: ignore[attr-defined]  # for the answer
        return page.answer(ReadSerializer)
