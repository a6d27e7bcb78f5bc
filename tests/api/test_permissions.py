"""The table of grants against every route that is registered: nothing is without a verdict."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from clinics.tenancy.models import Role
from clinics.tenancy.permissions import (
    GRANTS,
    Can,
    HasGrant,
    IsMember,
    Reach,
    Resource,
    allowed,
    hears,
    verdict,
)
from tests.fixtures.api import Api, assert_problem

METHODS = ("get", "post", "put", "patch", "delete")
OPEN = {"/api/schema/", "/api/docs/"}


def walk(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, type[APIView]]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "cls"):
            yield path, entry.callback.cls


def routes() -> list[tuple[str, str, type[APIView]]]:
    found = []
    for path, view in walk(get_resolver().url_patterns):
        if path.startswith("/api/") and path not in OPEN:
            found += [(path, method, view) for method in METHODS if hasattr(view, method)]
    return found


ROUTES = routes()
NAMES = [f"{method} {path}" for path, method, _ in ROUTES]


@pytest.mark.parametrize(("path", "method", "view"), ROUTES, ids=NAMES)
def test_every_route_has_a_verdict(path: str, method: str, view: type[APIView]) -> None:
    permissions = set(view.permission_classes)
    if permissions in ({AllowAny}, {IsMember}):
        assert path.startswith("/api/v1/auth/")
        return
    assert permissions == {HasGrant}
    asked = verdict(view, method.upper())
    assert asked is not None
    assert any(allowed(role, *asked) for role in Role), "a route for nobody"


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("path", "method", "view"), ROUTES, ids=NAMES)
def test_the_server_says_what_the_table_says(
    api: Api, role: Role, path: str, method: str, view: type[APIView]
) -> None:
    asked = verdict(view, method.upper())
    if asked is None:
        return
    url = re.sub(r"<uuid:\w+>", str(uuid.uuid4()), path)
    response = getattr(api(role), method)(url, {})
    if allowed(role, *asked):
        assert response.status_code != 403, response.content
    else:
        assert_problem(response, 403, "not-allowed")
    assert response.status_code < 500
    assert_problem(getattr(api(), method)(url, {}), 401, "not-authenticated")


def test_the_rules_of_the_house() -> None:
    assert not allowed(Role.SECRETARY, Resource.RECORDS, Can.READ)
    assert not allowed(Role.CEO, Resource.RECORDS, Can.ADD)
    assert allowed(Role.CEO, Resource.RECORDS, Can.READ)
    assert not allowed(Role.PROFESSIONAL, Resource.CONVERSATIONS, Can.READ)
    assert not allowed(Role.PROFESSIONAL, Resource.TRANSACTIONS, Can.READ)
    assert GRANTS[Role.PROFESSIONAL][Resource.APPOINTMENTS][Can.READ] is Reach.OWN
    for role in (Role.SECRETARY, Role.PROFESSIONAL):
        assert Resource.STAFF not in GRANTS[role]
        assert Resource.REPORTS not in GRANTS[role]


def test_events_follow_the_table() -> None:
    mine, other = uuid.uuid4(), uuid.uuid4()
    data = {"professional": {"id": str(mine)}}
    assert hears("secretary", "NEW_APPOINTMENT", data, None)
    assert hears("professional", "NEW_APPOINTMENT", data, mine)
    assert not hears("professional", "NEW_APPOINTMENT", data, other)
    assert not hears("professional", "NEW_APPOINTMENT", data, None)
    assert not hears("professional", "NEW_MESSAGE", {}, mine)
    assert not hears("ceo", "SOMETHING_NEW", {}, None)
