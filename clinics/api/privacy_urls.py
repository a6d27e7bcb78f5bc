"""Addresses of the audit, of privacy and of incidents."""

from __future__ import annotations

from django.urls import path

from clinics.api import audit

urlpatterns = [
    path("audit/", audit.AuditView.as_view()),
    path("appointments/<uuid:row_id>/history/", audit.AppointmentHistoryView.as_view()),
]
