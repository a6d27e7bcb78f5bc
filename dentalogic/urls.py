"""Every address that the web server answers. What a clinic may see there is the views' to say."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

handler400 = "dentalogic.core.problems.bad_request"
handler403 = "dentalogic.core.problems.forbidden"
handler404 = "dentalogic.core.problems.not_found"
handler500 = "dentalogic.core.problems.server_error"

urlpatterns: list[URLPattern | URLResolver] = []
