"""What can be asked of the server, as its own configuration says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver
from drf_spectacular.generators import SchemaGenerator

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Words that choose rows or a clinic without being a UUID.
CHOOSING = {"clinic", "cursor", "q", "refresh", "since"}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def walk(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield every address below and what answers it, however deep it is included."""
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def methods_of(callback: Any) -> list[str]:
    """Return what a view answers; of a function everything is expected that a browser sends."""
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is None:
        return ["GET", "POST"]
    return [method for method in METHODS if hasattr(view, method.lower())]


def find_routes(patterns: list[Any]) -> set[tuple[str, str]]:
    """Return (method, route) of everything."""
    return {(method, path) for path, callback in walk(patterns) for method in methods_of(callback)}


def parameters(route: str) -> list[str]:
    """Return the names of the parts of a path that the client chooses, in order."""
    return [one or other for one, other in _PARAMETER.findall(route)]


def address(route: str, values: list[Any]) -> str:
    """Write a path for a route."""
    left = iter(values)
    path = _PARAMETER.sub(lambda _: str(next(left)), route)
    return path.replace("^", "").removesuffix("$")


def find_fields() -> set[tuple[str, str, str]]:
    """Return (method, route, field) of every id that the API takes, from its own description.

    `?name` stands in the query, `.name` in the body.
    """
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(public=True)
    schemas = document["components"]["schemas"]
    routes = {_PARAMETER.sub("{}", path): path for path, _ in walk(_api())}
    found = set()
    for path, operations in document["paths"].items():
        route = routes[re.sub(r"\{\w+\}", "{}", path)]
        for method, operation in operations.items():
            for one in operation.get("parameters", []):
                if one["in"] == "query":
                    names = _ids(one["schema"], schemas, one["name"])
                    found |= {(method.upper(), route, f"?{name}") for name in names}
            for content in operation.get("requestBody", {}).get("content", {}).values():
                names = _ids(content["schema"], schemas, "")
                found |= {(method.upper(), route, f".{name}") for name in names}
    return found


def _api() -> list[Any]:
    from django.urls import get_resolver

    return get_resolver().url_patterns


def _ids(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> set[str]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    found = {name} if schema.get("format") == "uuid" or name in CHOOSING else set()
    for part, below in schema.get("properties", {}).items():
        found |= _ids(below, schemas, f"{name}.{part}" if name else part)
    for below in (schema.get("items"), *schema.get("oneOf", []), *schema.get("allOf", [])):
        if below is not None:
            found |= _ids(below, schemas, name)
    return found
