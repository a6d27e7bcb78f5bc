"""Tasks, threads and event loops: each works in its own clinic, or in none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.db import database_sync_to_async
from django.db import connection, connections

from clinics.models import Chair
from clinics.tenancy.models import Clinic
from dentalogic.core.scope import SCOPE
from dentalogic.core.tenancy import NoClinic, clinic_scope, current_scope, no_scope

TURNS = 200


@pytest.fixture
def two(new_clinic: Callable[..., Clinic]) -> Iterator[Sequence[Clinic]]:
    """Two clinics whose only chair has the name of their schema."""
    made = [new_clinic(), new_clinic()]
    for clinic in made:
        with clinic_scope(clinic):
            Chair.objects.create(name=clinic.schema_name)
    yield made
    connections.close_all()


def read() -> str:
    """Return the name of the only chair; give the connection back, as a request does."""
    try:
        return Chair.objects.get().name
    finally:
        connection.close()


async def both(two: Sequence[Clinic], reader: Callable[[Clinic], Awaitable[str]]) -> list[str]:
    wanted = [two[turn % 2] for turn in range(TURNS)]
    found = await asyncio.gather(*(reader(clinic) for clinic in wanted))
    return [name for clinic, name in zip(wanted, found, strict=True) if name != clinic.schema_name]


@pytest.mark.parametrize("thread_sensitive", [True, False])
@pytest.mark.parametrize("bridge", [sync_to_async, database_sync_to_async])
def test_reads_of_two_clinics_on_one_loop(
    two: Sequence[Clinic], bridge: Callable[..., object], *, thread_sensitive: bool
) -> None:
    with ThreadPoolExecutor(4) as threads:
        given = {} if thread_sensitive else {"executor": threads}

        async def reader(clinic: Clinic) -> str:
            with clinic_scope(clinic):
                await asyncio.sleep(0)
                call = bridge(read, thread_sensitive=thread_sensitive, **given)
                name: str = await call()  # type: ignore[operator]
                assert current_scope().schema == clinic.schema_name
                return name

        assert async_to_sync(both)(two, reader) == []


@pytest.mark.usefixtures("schema_alone")
def test_control_a_path_of_the_connection_is_read_by_the_next(two: Sequence[Clinic]) -> None:
    """Choose once and query later, as without the scope: the threads' connection is one."""

    def choose(schema: str) -> None:
        connection.ensure_connection()
        connection.connection.execute(f'SET search_path = "{schema}"')

    def naive() -> str:
        found: str = connection.connection.execute("SELECT name FROM chairs").fetchone()[0]
        return found

    async def reader(clinic: Clinic) -> str:
        await sync_to_async(choose)(clinic.schema_name)
        await asyncio.sleep(0)
        return await sync_to_async(naive)()

    wrong = async_to_sync(both)(two, reader)
    connection.close()
    assert len(wrong) > TURNS // 4


def test_the_asynchronous_orm(two: Sequence[Clinic]) -> None:
    async def reader(clinic: Clinic) -> str:
        with clinic_scope(clinic):
            chairs = Chair.objects.filter(name=clinic.schema_name)
            await asyncio.sleep(0)
            assert await chairs.acount() == 1
            return (await Chair.objects.aget()).name

    assert async_to_sync(both)(two, reader) == []


def test_a_task_that_outlives_its_clinic_is_outside_of_all(two: Sequence[Clinic]) -> None:
    async def scenario() -> list[object]:
        left = asyncio.Event()
        inside = asyncio.Event()

        async def background() -> object:
            before = current_scope().schema
            inside.set()
            await left.wait()
            # What reads `public` still works; what reads a clinic is refused.
            assert await sync_to_async(path)() == "public"
            with pytest.raises(NoClinic):
                await sync_to_async(read)()
            return before

        with clinic_scope(two[0]):
            task = asyncio.create_task(background())
            await inside.wait()
        with clinic_scope(two[1]):
            left.set()
            return [await task, current_scope().schema]

    assert async_to_sync(scenario)() == [two[0].schema_name, two[1].schema_name]


def path() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            found: str = cursor.fetchone()[0]
            return found
    finally:
        connection.close()


def test_callbacks_and_copied_contexts_end_with_the_clinic(two: Sequence[Clinic]) -> None:
    with clinic_scope(two[0]):
        copied = copy_context()
        assert copied.run(current_scope).schema == two[0].schema_name
    assert copied.run(SCOPE.get) is None

    async def scenario() -> object:
        seen: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        with clinic_scope(two[0]):
            asyncio.get_running_loop().call_soon(lambda: seen.set_result(SCOPE.get()))
        return await seen

    assert async_to_sync(scenario)() is None


def test_threads_of_a_pool_keep_nothing(two: Sequence[Clinic]) -> None:
    def work(clinic: Clinic | None) -> str:
        if clinic is None:
            assert SCOPE.get() is None
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_schema()")
                return str(cursor.fetchone()[0])
        with clinic_scope(clinic):
            # The connection stays open, for the next job of this thread.
            return Chair.objects.get().name

    asked = [two[0], None, two[1], None, None, two[1], two[0]] * 30
    line = threading.Barrier(3)

    def close(_: int) -> None:
        # One for each thread: a thread that ends with its connection keeps a place of the pool.
        line.wait(timeout=30)
        connection.close()

    with ThreadPoolExecutor(3) as pool, clinic_scope(two[1]):
        found = list(pool.map(work, asked))
        list(pool.map(close, range(3)))
    assert found == ["public" if one is None else one.schema_name for one in asked]


def test_generators_that_are_closed_late(two: Sequence[Clinic]) -> None:
    def parts() -> Iterator[str]:
        with clinic_scope(two[0]):
            yield read()
            yield read()

    def first(running: Iterator[str]) -> str:
        return next(running)

    running = parts()
    assert copy_context().run(first, running) == two[0].schema_name
    with clinic_scope(two[1]):
        running.close()  # type: ignore[attr-defined]
        assert read() == two[1].schema_name
    assert SCOPE.get() is None

    async def async_parts() -> AsyncIterator[str]:
        with clinic_scope(two[0]):
            yield await sync_to_async(read)()
            yield "never"

    async def scenario() -> str:
        running = async_parts()
        async for one in running:
            assert one == two[0].schema_name
            break
        with clinic_scope(two[1]):
            await running.aclose()  # type: ignore[attr-defined]
            return await sync_to_async(read)()

    # Closed inside another clinic, it must not bring its own back.
    assert async_to_sync(scenario)() == two[1].schema_name


def test_shared_work_that_a_clinic_happens_to_begin_is_outside(two: Sequence[Clinic]) -> None:
    async def scenario() -> object:
        with clinic_scope(two[0]):
            with no_scope():
                task = asyncio.create_task(sync_to_async(SCOPE.get)())
            return await task

    assert async_to_sync(scenario)() is None
