"""Lists by cursor: a place in the order, not a page number, so that new rows shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Model, OrderBy, Q, QuerySet
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


class _Place(NamedTuple):
    """Where a page begins: behind a row of one of its lists."""

    value: Any
    row_id: UUID
    list_no: int


class Page(Generic[M]):
    """A page of `rows` in the order of one column, the id breaking ties. `-column` descends.

    With `then`, lists that follow in turn, each read only where the one before has ended. No row
    may be in two of them. With `sort`, the rows are found first and sorted then, where walking the
    index of the order would pass too many others.
    """

    def __init__(
        self,
        rows: QuerySet[M],
        request: Request,
        *,
        order: str,
        then: Sequence[QuerySet[M]] = (),
        sort: bool = False,
    ) -> None:
        form = PageParameters(data=request.query_params)
        form.is_valid(raise_exception=True)
        self.request = request
        self.limit: int = form.validated_data["limit"]
        self.column = order.removeprefix("-")
        self.descending = order.startswith("-")
        self.field = rows.model._meta.get_field(self.column)
        self.lists = [rows, *then]
        self.sort = sort
        cursor = form.validated_data.get("cursor")
        self.backwards, place = self._read(cursor) if cursor else (False, None)
        found = self._found(place)
        more = len(found) > self.limit
        self.places = found[: self.limit]
        if self.backwards:
            self.places.reverse()
        self.rows = [row for _, row in self.places]
        self.has_next = bool(self.rows) and (more or self.backwards)
        self.has_previous = bool(self.rows) and (more if self.backwards else place is not None)

    def _found(self, place: _Place | None) -> list[tuple[int, M]]:
        """Return one row more than the page has, each with the list that it stands in."""
        down = self.descending != self.backwards
        first: str | OrderBy = f"-{self.column}" if down else self.column
        if self.sort:
            # No column of a list is NULL, but no index is in this order.
            place_of = F(self.column)
            first = place_of.desc(nulls_last=True) if down else place_of.asc(nulls_first=True)
        found: list[tuple[int, M]] = []
        begin = 0 if place is None else place.list_no
        turns = range(begin, -1, -1) if self.backwards else range(begin, len(self.lists))
        for list_no in turns:
            rows = self.lists[list_no]
            if place is not None and list_no == place.list_no:
                rows = rows.filter(self._beyond(place, down=down))
            wanted = self.limit + 1 - len(found)
            ordered = rows.order_by(first, "-id" if down else "id")[:wanted]
            found += [(list_no, row) for row in ordered]
            if len(found) > self.limit:
                break
        return found

    def _beyond(self, place: _Place, *, down: bool) -> Q:
        way = "lt" if down else "gt"
        # Written so that the index on (column, id) finds the place instead of counting up to it.
        return Q(**{f"{self.column}__{way}e": place.value}) & (
            Q(**{f"{self.column}__{way}": place.value}) | Q(**{f"id__{way}": place.row_id})
        )

    def _read(self, cursor: str) -> tuple[bool, _Place]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            way, value, row_id, *rest = json.loads(base64.urlsafe_b64decode(padded))
            list_no = rest[0] if rest else 0
            place = _Place(self.field.to_python(value), UUID(row_id), list_no)  # type: ignore[union-attr]
            value.encode()
            if way not in {"n", "p"} or not isinstance(value, str) or "\0" in value:
                raise ValueError(way)
            if type(list_no) is not int or not 0 <= list_no < len(self.lists):
                raise ValueError(list_no)
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise Invalid({"cursor": ["El cursor no es válido."]}) from None
        except ValidationError:
            raise Invalid({"cursor": ["El cursor no es válido."]}) from None
        return way == "p", place

    def _link(self, way: str, list_no: int, row: M) -> str:
        value = getattr(row, self.column)
        text = value.isoformat() if isinstance(value, datetime | date) else str(value)
        place = [way, text, str(row.pk), *([list_no] if list_no else [])]
        raw = json.dumps(place, separators=(",", ":")).encode()
        parameters = self.request.query_params.dict()
        parameters["cursor"] = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return f"{self.request.build_absolute_uri(self.request.path)}?{urlencode(parameters)}"

    def answer(self, serializer: type[serializers.Serializer[Any]], **context: Any) -> Response:
        return Response(
            {
                "next": self._link("n", *self.places[-1]) if self.has_next else None,
                "previous": self._link("p", *self.places[0]) if self.has_previous else None,
                "results": serializer(self.rows, many=True, context=context).data,
            }
        )
