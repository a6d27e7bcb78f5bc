"""Reading Google live while availability is checked, and keeping the mirror fresh (JIT v2).

Fails closed: what could not be read is `delayed` while the mirror is young, else `broken`; it is
never a free day.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from clinics.gcal import mirror
from clinics.gcal.client import calendar_errors, service
from clinics.gcal.meaning import Busy, busy_of
from clinics.models import CalendarTrust
from dentalogic.core import intervals
from dentalogic.core.tenancy import current_scope

logger = structlog.get_logger(__name__)

MAX_PAGES = 20
PAGE_SIZE = 250
READERS = 16

_pool_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A calendar as far as it is known. `busy` is in epoch seconds, our own events left out."""

    trust: str
    busy: tuple[tuple[int, int], ...]


def read_calendars(
    calendar_ids: Sequence[str],
    window: tuple[datetime, datetime],
    *,
    budget_seconds: float,
    delayed_minutes: int = 15,
) -> dict[str, Reading]:
    """Read calendars in parallel within one time budget, and refresh the mirror in one transaction.

    Call it outside any transaction of the agenda. Every calendar asked for is in the answer.
    """
    wanted = list(dict.fromkeys(calendar_ids))
    if not wanted:
        return {}
    live, failed = _read_all(wanted, window, budget_seconds)
    with transaction.atomic():
        ours = mirror.own_event_ids(busy.event_id for found in live.values() for busy in found)
        mirror.replace(live, window)
        stale = mirror.read_stale(failed, window, younger_than=timedelta(minutes=delayed_minutes))
        mirror.note_trust(live=live, failed=failed, delayed=stale, window=window)
    answer = {
        name: Reading(CalendarTrust.LIVE, _union(found, ours)) for name, found in live.items()
    }
    for name in failed:
        if name in stale:
            answer[name] = Reading(CalendarTrust.DELAYED, tuple(intervals.union(stale[name])))
        else:
            answer[name] = Reading(CalendarTrust.BROKEN, ())
    return answer


def _union(found: Iterable[Busy], ours: set[str]) -> tuple[tuple[int, int], ...]:
    return tuple(
        intervals.union([(b.starts_at, b.ends_at) for b in found if b.event_id not in ours])
    )


def _read_all(
    calendar_ids: list[str], window: tuple[datetime, datetime], budget_seconds: float
) -> tuple[dict[str, list[Busy]], dict[str, str]]:
    zone = ZoneInfo(current_scope().timezone)
    deadline = monotonic() + budget_seconds
    futures = {
        _readers().submit(_read_one, name, window, zone, deadline): name for name in calendar_ids
    }
    done, late = wait(futures, timeout=budget_seconds)
    live: dict[str, list[Busy]] = {}
    failed = {futures[future]: "Timeout" for future in late}
    for future in done:
        error = future.exception()
        if error is None:
            live[futures[future]] = future.result()
        elif isinstance(error, calendar_errors()):
            failed[futures[future]] = type(error).__name__
        else:
            raise error
    for future in late:
        future.cancel()
    if failed:
        logger.warning("calendars_not_read", count=len(failed), errors=sorted(set(failed.values())))
    return live, failed


def _read_one(
    calendar_id: str, window: tuple[datetime, datetime], zone: ZoneInfo, deadline: float
) -> list[Busy]:
    found: list[Busy] = []
    page: str | None = None
    for _ in range(MAX_PAGES):
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the budget for Google is spent")
        answer: dict[str, Any] = (
            service(left)
            .events()
            .list(
                calendarId=calendar_id,
                timeMin=window[0].astimezone(UTC).isoformat(),
                timeMax=window[1].astimezone(UTC).isoformat(),
                singleEvents=True,
                maxResults=PAGE_SIZE,
                pageToken=page,
            )
            .execute(num_retries=0)
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
            raise ValueError("not a page of events")
        here = ZoneInfo(answer["timeZone"]) if answer.get("timeZone") else zone
        found += [busy for event in answer["items"] if (busy := busy_of(event, here))]
        page = answer.get("nextPageToken")
        if page is None:
            return found
    raise ValueError("more pages of events than any agenda has")


def _readers() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603  # one pool a process: a thread keeps its connection to Google
    with _pool_lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(READERS, thread_name_prefix="google")
        return _pool
