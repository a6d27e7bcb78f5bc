"""The addresses of the API, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from clinics.api import (
    appointments,
    auth,
    availability,
    catalog,
    events,
    money_urls,
    passwords,
    patients_urls,
    privacy_urls,
    professionals,
    reception_urls,
    records_urls,
    staff,
)

urlpatterns = [
    path("auth/register/", auth.RegisterView.as_view()),
    path("auth/login/", auth.LoginView.as_view()),
    path("auth/refresh/", auth.RefreshView.as_view()),
    path("auth/logout/", auth.LogoutView.as_view()),
    path("auth/me/", auth.MeView.as_view()),
    path("auth/switch-clinic/", auth.SwitchClinicView.as_view()),
    path("auth/password/", passwords.PasswordView.as_view()),
    path("auth/password/forgot/", passwords.ForgottenView.as_view()),
    path("auth/password/set/", passwords.SetPasswordView.as_view()),
    path("staff/", staff.StaffView.as_view()),
    path("staff/<uuid:member_id>/activate/", staff.ActivateView.as_view()),
    path("staff/<uuid:member_id>/suspend/", staff.SuspendView.as_view()),
    path("availability/", availability.AvailabilityView.as_view()),
    path("appointments/", appointments.AppointmentsView.as_view()),
    path("appointments/<uuid:row_id>/", appointments.AppointmentView.as_view()),
    path("appointments/<uuid:row_id>/confirm/", appointments.ConfirmView.as_view()),
    path("appointments/<uuid:row_id>/reschedule/", appointments.RescheduleView.as_view()),
    path("appointments/<uuid:row_id>/cancel/", appointments.CancelView.as_view()),
    path("appointments/<uuid:row_id>/arrive/", appointments.ArriveView.as_view()),
    path("appointments/<uuid:row_id>/seat/", appointments.SeatView.as_view()),
    path("appointments/<uuid:row_id>/complete/", appointments.CompleteView.as_view()),
    path("appointments/<uuid:row_id>/no-show/", appointments.NoShowView.as_view()),
    path("appointments/<uuid:row_id>/undo/", appointments.UndoView.as_view()),
    *reception_urls.urlpatterns,
    *patients_urls.urlpatterns,
    path("professionals/", professionals.ProfessionalsView.as_view()),
    path("professionals/<uuid:row_id>/", professionals.ProfessionalView.as_view()),
    path("treatments/", catalog.TreatmentsView.as_view()),
    path("treatments/<uuid:row_id>/", catalog.TreatmentView.as_view()),
    path("insurers/", catalog.InsurersView.as_view()),
    path("insurers/<uuid:row_id>/", catalog.InsurerView.as_view()),
    path("events/", events.EventsView.as_view()),
    *privacy_urls.urlpatterns,
    *records_urls.urlpatterns,
    *money_urls.urlpatterns,
]
