"""A log file that only the account of the processes can read."""

from __future__ import annotations

import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

KEPT_FILES = 5
LARGEST_FILE = 1024 * 1024


class PrivateLog(RotatingFileHandler):
    """Opened with its first line, in a folder made for it; rotated by size."""

    def __init__(self, filename: str | Path) -> None:
        super().__init__(
            filename, maxBytes=LARGEST_FILE, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.baseFilename, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab", buffering=0), "utf-8", write_through=True)
