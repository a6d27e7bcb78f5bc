"""The pages of an account: passwords and the second step."""

from __future__ import annotations

from django.urls import path

from clinics.ui import login, password, second_step

urlpatterns = [
    path("login/code/", login.code_page, name="login-code"),
    path("password/", password.change_page, name="change-password"),
    path("password/forgot/", password.forgot_page, name="forgot-password"),
    path("password/<uidb64>/<token>/", password.set_page, name="set-password"),
    path("second-step/", second_step.second_step_page, name="second-step"),
]
