"""Pages for the tests of requests, beside those of the application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import sync_and_async_middleware

from clinics.models import Chair
from dentalogic import urls
from dentalogic.core.guard.exemption import unguarded
from dentalogic.core.scope import SCOPE

LATER = "tests.walls.requested.fails_later"
wrapper: Any = connection
# The clinics in which streamed bodies ended.
ended: list[str] = []
threads = ThreadPoolExecutor(2)


def mine() -> str:
    """Return the name of the clinic's only chair, which is the clinic's; `-` outside of all."""
    return "-" if SCOPE.get() is None else Chair.objects.get().name


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(mine())


async def page_async(request: HttpRequest) -> HttpResponse:
    chairs = Chair.objects.all()
    await asyncio.sleep(0)
    return HttpResponse((await chairs.aget()).name)


def fails(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Chair.objects.create(name="undone")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
    return HttpResponse("never")


async def fails_async(request: HttpRequest) -> HttpResponse:
    await Chair.objects.aget()
    raise ValueError


def missing(request: HttpRequest) -> HttpResponse:
    raise Http404(mine())


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[str]:
        try:
            for _ in range(3):
                yield mine() + "\n"
        finally:
            ended.append(mine())

    return StreamingHttpResponse(body())


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    async def body() -> AsyncIterator[str]:
        try:
            for _ in range(3):
                yield await sync_to_async(mine)() + "\n"
                await asyncio.sleep(0)
        finally:
            ended.append("-" if SCOPE.get() is None else SCOPE.get().schema)  # type: ignore[union-attr]

    return StreamingHttpResponse(body())


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def body() -> AsyncIterator[str]:
        try:
            while True:
                yield await sync_to_async(mine)() + "\n"
                await asyncio.sleep(0.01)
        finally:
            ended.append("-" if SCOPE.get() is None else SCOPE.get().schema)  # type: ignore[union-attr]

    return StreamingHttpResponse(body())


async def naive(request: HttpRequest) -> HttpResponse:
    """Choose the clinic on a connection and read later: what none of ours may do."""
    schema = request.caller.scope.schema  # type: ignore[attr-defined]

    def choose() -> None:
        connection.ensure_connection()
        wrapper.connection.execute(f'SET search_path = "{schema}"')

    def read() -> str:
        connection.ensure_connection()
        with unguarded("the control reads by the path alone"):
            return str(wrapper.connection.execute("SELECT name FROM chairs").fetchone()[0])

    await sync_to_async(choose, thread_sensitive=False, executor=threads)()
    await asyncio.sleep(0)
    return HttpResponse(await sync_to_async(read, thread_sensitive=False, executor=threads)())


@sync_and_async_middleware
def fails_later(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Stand behind the middleware that enters the clinic, and fail before the view or after it."""
    assert iscoroutinefunction(get_response)

    async def run(request: HttpRequest) -> HttpResponse:
        if request.path == "/before/":
            raise ValueError
        response: HttpResponse = await get_response(request)
        if request.path == "/after/":
            raise ValueError
        return response

    return run


def error(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    return HttpResponse(mine(), status=500)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(mine(), status=404)


handler404, handler500 = not_found, error
urlpatterns: list[URLPattern | URLResolver] = [
    path("page/", page),
    path("page-async/", page_async),
    path("fails/", fails),
    path("fails-async/", fails_async),
    path("missing/", missing),
    path("before/", page),
    path("after/", page),
    path("streamed/", streamed),
    path("streamed-async/", streamed_async),
    path("endless/", endless),
    path("naive/", naive),
    *urls.urlpatterns,
]
