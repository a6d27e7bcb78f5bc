"""Which clinic a business number belongs to, held in memory for a few seconds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken
from psycopg_pool import AsyncConnectionPool

from dentalogic.core.encryption import UnreadableValue, cipher

FRESH_SECONDS = 5.0
# A number that isn't there may have been added just now; asked for once a second at the most,
# however many strangers write.
MISS_SECONDS = 1.0

_SELECT = """
SELECT l.external_id, l.app_secret, c.id, c.schema_name
FROM public.lines l JOIN public.clinics c ON c.id = l.clinic_id
WHERE l.provider = %s AND l.is_active AND c.is_active
"""


@dataclass(frozen=True, slots=True)
class LineEntry:
    """A business number: whose it is, and its own secret if it has one."""

    external_id: str
    clinic_id: UUID
    schema: str
    secret: bytes | None


class LineBook:
    """All active lines of a provider, read in one statement and used until they are stale."""

    def __init__(self, pool: AsyncConnectionPool, provider: str) -> None:
        self._pool = pool
        self._provider = provider
        self._lines: dict[str, LineEntry] = {}
        self._secrets: dict[str, bytes] = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def find(self, external_ids: set[str]) -> dict[str, LineEntry]:
        """Return the lines that are known; a database that is away raises `psycopg.Error`."""
        age = time.monotonic() - self._read_at
        if age > FRESH_SECONDS or (age > MISS_SECONDS and not external_ids <= self._lines.keys()):
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            # Many requests wait for one statement; one that gives up doesn't take it along.
            await asyncio.shield(self._reading)
        return {one: self._lines[one] for one in external_ids if one in self._lines}

    async def _read(self) -> None:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SELECT, [self._provider])
            rows = await cursor.fetchall()
        self._lines = {
            external_id: LineEntry(external_id, clinic_id, schema, self._decrypted(secret))
            for external_id, secret, clinic_id, schema in rows
        }
        self._read_at = time.monotonic()

    def _decrypted(self, stored: str | None) -> bytes | None:
        if stored is None:
            return None
        if stored not in self._secrets:
            try:
                self._secrets[stored] = cipher().decrypt(stored.encode())
            except InvalidToken:
                raise UnreadableValue("lines.app_secret") from None
        return self._secrets[stored]
