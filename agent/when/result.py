"""What a reading of somebody's words about time comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Window = tuple[datetime, datetime]
"""Two aware moments of the clinic's zone, half-open."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The times that were meant, sorted, none in the past.

    `exact` says that a start was named ("a las 10"): each window then begins at that
    start and lasts one minute; the caller adds the length of the treatment.
    """

    windows: tuple[Window, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    meaning: Windows


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The words can be read in two ways or contradict themselves: ask which is meant."""

    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """The words name no time that can be read."""


@dataclass(frozen=True, slots=True)
class Past:
    """The words name a time that is over."""


Reading = Windows | Ambiguous | Unclear | Past
