"""A log file that only the account of the processes can read, and that several of them write."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

KEPT_FILES = 5
LARGEST_FILE = 1024 * 1024


class PrivateLog(RotatingFileHandler):
    """Opened with its first line, in a folder made for it; rotated by size.

    What can't be written is an error of whoever wrote it: a line here is the last resort.
    """

    def __init__(
        self, filename: str | Path, *, largest: int = LARGEST_FILE, kept: int = KEPT_FILES
    ) -> None:
        super().__init__(filename, maxBytes=largest, backupCount=kept, encoding="utf-8", delay=True)

    def emit(self, record: LogRecord) -> None:
        with self._alone():
            self._follow()
            super().emit(record)

    def handleError(self, record: LogRecord) -> None:  # noqa: N802  # logging's name
        """Raise what happened. logging would print the line, which names people, to stderr."""
        error = sys.exc_info()[1]
        if error is not None:
            raise error

    def _open(self) -> TextIOWrapper:
        self._make_folder()
        descriptor = os.open(self.baseFilename, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab", buffering=0), "utf-8", write_through=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out: two that rotate at once would push lines off the end."""
        self._make_folder()
        descriptor = os.open(f"{self.baseFilename}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _follow(self) -> None:
        """Let go of a file that another process has rotated away."""
        if self.stream is None:
            return
        try:
            there = Path(self.baseFilename).stat()
        except FileNotFoundError:
            there = None
        mine = os.fstat(self.stream.fileno())
        if there is None or (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
            self.stream.close()
            self.stream = None

    def _make_folder(self) -> None:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
