from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from clinics.models import Treatment
from clinics.tenancy.models import Clinic
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import current_scope
from tests.fixtures.api import credentials

pytestmark = [pytest.mark.django_db]


def where() -> str:
    scope = SCOPE.get()
    return "nowhere" if scope is None else scope.schema


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(where())


async def plain_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(where())


def failing(request: HttpRequest) -> HttpResponse:
    raise ValueError(where())


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[str]:
        yield current_scope().schema
        yield f" {Treatment.objects.count()}"

    return StreamingHttpResponse(body())


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    async def body() -> AsyncIterator[str]:
        yield where()
        await asyncio.sleep(0)
        yield f" {where()}"

    return StreamingHttpResponse(body())


urlpatterns = [
    path("plain/", plain),
    path("plain-async/", plain_async),
    path("failing/", failing),
    path("streamed/", streamed),
    path("streamed-async/", streamed_async),
]
handler500 = "dentalogic.core.problems.server_error"


@pytest.fixture
def cookies(nothing_counted: None, alfa: Clinic) -> Iterator[Any]:
    client = Client()
    assert client.post("/login/", credentials()).status_code == 302
    with override_settings(ROOT_URLCONF=__name__):
        yield client.cookies


@pytest.mark.parametrize("page", ["/plain/", "/plain-async/"])
def test_a_session_runs_in_its_clinic_and_leaves_it(cookies: Any, page: str) -> None:
    client = Client()
    assert client.get(page).content == b"nowhere"
    client.cookies = cookies
    assert client.get(page).content == b"alfa"
    assert where() == "nowhere"


@pytest.mark.parametrize("page", ["/plain/", "/plain-async/"])
def test_the_same_behind_an_asynchronous_server(cookies: Any, page: str) -> None:
    client = AsyncClient()
    client.cookies = cookies
    assert async_to_sync(client.get)(page).content == b"alfa"
    assert where() == "nowhere"


def test_an_error_leaves_the_clinic_too(cookies: Any) -> None:
    client = Client(raise_request_exception=False)
    client.cookies = cookies
    assert client.get("/failing/").status_code == 500
    assert where() == "nowhere"


def test_a_streamed_body_is_made_inside_the_clinic(cookies: Any) -> None:
    client = Client()
    client.cookies = cookies
    response: Any = client.get("/streamed/")
    assert where() == "nowhere"
    assert b"".join(response.streaming_content) == b"alfa 0"
    assert where() == "nowhere"


def test_an_asynchronous_body_too(cookies: Any) -> None:
    client = AsyncClient()
    client.cookies = cookies

    async def read() -> str:
        response: Any = await client.get("/streamed-async/")
        parts = [part async for part in response.streaming_content]
        return b"".join(parts).decode() + f" {where()}"

    assert async_to_sync(read)() == "alfa alfa nowhere"
