"""Argon2 takes a hundred megabytes and a core for each password: not all that ask at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

from dentalogic.core.errors import DomainError

AT_ONCE = max(1, min(os.cpu_count() or 1, 4))
LONGEST_WAIT = 10.0
RETRY_AFTER_SECONDS = 5

_places = threading.BoundedSemaphore(AT_ONCE)


class TooBusy(DomainError):
    """Too many passwords wait to be checked; nothing was decided about this one."""

    code = "throttled"
    message = "Hay demasiados ingresos a la vez. Probá de nuevo en unos segundos."
    status = 429

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


class BoundedArgon2(Argon2PasswordHasher):
    """Django's Argon2, of which a process computes `AT_ONCE` at a time; the others wait."""

    def encode(self, password: str, salt: str) -> str:
        with _place():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _place():
            return super().verify(password, encoded)


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=LONGEST_WAIT):
        raise TooBusy
    try:
        yield
    finally:
        _places.release()
