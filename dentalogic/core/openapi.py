"""The OpenAPI document: every operation says how it refuses, and how it is authenticated."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from dentalogic.core.problems import CONTENT_TYPE


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457). `type` is `urn:dentalogic:problem:<code>`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    # DRF takes declared fields out of the class: its own property of that name stays.
    errors = serializers.DictField(required=False, help_text="Por campo.")  # type: ignore[assignment]


class ProblemSchema(AutoSchema):
    """Adds the problems that an operation of its kind can answer."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for code in self._problems():
            described = self._get_response_for_code(ProblemSerializer, code, [CONTENT_TYPE])  # type: ignore[no-untyped-call]
            bodies.setdefault(code, described)
        return dict(sorted(bodies.items()))

    def _problems(self) -> list[str]:
        codes = ["400", "503"]
        if not any(isinstance(one, AllowAny) for one in self.view.get_permissions()):
            # Ids stand in bodies and questions as well as in paths.
            codes += ["401", "403", "404"]
        if self.method in {"POST", "PATCH", "PUT", "DELETE"}:
            codes.append("409")
        if any(one["name"] == "Idempotency-Key" for one in self._get_parameters()):
            # The key was used for another request.
            codes.append("422")
        if self.method != "GET":
            codes += ["413", "415"]
        if self.view.get_throttles():
            codes.append("429")
        return codes


class ClinicAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "clinics.tenancy.authentication.ClinicAuthentication"
    name = ["token", "session"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        ]
