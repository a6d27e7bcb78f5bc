"""Addresses of the audit, of privacy and of incidents."""

from __future__ import annotations

from django.urls import path

from clinics.api import audit, consents, privacy

urlpatterns = [
    path("audit/", audit.AuditView.as_view()),
    path("appointments/<uuid:row_id>/history/", audit.AppointmentHistoryView.as_view()),
    path("consent-texts/", consents.ConsentTextsView.as_view()),
    path("patients/<uuid:row_id>/consents/", consents.PatientConsentsView.as_view()),
    path(
        "patients/<uuid:row_id>/consents/<uuid:consent_id>/withdraw/",
        consents.WithdrawView.as_view(),
    ),
    path("patients/<uuid:row_id>/privacy-requests/", privacy.PatientPrivacyRequestsView.as_view()),
    path("privacy-requests/", privacy.PrivacyRequestsView.as_view()),
    path("privacy-requests/<uuid:row_id>/settle/", privacy.SettleView.as_view()),
    path("breaches/", privacy.BreachesView.as_view()),
]
