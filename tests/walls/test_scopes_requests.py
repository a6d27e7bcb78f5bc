"""Requests of two clinics on one event loop, through the application that is served."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse

from clinics.models import Chair
from clinics.tenancy import tokens
from clinics.tenancy.middleware import keep_scope
from clinics.tenancy.models import Clinic, Role
from dentalogic import asgi
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import clinic_scope, scope_of
from tests.fixtures.clinics import make_patient, make_user
from tests.realtime.test_doors import session_of
from tests.walls import requested

ROUNDS = 8
# What each page answers with; all of them name the clinic of whoever asks, errors too.
PAGES = {
    "/page/": 200,
    "/page-async/": 200,
    "/streamed-async/": 200,
    "/fails/": 500,
    "/fails-async/": 500,
    "/before/": 500,
    "/after/": 500,
    "/missing/": 404,
    "/nowhere/": 404,
}


@dataclass(frozen=True)
class Side:
    """A clinic and the two ways to show that one belongs to it."""

    clinic: Clinic
    session: dict[str, str]
    token: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.clinic.schema_name)


@pytest.fixture
def sides(
    new_clinic: Callable[..., Clinic], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Side]]:
    """Two clinics with a chair and a patient of their name; the application with more pages."""
    made = []
    for clinic in (new_clinic(), new_clinic()):
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
            make_patient(f"Ana {clinic.schema_name}")
        member = make_user(clinic, Role.CEO)
        token = {"authorization": f"Bearer {tokens.issue(member).access}"}
        made.append(Side(clinic, {"cookie": session_of(member)}, token))
    settings.ROOT_URLCONF = requested.__name__
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, requested.LATER]
    monkeypatch.setattr(asgi, "django_application", ASGIHandler())
    monkeypatch.setattr(requested, "ended", [])
    yield made
    connections.close_all()


async def ask(asked: Sequence[tuple[str, dict[str, str]]]) -> list[httpx.Response]:
    """Ask the application all of it at once."""
    transport = httpx.ASGITransport(app=asgi.application)
    few = asyncio.Semaphore(16)  # connections are fewer than requests
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def one(path: str, headers: dict[str, str]) -> httpx.Response:
            async with few:
                return await client.get(path, headers=headers)

        return await asyncio.gather(*(one(*each) for each in asked))


def test_every_answer_is_of_its_own_clinic(sides: list[Side], caplog: Any) -> None:
    asked = [(side, path) for _ in range(ROUNDS) for path in PAGES for side in sides]
    found = asyncio.run(ask([(path, side.session) for side, path in asked]))
    for (side, path), answer in zip(asked, found, strict=True):
        assert answer.status_code == PAGES[path], path
        assert set(answer.text.split()) == {side.name}, path
    # Each body ended where it began.
    assert Counter(requested.ended) == {side.name: ROUNDS for side in sides}
    assert SCOPE.get() is None
    for side in sides:
        with clinic_scope(side.clinic):
            assert Chair.objects.get().name == side.name


def test_the_same_with_tokens(sides: list[Side]) -> None:
    asked = [side for _ in range(2 * ROUNDS) for side in sides]
    found = asyncio.run(ask([("/api/v1/patients/?q=Ana", side.token) for side in asked]))
    for side, answer in zip(asked, found, strict=True):
        other = next(one for one in sides if one is not side)
        assert answer.status_code == 200, answer.text
        assert side.name in answer.text
        assert other.name not in answer.text


def test_control_a_view_that_chooses_once_answers_for_others(sides: list[Side]) -> None:
    asked = [side for _ in range(4 * ROUNDS) for side in sides]
    found = asyncio.run(ask([("/naive/", side.session) for side in asked]))
    wrong = [answer.text != side.name for side, answer in zip(asked, found, strict=True)]
    line = threading.Barrier(3)

    def close() -> None:
        connections.close_all()
        line.wait(timeout=30)

    for _ in range(2):
        requested.threads.submit(close)
    line.wait(timeout=30)
    assert wrong.count(True) > len(asked) // 8


class Browser:
    """One request to the application that may be left before its end."""

    def __init__(self, path: str, headers: dict[str, str]) -> None:
        given = {"host": "localhost", **headers}
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        communicator: Any = ApplicationCommunicator  # asgiref leaves it untyped
        self.wire = communicator(asgi.application, scope)

    async def begin(self) -> str:
        """Send the request; the first part of the answer."""
        await self.wire.send_input({"type": "http.request"})
        assert (await self.wire.receive_output(timeout=10))["status"] == 200
        return await self.read()

    async def read(self) -> str:
        return str((await self.wire.receive_output(timeout=10))["body"].decode().strip())

    async def leave(self) -> None:
        await self.wire.send_input({"type": "http.disconnect"})
        await self.wire.wait(timeout=10)


def test_clients_that_hang_up(sides: list[Side]) -> None:
    """The body of one clinic's answer ends in it, whoever else is being served."""

    async def scenario() -> None:
        asked = [side for _ in range(4) for side in sides]
        opened = [Browser("/endless/", side.session) for side in asked]
        assert await asyncio.gather(*(one.begin() for one in opened)) == [s.name for s in asked]
        # The first clinic's all hang up; the other's go on.
        await asyncio.gather(*(one.leave() for one in opened[::2]))
        with clinic_scope(sides[1].clinic):
            gc.collect()
        assert [await one.read() for one in opened[1::2]] == [sides[1].name] * 4
        await asyncio.gather(*(one.leave() for one in opened[1::2]))
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert Counter(requested.ended) == {side.name: 4 for side in sides}


def stream(side: Side, view: Callable[[HttpRequest], Any]) -> StreamingHttpResponse:
    with clinic_scope(side.clinic):
        kept = keep_scope(view(HttpRequest()), scope_of(side.clinic))
    assert isinstance(kept, StreamingHttpResponse)
    return kept


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_a_stream_that_is_read_late_and_closed_early(sides: list[Side], parts: int) -> None:
    response: Any = stream(sides[0], requested.streamed)
    body = iter(response)
    with clinic_scope(sides[1].clinic):
        read = [next(body).decode().strip() for _ in range(parts)]
        response.close()
        assert requested.mine() == sides[1].name
    assert read == [sides[0].name] * parts
    # What has not begun has nothing to end.
    assert requested.ended == [sides[0].name][:parts]


@pytest.mark.parametrize("closed", [True, False])
def test_an_asynchronous_one_too(sides: list[Side], *, closed: bool) -> None:
    async def scenario() -> str:
        with clinic_scope(sides[0].clinic):
            view: Any = await requested.streamed_async(HttpRequest())
            response: Any = keep_scope(view, scope_of(sides[0].clinic))
        with clinic_scope(sides[1].clinic):
            body = aiter(response)
            first: str = (await anext(body)).decode().strip()
            if closed:
                await body.aclose()
            # Forgotten, it is ended by a task that begins here, inside the other clinic.
            del body, response, view
            gc.collect()
            # One turn of the loop for each generator around the next.
            for _ in range(10):
                await asyncio.sleep(0)
            return first

    assert async_to_sync(scenario)() == sides[0].name
    assert requested.ended == [sides[0].name]
