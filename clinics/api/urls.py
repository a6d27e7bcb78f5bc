"""The addresses of the API, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from clinics.api import auth, staff

urlpatterns = [
    path("auth/register/", auth.RegisterView.as_view()),
    path("auth/login/", auth.LoginView.as_view()),
    path("auth/refresh/", auth.RefreshView.as_view()),
    path("auth/logout/", auth.LogoutView.as_view()),
    path("auth/me/", auth.MeView.as_view()),
    path("auth/switch-clinic/", auth.SwitchClinicView.as_view()),
    path("staff/", staff.StaffView.as_view()),
    path("staff/<uuid:member_id>/activate/", staff.ActivateView.as_view()),
    path("staff/<uuid:member_id>/suspend/", staff.SuspendView.as_view()),
]
