"""The sandbox's own time: the real one plus an offset that a demo or a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.wire import JSON, BadInput, number_of, read_object


@dataclass(slots=True)
class Clock:
    """Time of the fake vendors."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the sandbox's moment, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    def stamp(self) -> str:
        """Return the moment as Google writes it."""
        return rfc3339(self.now())


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC with milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


async def set_clock(request: Request) -> Response:
    """Move the clock: ``{"offset_seconds": 3600}``."""
    clock: Clock = request.app.state.sandbox.clock
    body = await read_object(request)
    seconds = number_of(body, "offset_seconds", 0)
    if abs(seconds) > 10 * 366 * 86400:
        raise BadInput("offset_seconds is more than ten years")
    clock.offset = timedelta(seconds=seconds)
    return JSON({"offset_seconds": seconds, "now": clock.stamp()})


async def show_clock(request: Request) -> Response:
    """Show the clock."""
    clock: Clock = request.app.state.sandbox.clock
    return JSON({"offset_seconds": clock.offset.total_seconds(), "now": clock.stamp()})
