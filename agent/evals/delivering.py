"""The dispatcher and the workers inside this process, for plays that kill nobody."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from types import TracebackType
from typing import Self

from django.db import close_old_connections

from dentalogic.core import relay

THREADS = 4
LOOK_EVERY = 0.02


class Delivering:
    """Deliver whatever falls due until the end of the block, like `dispatcher` and a worker."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._broken: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="dispatcher")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._broken and error is None:
            # A handler's failure is the row's; this is the delivery itself, and its row waits.
            raise self._broken[0]

    def _run(self) -> None:
        running: set[Future[None]] = set()
        try:
            while not self._stop.is_set():
                batch = relay.claim(THREADS * 4)
                for message in batch:
                    running.add(_workers().submit(_deliver, message.id, message.lease_no))
                if not batch:
                    self._stop.wait(LOOK_EVERY)
                running -= self._ended(running)
        finally:
            wait(running)
            self._ended(running)
            close_old_connections()

    def _ended(self, running: set[Future[None]]) -> set[Future[None]]:
        """Return what is done, keeping the errors of what broke."""
        done = {one for one in running if one.done()}
        self._broken += [broken for one in done if (broken := one.exception())]
        return done


@cache
def _workers() -> ThreadPoolExecutor:
    # For the life of the process, as in a worker: a thread keeps its connection to Google.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="worker")


def _deliver(row_id: int, lease_no: int) -> None:
    try:
        relay.deliver(row_id, lease_no)
    finally:
        close_old_connections()
