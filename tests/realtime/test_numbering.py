"""Numbers are given to what is committed, one at a time per clinic: no reader misses one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from clinics import realtime
from clinics.models import Event
from clinics.tenancy.models import Clinic, Role
from dentalogic.core.tenancy import clinic_scope
from tests.realtime.conftest import record, snapshot

WRITERS, EACH = 4, 12


def read(since: int) -> realtime.Page:
    return realtime.read_events(since=since, role=Role.CEO, professional_id=None)


def names(page: realtime.Page) -> list[str]:
    return [event.data["patient"]["name"] for event in page.events]


def test_what_commits_late_gets_a_later_number(throwaway: Clinic) -> None:
    """The control: in the order of their writing, the first would be behind every reader."""
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with clinic_scope(throwaway):
            with transaction.atomic():
                Event.objects.create(type="NEW_APPOINTMENT", data=snapshot("lento"))
                written.set()
                assert go.wait(10)
            connection.close()

    with ThreadPoolExecutor(1) as pool, clinic_scope(throwaway):
        done = pool.submit(slow)
        assert written.wait(10)
        Event.objects.create(type="NEW_APPOINTMENT", data=snapshot("rápido"))
        assert [event.number for event in realtime.number_events()] == [1]
        first = read(0)
        assert (names(first), first.last) == (["rápido"], 1)
        go.set()
        done.result(10)
        assert [event.number for event in realtime.number_events()] == [2]
        assert names(read(first.last)) == ["lento"]


def test_concurrent_writers_and_numberers_lose_and_repeat_nothing(throwaway: Clinic) -> None:
    stop = threading.Event()

    def write(writer: int) -> None:
        for number in range(EACH):
            record(throwaway, f"{writer}-{number}")
        connection.close()

    def follow() -> list[tuple[int, str]]:
        heard: list[tuple[int, str]] = []
        last = 0
        with clinic_scope(throwaway):
            while True:
                ended = stop.is_set()
                realtime.number_events()
                page = read(last)
                heard += [(one.number, one.data["patient"]["name"]) for one in page.events]
                last = page.last
                if ended and not page.more:
                    break
            connection.close()
        return heard

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(follow) for _ in range(2)]
        for writing in [pool.submit(write, writer) for writer in range(WRITERS)]:
            writing.result(30)
        stop.set()
        heard = [reader.result(30) for reader in readers]

    assert heard[0] == heard[1]
    assert [number for number, _ in heard[0]] == list(range(1, WRITERS * EACH + 1))
    for writer in range(WRITERS):
        mine = [name for _, name in heard[0] if name.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{number}" for number in range(EACH)]


def test_a_second_run_numbers_nothing(throwaway: Clinic) -> None:
    record(throwaway, "uno", "dos")
    with clinic_scope(throwaway):
        assert [event.number for event in realtime.number_events()] == [1, 2]
        assert realtime.number_events() == []
        assert realtime.last_number() == 2


@pytest.mark.parametrize(
    ("role", "heard"), [(Role.CEO, 2), (Role.SECRETARY, 2), (Role.PROFESSIONAL, 0)]
)
def test_what_one_may_not_hear_is_skipped_but_counted(
    role: Role, heard: int, throwaway: Clinic
) -> None:
    record(throwaway, "ajeno")
    record(throwaway, "mensaje", type="NEW_MESSAGE")
    with clinic_scope(throwaway):
        realtime.number_events()
        page = realtime.read_events(since=0, role=role, professional_id=UUID(int=7))
    assert (len(page.events), page.last, page.more) == (heard, 2, False)
