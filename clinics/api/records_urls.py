"""The addresses of the clinical records, below `/api/v1/patients/<id>/`."""

from __future__ import annotations

from django.urls import path

from clinics.api import records, records_files

_PATIENT = "patients/<uuid:patient_id>"
_RECORD = f"{_PATIENT}/records/<uuid:record_id>"

urlpatterns = [
    path(f"{_PATIENT}/records/", records.RecordsView.as_view()),
    path(f"{_PATIENT}/records/pdf/", records_files.RecordsPdfView.as_view()),
    path(f"{_PATIENT}/records/reads/", records.ReadsView.as_view()),
    path(f"{_RECORD}/", records.RecordView.as_view()),
    path(f"{_RECORD}/addenda/", records.AddendaView.as_view()),
    path(f"{_RECORD}/attachments/", records_files.AttachmentsView.as_view()),
    path(f"{_RECORD}/attachments/<uuid:attachment_id>/", records_files.AttachmentView.as_view()),
    path(f"{_PATIENT}/odontogram/", records.OdontogramView.as_view()),
    path(f"{_PATIENT}/odontogram/diff/", records.OdontogramDiffView.as_view()),
]
