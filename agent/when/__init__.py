"""Read when somebody means."""

from __future__ import annotations

from agent.when.reading import parse_when
from agent.when.result import Ambiguous, Option, Past, Reading, Unclear, Window, Windows

__all__ = [
    "Ambiguous",
    "Option",
    "Past",
    "Reading",
    "Unclear",
    "Window",
    "Windows",
    "parse_when",
]
