"""Entering the clinic of a session. Requests with a token enter theirs in `ClinicAPIView`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog
from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from clinics.tenancy.callers import Caller
from clinics.tenancy.errors import ClinicSwitched
from clinics.tenancy.sessions import compare_clinic, find_session_caller
from dentalogic.core.problems import problem_response
from dentalogic.core.scope import Scope
from dentalogic.core.tenancy import acting_as, clinic_scope

logger = structlog.get_logger(__name__)

_PLAIN = ("/static/", "/webhooks/", "/internal/", "/healthz", "/readyz", "/metrics")


def prepare(request: HttpRequest) -> HttpResponse | None:
    """Set `request.caller`; an answer only where the page belongs to another clinic."""
    caller: Caller | None = None
    request.caller = None  # type: ignore[attr-defined]
    # A token speaks for itself: the session of the same browser must not decide besides it.
    if "Authorization" not in request.headers and not request.path.startswith(_PLAIN):
        try:
            caller = find_session_caller(request)
        except (OperationalError, InterfaceError) as error:
            return database_away(request, error)
    request.caller = caller  # type: ignore[attr-defined]
    if caller is None:
        return None
    try:
        compare_clinic(request, caller)
    except ClinicSwitched as error:
        return problem_response(error.code, str(error), error.status)
    return None


def database_away(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Answer 503 for a page whose database does not answer; leave other errors alone."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    logger.error("database_away", error=type(error).__name__)
    return problem_response("dependency_away", "Un servicio no responde.", 503)


@sync_and_async_middleware
def ClinicScopeMiddleware(get_response: Callable[[HttpRequest], Any]) -> Any:  # noqa: N802
    """Run each request of a session inside its clinic, streamed bodies included."""
    if iscoroutinefunction(get_response):

        async def run_async(request: HttpRequest) -> HttpResponseBase:
            refused = await sync_to_async(prepare)(request)
            if refused is not None:
                return refused
            caller = cast("Caller | None", getattr(request, "caller", None))
            answer = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", get_response)
            if caller is None:
                return await answer(request)
            with clinic_scope(caller.scope), wall_clock(caller.scope), acting_as(caller.acts_as):
                return keep_scope(await answer(request), caller.scope)

        run_async.process_exception = database_away  # type: ignore[attr-defined]
        return run_async

    def run(request: HttpRequest) -> HttpResponseBase:
        refused = prepare(request)
        if refused is not None:
            return refused
        caller = cast("Caller | None", getattr(request, "caller", None))
        answer = cast("Callable[[HttpRequest], HttpResponseBase]", get_response)
        if caller is None:
            return answer(request)
        with clinic_scope(caller.scope), wall_clock(caller.scope), acting_as(caller.acts_as):
            return keep_scope(answer(request), caller.scope)

    run.process_exception = database_away  # type: ignore[attr-defined]
    return run


def wall_clock(scope: Scope) -> AbstractContextManager[None]:
    """Let pages write times as the clinic's clocks show them."""
    return timezone.override(ZoneInfo(scope.timezone))


def keep_scope(response: HttpResponseBase, scope: Scope) -> HttpResponseBase:
    """Let a streamed body be produced inside the clinic: it runs after the view has returned.

    It ends there too, whoever ends it: the server after the last part, a client that hangs up, or
    the garbage collector in the middle of another clinic's request.
    """
    if isinstance(response, StreamingHttpResponse):
        body: Any = response
        body._resource_closers = [_inside(scope, close) for close in body._resource_closers]
        # Not `streaming_content`: that is a generator around the body, whose end leaves it open.
        again = _again_async if response.is_async else _again
        response.streaming_content = again(body._iterator, scope)
    return response


def _inside(scope: Scope, close: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with clinic_scope(scope):
            close()

    return run


def _again(parts: Any, scope: Scope) -> Iterator[Any]:
    try:
        while True:
            # Entered for each part: between two the server runs other requests in this context.
            with clinic_scope(scope):
                part = next(parts, None)
            if part is None:
                return
            yield part
    finally:
        with clinic_scope(scope):
            if hasattr(parts, "close"):
                parts.close()


async def _again_async(parts: Any, scope: Scope) -> AsyncIterator[Any]:
    try:
        while True:
            with clinic_scope(scope):
                part = await anext(parts, None)
            if part is None:
                return
            yield part
    finally:
        with clinic_scope(scope):
            if hasattr(parts, "aclose"):
                await parts.aclose()
