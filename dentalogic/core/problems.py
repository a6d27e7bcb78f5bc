"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import get_language, gettext, override
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from dentalogic.core.errors import DomainError
from dentalogic.core.languages import reader_language

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


def problem(
    code: str, title: str, http_status: int, *, detail: str | None = None, **more: Any
) -> dict[str, Any]:
    """Build the body: `type` is `urn:dentalogic:problem:<code>`, with dashes."""
    body: dict[str, Any] = {
        "type": f"urn:dentalogic:problem:{code.replace('_', '-')}",
        "title": gettext(title),
        "status": http_status,
    }
    if detail:
        body["detail"] = detail
    if "errors" in more:
        more["errors"] = _said(more["errors"])
    return body | more


def _said(errors: Any) -> Any:
    """Return sentences by field in the reader's language; the sources are Spanish."""
    if isinstance(errors, dict):
        return {name: _said(below) for name, below in errors.items()}
    if isinstance(errors, list | tuple):
        return [_said(below) for below in errors]
    return gettext(errors) if isinstance(errors, str) and errors else errors


def problem_response(
    code: str, title: str, http_status: int, *, detail: str | None = None, **more: Any
) -> JsonResponse:
    """Answer a problem outside DRF (middleware, Django's own errors)."""
    response = JsonResponse(
        problem(code, title, http_status, detail=detail, **more),
        status=http_status,
        content_type=CONTENT_TYPE,
    )
    if http_status == status.HTTP_503_SERVICE_UNAVAILABLE or "retry_after" in more:
        response["Retry-After"] = str(more.get("retry_after", RETRY_AFTER_SECONDS))
    return response


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal has a `type`, and no dependency is a 500."""
    if isinstance(error, DomainError):
        return _answer(problem(error.code, str(error), error.status, **error.details))
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("database_away", error=type(error).__name__)
        return _answer(problem("dependency_away", "Un servicio no responde.", 503))
    answered = exception_handler(error, context)
    if answered is None:
        return None
    body = _translate(error, answered)
    response = _answer(body)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in answered.headers:
            response[name] = answered.headers[name]
    return response


def _translate(error: Exception, answered: Response) -> dict[str, Any]:
    code = answered.status_code
    if isinstance(error, exceptions.ValidationError):
        return problem("invalid", "Hay datos que no son válidos.", code, errors=_by_field(error))
    if isinstance(error, Http404):
        return problem("not_found", "No existe.", code)
    if isinstance(error, PermissionDenied):
        return problem("not_allowed", "No tenés permiso para hacer esto.", code)
    if isinstance(error, exceptions.APIException):
        names = {
            401: "not_authenticated",
            403: "not_allowed",
            404: "not_found",
            405: "method_not_allowed",
            406: "not_acceptable",
            415: "unsupported_media_type",
            429: "throttled",
        }
        name = names.get(code) or error.default_code
        found = getattr(error.detail, "code", None)
        if code in {401, 403} and found not in {None, *_GENERIC_CODES}:
            name = str(found)
        return problem(name, str(error.detail), code)
    return problem("error", "No se pudo.", code)


_GENERIC_CODES = frozenset(
    {"not_authenticated", "authentication_failed", "permission_denied", "error"}
)


def _by_field(error: exceptions.ValidationError) -> dict[str, Any]:
    detail = error.detail
    if isinstance(detail, list):
        return {"non_field_errors": detail}
    return dict(detail)


def _answer(body: dict[str, Any]) -> Response:
    response = Response(body, status=body["status"], content_type=CONTENT_TYPE)
    response["Content-Language"] = get_language() or "es"
    if body["status"] == status.HTTP_503_SERVICE_UNAVAILABLE or "retry_after" in body:
        response["Retry-After"] = str(body.get("retry_after", RETRY_AFTER_SECONDS))
    return response


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer Django's own 404."""
    with override(reader_language(request)):
        return problem_response("not_found", "No existe.", 404)


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer Django's own 403."""
    with override(reader_language(request)):
        return problem_response("not_allowed", "No tenés permiso para hacer esto.", 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Answer a request whose CSRF token is missing or wrong."""
    return problem_response(
        "csrf_failed", "La página venció. Volvé a cargarla.", 403, detail="CSRF token"
    )


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer Django's own 400 (a wrong host, too many fields)."""
    with override(reader_language(request)):
        return problem_response("invalid", "El pedido no es válido.", 400)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a defect of ours; its trace is in the log."""
    return problem_response("server_error", "Algo falló de nuestro lado.", 500)
