"""What the views of the resources share: validation, idempotent creation, answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar
from uuid import UUID, uuid4

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from clinics.models import Professional
from clinics.services.actors import Actor
from clinics.tenancy.permissions import Reach
from clinics.tenancy.views import ClinicAPIView
from dentalogic.core.idempotency import once, once_across
from dentalogic.core.tenant_models import TenantModel

M = TypeVar("M", bound=TenantModel)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="El mismo pedido con la misma clave se ejecuta una sola vez (24 horas).",
)


@cache
def _prepared(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    return serializer()


def render(serializer: type[serializers.Serializer[Any]], row: object) -> dict[str, Any]:
    """Render one row by a serializer built once: copying its fields costs more than their use."""
    rendered: dict[str, Any] = _prepared(serializer).to_representation(row)
    return rendered


class ResourceView(ClinicAPIView):
    """Three moves: validate, call a service, render."""

    def read_body(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Validate the body by a serializer; absent optional fields stay absent."""
        # A PATCH is as strict as a POST: its serializer says itself what is optional.
        filled = form(data=self.request.data)
        filled.is_valid(raise_exception=True)
        return dict(filled.validated_data)

    def read_query(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        filled = form(data=self.request.query_params)
        filled.is_valid(raise_exception=True)
        return dict(filled.validated_data)

    def run_once(
        self,
        route: str,
        work: Callable[[], M],
        again: Callable[[UUID], M],
        *,
        network: bool = False,
    ) -> M:
        """Run `work` unless this request's `Idempotency-Key` did so before; then find its row.

        With `network`, `work` may talk to the outside world and opens its own transactions.
        """
        made: list[M] = []

        def run() -> UUID:
            made[:] = [work()]
            return made[0].pk

        row_id, repeated = (once_across if network else once)(
            user_id=self.caller.user_id,
            route=route,
            key=self.idempotency_key,
            body=self.request.data,
            work=run,
        )
        return again(row_id) if repeated else made[0]

    def do_once(self, route: str, work: Callable[[], object], **asked: Any) -> None:
        """Run `work`, which leaves no row to find again, unless this request did so before.

        `asked` is what the request says besides its body.
        """

        def run() -> UUID:
            work()
            return uuid4()

        once(
            user_id=self.caller.user_id,
            route=route,
            key=self.idempotency_key,
            body=[self.request.data, asked] if asked else self.request.data,
            work=run,
        )

    @property
    def idempotency_key(self) -> str | None:
        return self.request.headers.get("Idempotency-Key")

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.caller.user_id)

    def own_professional_id(self) -> UUID | None:
        """Return the id of the caller's own row as a professional, if they have one."""
        found: UUID | None = (
            Professional.objects.filter(user_id=self.caller.user_id)
            .values_list("pk", flat=True)
            .first()
        )
        return found

    @property
    def only_own(self) -> bool:
        return self.reach is Reach.OWN
