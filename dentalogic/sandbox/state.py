"""Everything the sandbox knows, and keeping it over a restart."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

import orjson

from dentalogic.sandbox.clock import Clock
from dentalogic.sandbox.config import Config
from dentalogic.sandbox.faults import Faults
from dentalogic.sandbox.google.channels import Channels
from dentalogic.sandbox.google.store import CalendarStore
from dentalogic.sandbox.meta.chats import Chats
from dentalogic.sandbox.meta.control import STATUSES, line_from
from dentalogic.sandbox.meta.media import MediaStore
from dentalogic.sandbox.meta.webhooks import Webhooks
from dentalogic.sandbox.openai.audio import Transcripts
from dentalogic.sandbox.openai.script import Director

SAVE_SECONDS = 3.0


class Sandbox:
    """The one object behind all endpoints."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock()
        self.faults = Faults()
        self.chats = Chats(self.clock)
        self.media = MediaStore()
        self.webhooks = Webhooks(config, self.clock)
        self.statuses: tuple[str, ...] = STATUSES
        self.google = CalendarStore(self.clock)
        self.channels = Channels(self.webhooks)
        self.google.listeners.append(self.channels.changed)
        self.director = Director()
        self.transcripts = Transcripts()
        for row in config.lines:
            line = line_from(row)
            self.chats.lines[line.phone_number_id] = line
        self._saved_at = (0, 0)
        self._load()
        for row in config.calendars:
            if row["id"] not in self.google.calendars:
                self.google.add(row["id"], row.get("summary", row["id"]))

    @property
    def _changes(self) -> tuple[int, int]:
        return self.chats.changes, self.google.changes

    def _load(self) -> None:
        path = self.config.state_file
        if path is None or not path.exists():
            return
        try:
            saved: dict[str, Any] = orjson.loads(path.read_bytes())
            self.chats.load(saved["chats"])
            self.google.load(saved["calendars"])
        except (ValueError, KeyError, TypeError) as error:
            # An old or broken file is no reason not to start: set it aside and go on.
            sys.stderr.write(f"sandbox: {path.name} can't be read ({type(error).__name__})\n")
            path.replace(path.with_suffix(".unreadable"))
        self._saved_at = self._changes

    def save(self) -> None:
        """Write the file when something changed."""
        path = self.config.state_file
        if path is None or self._changes == self._saved_at:
            return
        self._saved_at = self._changes
        body = orjson.dumps({"chats": self.chats.save(), "calendars": self.google.save()})
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(body)
        fresh.chmod(0o600)
        fresh.replace(path)

    async def keep_saving(self) -> None:
        """Save every few seconds, for ever."""
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            with contextlib.suppress(OSError):
                self.save()
