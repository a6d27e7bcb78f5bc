"""Looking for times: windows that somebody meant, in; slots inside them and reasons, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from agent import wording
from agent.tools.spread import Choice, spread
from agent.when import Window, Windows
from clinics.hours import instant
from clinics.models import Appointment, Treatment
from clinics.services.availability import Question, Slot
from clinics.services.openings import DayOpenings, Opening, Openings

MOST_OPTIONS = 3
# One question to the agenda covers at most this much; longer ones are asked piece by piece.
PIECE = timedelta(days=8)
MOST_PIECES = 6
ALWAYS_THERE = frozenset({"closed", "break"})
ALTERNATIVES_WITHIN = timedelta(days=32)
# The hour at which the second half of a day begins.
NOON = 13


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for, in which conversation. Without a professional anybody will do."""

    treatment: Treatment
    conversation_id: UUID
    professional_id: UUID | None = None
    exclude: Appointment | None = None

    def ask(self, windows: Sequence[Window]) -> Openings:
        question = Question(
            treatment=self.treatment,
            professional_ids=None if self.professional_id is None else [self.professional_id],
            exclude=self.exclude,
            conversation_id=self.conversation_id,
        )
        return Openings(question, windows)


@dataclass(slots=True)
class Found:
    slots: list[Slot] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    names: dict[UUID, str] = field(default_factory=dict)


class _Options:
    """The few times that are told; days are added until more of them would change nothing."""

    def __init__(self) -> None:
        self._zone = wording.zone()
        self._starts: dict[int, list[Opening]] = {}
        self._half_days: dict[int, tuple[int, bool]] = {}
        self._choice: Choice[Opening] = Choice([], settled=False)

    @property
    def enough(self) -> bool:
        return len(self._choice.picks) == MOST_OPTIONS

    def add(self, days: Iterator[DayOpenings]) -> None:
        for day, starts in days:
            noon = instant(day, NOON * 3600, self._zone)
            self._starts |= starts
            self._half_days |= {start: (noon, start < noon) for start in starts}
            self._choice = spread(self._starts, self._half_days, MOST_OPTIONS)
            if self._choice.settled:
                return

    def slots(self) -> list[Slot]:
        return [opening.slot(start) for start, opening in self._choice.picks]


def search(wish: Wish, meant: Windows) -> Found:
    """Return at most three slots that lie inside the windows, else the reasons for none.

    With `exact` windows only slots that start when they start count.
    """
    length = timedelta(minutes=wish.treatment.minutes)
    # As long as the slot itself: nothing that starts later fits in.
    windows = [
        (start, start + length) if meant.exact else (start, end) for start, end in meant.windows
    ]
    found, options = Found(), _Options()
    asked: list[Openings] = []
    for piece in _pieces(windows):
        openings = wish.ask(piece)
        asked.append(openings)
        found.names |= openings.names
        options.add(openings.days())
        if options.enough:
            break
    found.slots = options.slots()
    if not found.slots:
        found.reasons = telling([code for openings in asked for code in openings.reasons()])
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
        openings, options = wish.ask([(after, end)]), _Options()
        options.add(openings.days())
        found.names |= openings.names
        found.slots = options.slots()
        after = end
    return found


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
