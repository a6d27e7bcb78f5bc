"""The operations of the API, as its own document lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

UNSAFE = {"post", "put", "patch", "delete"}
# They make and end log-ins: of nobody yet, or what a second time must not be answered again.
ENTRANCE = "/api/v1/auth/"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    described: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def unsafe(self) -> bool:
        return self.method in UNSAFE

    @property
    def headers(self) -> set[str]:
        given = self.described.get("parameters", [])
        return {one["name"] for one in given if one["in"] == "header"}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, made once."""
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator().get_schema(public=True)
    return made


def operations() -> Iterator[Operation]:
    for path, methods in document()["paths"].items():
        for method, described in methods.items():
            yield Operation(method, path, described)
