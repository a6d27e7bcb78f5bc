"""The mirror of Google's calendars: replaced whole per window, never half-empty for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from clinics.gcal.meaning import Busy
from clinics.models import Appointment, CalendarState, CalendarTrust, EventType, GoogleBlock
from clinics.services.events import record_event
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope

Window = tuple[datetime, datetime]


def own_event_ids(event_ids: Iterable[str]) -> set[str]:
    """Return which of the events are some appointment's own: they block nothing twice."""
    wanted = set(event_ids)
    if not wanted:
        return set()
    return set(
        Appointment.objects.filter(google_calendar_event_id__in=wanted).values_list(
            "google_calendar_event_id", flat=True
        )
    )


def replace(live: Mapping[str, Sequence[Busy]], window: Window) -> None:
    """Replace what the mirror holds of the calendars in the window. Inside a transaction."""
    if not live:
        return
    # Two checks that read the same calendars at once take turns, in one order.
    with connection.cursor() as cursor:
        for name in sorted(live):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 13))",
                [f"{current_scope().tenant_id}:{name}"],
            )
    GoogleBlock.objects.filter(
        calendar_id__in=list(live), starts_at__lt=window[1], ends_at__gt=window[0]
    )._raw_delete("default")
    read_at = clock.real_now()
    GoogleBlock.objects.bulk_create(
        [
            GoogleBlock(
                calendar_id=calendar_id,
                event_id=busy.event_id,
                instance=busy.instance,
                starts_at=_utc(busy.starts_at),
                ends_at=_utc(busy.ends_at),
                etag=busy.etag,
                read_at=read_at,
            )
            for calendar_id, found in live.items()
            for busy in found
        ],
        update_conflicts=True,
        unique_fields=["calendar_id", "event_id", "instance"],
        update_fields=["starts_at", "ends_at", "etag", "read_at"],
    )


def read_stale(
    failed: Mapping[str, str], window: Window, *, younger_than: timedelta
) -> dict[str, list[tuple[int, int]]]:
    """Return the mirror's busy times of calendars that were read recently over all the window."""
    if not failed:
        return {}
    fresh = CalendarState.objects.filter(
        calendar_id__in=list(failed),
        read_at__gt=clock.real_now() - younger_than,
        window_from__lte=window[0],
        window_to__gte=window[1],
    ).values_list("calendar_id", flat=True)
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in fresh}
    blocks = GoogleBlock.objects.filter(
        calendar_id__in=list(found), starts_at__lt=window[1], ends_at__gt=window[0]
    )
    ours = own_event_ids(block.event_id for block in blocks)
    for block in blocks:
        if block.event_id not in ours:
            span = (int(block.starts_at.timestamp()), int(block.ends_at.timestamp()))
            found[block.calendar_id].append(span)
    return found


def note_trust(
    *,
    live: Mapping[str, object],
    failed: Mapping[str, str],
    delayed: Mapping[str, object],
    window: Window,
) -> None:
    """Keep each calendar's trust; staff hear of a change."""
    now = clock.real_now()
    names = [*live, *failed]
    states = {
        state.calendar_id: state for state in CalendarState.objects.filter(calendar_id__in=names)
    }
    for name in names:
        state = states.get(name) or CalendarState(calendar_id=name, trust="")
        before = state.trust
        if name in live:
            state.trust, state.last_error = CalendarTrust.LIVE, ""
            state.read_at, state.window_from, state.window_to = now, *window
        else:
            state.trust = CalendarTrust.DELAYED if name in delayed else CalendarTrust.BROKEN
            state.failed_at, state.last_error = now, failed[name]
        state.save()
        if before not in {"", state.trust}:
            record_event(
                EventType.CALENDAR_TRUST_CHANGED,
                {"calendar": str(state.pk), "trust": str(state.trust)},
            )


def _utc(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
