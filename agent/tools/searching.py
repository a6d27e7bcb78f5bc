"""Looking for times: windows that somebody meant, in; slots inside them and reasons, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from agent import wording
from agent.tools.spread import spread
from agent.when import Window, Windows
from clinics.models import Appointment, Treatment
from clinics.services.availability import Availability, Slot, find_slots

MOST_OPTIONS = 3
# So many different starts reach into the next day, so that mornings and afternoons can be mixed.
ENOUGH_TO_SPREAD = 48
# One question to the agenda covers at most this much; longer ones are asked piece by piece.
PIECE = timedelta(days=8)
MOST_PIECES = 6
ALWAYS_THERE = frozenset({"closed", "break"})
ALTERNATIVES_WITHIN = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for, in which conversation. Without a professional anybody will do."""

    treatment: Treatment
    conversation_id: UUID
    professional_id: UUID | None = None
    exclude: Appointment | None = None

    def ask(self, window: Window, *, limit: int | None = None) -> Availability:
        return find_slots(
            treatment=self.treatment,
            window=window,
            professional_ids=None if self.professional_id is None else [self.professional_id],
            exclude=self.exclude,
            conversation_id=self.conversation_id,
            limit=limit,
        )


@dataclass(slots=True)
class Found:
    slots: list[Slot] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    names: dict[UUID, str] = field(default_factory=dict)


def search(wish: Wish, meant: Windows) -> Found:
    """Return at most three slots that lie inside the windows, else the reasons for none.

    With `exact` windows only slots that start when they start count.
    """
    length = timedelta(minutes=wish.treatment.minutes)
    windows = [
        (start, start + length) if meant.exact else (start, end) for start, end in meant.windows
    ]
    starts = {start for start, _ in windows} if meant.exact else None
    found = Found()
    seen: list[Slot] = []
    for piece in _pieces(windows):
        # Where a group has gaps, the first times may all lie in them.
        whole = starts is None and len(piece) == 1
        answer = wish.ask((piece[0][0], piece[-1][1]), limit=ENOUGH_TO_SPREAD if whole else None)
        found.names |= answer.names
        seen += [slot for slot in answer.slots if _is_inside(slot, piece, starts)]
        found.reasons += [
            reason.code
            for reason in answer.reasons
            if any(reason.starts_at < end and start < reason.ends_at for start, end in piece)
        ]
        if len(seen) >= MOST_OPTIONS:
            break
    found.slots = few(seen)
    found.reasons = [] if found.slots else telling(found.reasons)
    return found


def telling(codes: Sequence[str]) -> list[str]:
    """Return the reasons once each; what surrounds every working day only where nothing else is."""
    distinct = list(dict.fromkeys(codes))
    return [code for code in distinct if code not in ALWAYS_THERE] or distinct


def alternatives(wish: Wish, meant: Windows) -> Found:
    """Return up to three slots after the windows, for the answer "not then, but ..."."""
    after = meant.windows[-1][1]
    found = Found()
    until = after + ALTERNATIVES_WITHIN
    while after < until and not found.slots:
        end = min(after + PIECE, until)
        answer = wish.ask((after, end), limit=ENOUGH_TO_SPREAD)
        found.names |= answer.names
        found.slots = few(answer.slots)
        after = end
    return found


def few(slots: Sequence[Slot]) -> list[Slot]:
    zone = wording.zone()
    return spread(slots, lambda moment: moment.astimezone(zone), MOST_OPTIONS)


def _is_inside(slot: Slot, piece: Sequence[Window], starts: set[datetime] | None) -> bool:
    if starts is not None:
        return slot.starts_at in starts
    return any(start <= slot.starts_at and slot.ends_at <= end for start, end in piece)


def _pieces(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Group the windows so that each group spans at most `PIECE`, cutting longer ones."""
    cut = [part for window in windows for part in _cut(window)]
    group: list[Window] = []
    made = 0
    for window in cut:
        if group and window[1] - group[0][0] > PIECE:
            yield group
            group, made = [], made + 1
            if made == MOST_PIECES:
                return
        group.append(window)
    if group:
        yield group


def _cut(window: Window) -> Iterator[Window]:
    start, end = window
    if end - start <= PIECE:
        yield window
        return
    points = [start]
    while points[-1] < end:
        points.append(min(points[-1] + PIECE, end))
    yield from pairwise(points)
