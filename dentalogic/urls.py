"""Every address that the web server answers. What a clinic may see there is the views' to say."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from clinics.tenancy.admin_site import site
from dentalogic.core.health_views import healthz, metrics, readyz

handler400 = "dentalogic.core.problems.bad_request"
handler403 = "dentalogic.core.problems.forbidden"
handler404 = "dentalogic.core.problems.not_found"
handler500 = "dentalogic.core.problems.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include("clinics.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("admin/", site.urls),
    path("", include("clinics.ui.account_urls")),
    path("", include("clinics.ui.urls")),
]
