"""Lists by cursor: a place in the order, not a page number, so that new rows shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dentalogic.core.errors import Invalid

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT, LARGEST_LIMIT = 50, 200


class PageParameters(serializers.Serializer[Any]):
    cursor = serializers.CharField(max_length=400, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_LIMIT, default=DEFAULT_LIMIT)


def list_parameters() -> list[type[serializers.Serializer[Any]] | OpenApiParameter]:
    """Return what every list takes besides its filters."""
    return [PageParameters]


@cache
def page_schema(of: type[serializers.Serializer[Any]]) -> Any:
    """Describe a page of `of`."""
    return inline_serializer(
        name=f"{of.__name__.removesuffix('Serializer')}Page",
        fields={
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": of(many=True),
        },
    )


class Page(Generic[M]):
    """A page of `rows` in the order of one column, the id breaking ties. `-column` descends."""

    def __init__(self, rows: QuerySet[M], request: Request, *, order: str) -> None:
        form = PageParameters(data=request.query_params)
        form.is_valid(raise_exception=True)
        self.request = request
        self.limit: int = form.validated_data["limit"]
        self.column = order.removeprefix("-")
        self.descending = order.startswith("-")
        self.field = rows.model._meta.get_field(self.column)
        cursor = form.validated_data.get("cursor")
        self.backwards, place = self._read(cursor) if cursor else (False, None)
        down = self.descending != self.backwards
        if place is not None:
            rows = rows.filter(self._beyond(place, down=down))
        sign = "-" if down else ""
        found = list(rows.order_by(f"{sign}{self.column}", f"{sign}id")[: self.limit + 1])
        more = len(found) > self.limit
        self.rows = found[: self.limit]
        if self.backwards:
            self.rows.reverse()
        self.has_next = bool(self.rows) and (more or self.backwards)
        self.has_previous = bool(self.rows) and (more if self.backwards else place is not None)

    def _beyond(self, place: tuple[Any, UUID], *, down: bool) -> Q:
        value, row_id = place
        way = "lt" if down else "gt"
        # Written so that the index on (column, id) finds the place instead of counting up to it.
        return Q(**{f"{self.column}__{way}e": value}) & (
            Q(**{f"{self.column}__{way}": value}) | Q(**{f"id__{way}": row_id})
        )

    def _read(self, cursor: str) -> tuple[bool, tuple[Any, UUID]]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            way, value, row_id = json.loads(base64.urlsafe_b64decode(padded))
            place = (self.field.to_python(value), UUID(row_id))  # type: ignore[union-attr]
            value.encode()
            if way not in {"n", "p"} or not isinstance(value, str) or "\0" in value:
                raise ValueError(way)
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise Invalid({"cursor": ["El cursor no es válido."]}) from None
        except ValidationError:
            raise Invalid({"cursor": ["El cursor no es válido."]}) from None
        return way == "p", place

    def _link(self, way: str, row: M) -> str:
        value = getattr(row, self.column)
        text = value.isoformat() if isinstance(value, datetime | date) else str(value)
        raw = json.dumps([way, text, str(row.pk)], separators=(",", ":")).encode()
        parameters = self.request.query_params.dict()
        parameters["cursor"] = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return f"{self.request.build_absolute_uri(self.request.path)}?{urlencode(parameters)}"

    def answer(self, serializer: type[serializers.Serializer[Any]], **context: Any) -> Response:
        return Response(
            {
                "next": self._link("n", self.rows[-1]) if self.has_next else None,
                "previous": self._link("p", self.rows[0]) if self.has_previous else None,
                "results": serializer(self.rows, many=True, context=context).data,
            }
        )
