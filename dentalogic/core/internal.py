"""The door for machines: `X-Internal-Token`."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare

from dentalogic.core.problems import problem_response

HEADER = "X-Internal-Token"


def refuse_strangers(request: HttpRequest) -> JsonResponse | None:
    """Return the refusal for a request without the deployment's token; None lets it in."""
    shown = request.headers.get(HEADER, "")
    if constant_time_compare(shown.encode("utf-8", "replace"), settings.INTERNAL_API_TOKEN):
        return None
    return problem_response("not_authenticated", f"Falta {HEADER}.", 401)
