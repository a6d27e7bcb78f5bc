"""What comes with clinical records as files: attachments, and the chart as a PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, render
from clinics.api.files import AnyAccepted, BoundedMultiPartParser, download
from clinics.api.records import RecordsResource
from clinics.api.records_serializers import AttachmentSerializer, NewAttachment, Reason
from clinics.models import RecordAttachment
from clinics.services.patients import find_patient
from clinics.services.records import attachments
from clinics.services.records.files import KeptFile, kept_file
from clinics.services.records.printing import chart_document
from dentalogic.core import pdf
from dentalogic.core.idempotency import once


class AttachmentsView(RecordsResource):
    parser_classes = [BoundedMultiPartParser]

    @extend_schema(
        request={"multipart/form-data": NewAttachment},
        responses={201: AttachmentSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["records"],
        operation_id="add_attachment",
    )
    def post(self, request: Request, patient_id: UUID, record_id: UUID) -> Response:
        """Attach a file (PDF, JPEG, PNG, WebP, DICOM) by an addendum to the entry."""
        values = self.read_body(NewAttachment)
        find_patient(patient_id)
        upload: Any = values["file"]
        with kept_file(upload, upload.name or "") as file:
            row_id, _ = once(
                user_id=self.caller.user_id,
                route=f"records/{record_id}/attachments",
                key=self.idempotency_key,
                body={"file": file.sha256, "name": file.name, "text": values["text"]},
                work=lambda: self._add(patient_id, record_id, file, values["text"]),
            )
            row = RecordAttachment.objects.get(pk=row_id)
            # A repetition found the row of the first time, whose file is another one.
            file.referred = row.stored_as == file.stored_as
        return Response(render(AttachmentSerializer, row), status=status.HTTP_201_CREATED)

    def _add(self, patient_id: UUID, record_id: UUID, file: KeptFile, text: str) -> UUID:
        made: UUID = attachments.add_attachment(
            patient_id=patient_id,
            record_id=record_id,
            user_id=self.caller.user_id,
            file=file,
            text=text,
        ).pk
        return made


class AttachmentView(AnyAccepted, RecordsResource):
    @extend_schema(
        parameters=[Reason],
        responses={(200, "*/*"): OpenApiTypes.BINARY},
        tags=["records"],
        operation_id="get_attachment",
    )
    def get(
        self, request: Request, patient_id: UUID, record_id: UUID, attachment_id: UUID
    ) -> HttpResponse:
        """Download an attachment. That it was read is noted."""
        query = self.read_query(Reason)
        patient = find_patient(patient_id)
        row = attachments.find_attachment(patient, record_id, attachment_id)
        path = attachments.stored_file(row)
        self.note(patient, "attachment", query["why"], row.record)
        return download(path.read_bytes(), name=row.name, content_type=row.content_type)


class RecordsPdfView(AnyAccepted, RecordsResource):
    @extend_schema(
        parameters=[Reason],
        responses={(200, pdf.CONTENT_TYPE): OpenApiResponse(OpenApiTypes.BINARY)},
        tags=["records"],
        operation_id="print_records",
    )
    def get(self, request: Request, patient_id: UUID) -> HttpResponse:
        """Hand the whole chart over as a PDF. That it was read is noted."""
        query = self.read_query(Reason)
        patient = find_patient(patient_id)
        self.note(patient, "pdf", query["why"])
        body = chart_document(patient)
        return download(body, name="historia-clinica.pdf", content_type=pdf.CONTENT_TYPE)
