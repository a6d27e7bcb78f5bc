"""The addresses of patients."""

from __future__ import annotations

from django.urls import path

from clinics.api import (
    patients,
    patients_export,
    patients_guardians,
    patients_import,
    patients_merge,
)

_ONE = "patients/<uuid:row_id>/"

urlpatterns = [
    path("patients/", patients.PatientsView.as_view()),
    path("patients/duplicates/", patients_merge.DuplicatesView.as_view()),
    path("patients/import/", patients_import.ImportView.as_view()),
    path(_ONE, patients.PatientView.as_view()),
    path(f"{_ONE}appointments/", patients.PatientAppointmentsView.as_view()),
    path(f"{_ONE}facts/", patients.PatientFactsView.as_view()),
    path(f"{_ONE}guardians/", patients_guardians.GuardiansView.as_view()),
    path(f"{_ONE}guardians/<uuid:other_id>/", patients_guardians.GuardianView.as_view()),
    path(f"{_ONE}dependants/", patients_guardians.DependantsView.as_view()),
    path(f"{_ONE}dependants/<uuid:other_id>/", patients_guardians.DependantView.as_view()),
    path(f"{_ONE}export/", patients_export.ExportView.as_view()),
    path(f"{_ONE}merge/", patients_merge.MergeView.as_view()),
    path(f"{_ONE}not-duplicate/", patients_merge.PutAsideView.as_view()),
]
