"""What is known of a conversation at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dentalogic.sandbox.receptionist.choices import Choice
from dentalogic.sandbox.receptionist.dates import When

Message = dict[str, Any]
Item = dict[str, Any]

MOST_ITEMS = 12


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that was made, with what came back."""

    name: str
    args: dict[str, Any]
    result: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.result.get("ok", "error" not in self.result) is True

    @property
    def error(self) -> str:
        error = self.result.get("error")
        return error if isinstance(error, str) else ""


@dataclass(slots=True)
class State:
    """The conversation so far; `text`, `intents` and the like speak of the last burst alone."""

    clinic: str = ""
    now: datetime | None = None
    english: bool = False
    spoken: bool = False
    # the last burst
    text: str = ""
    folded: str = ""
    intents: frozenset[str] = frozenset()
    media: str | None = None
    asked: frozenset[str] = frozenset()
    said: str = ""
    choice: Choice = field(default_factory=Choice)
    turn: list[Call] = field(default_factory=list)
    new_facts: bool = False
    changed: bool = False
    refused: bool = False
    emergency: bool = False
    self_harm: bool = False
    had_emergency: bool = False
    confirmed: bool = False
    declined: bool = False
    named_when: bool = False
    named_service: bool = False
    # the request
    goal: str = ""
    service: str | None = None
    when: When | None = None
    professional: str | None = None
    for_whom: str | None = None
    urgent: bool = False
    triage: str | None = None
    offers: list[Item] = field(default_factory=list)
    shown: bool = False
    chosen: str | None = None
    appointments: list[Item] = field(default_factory=list)
    listed: bool = False
    target: str | None = None
    pending: Call | None = None
    # the facts
    facts: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    missing: list[str] | None = None
    dependant_ready: bool = False
    patient: str | None = None
    held_until: str = ""
    refusals: int = 0
    insurers: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    catalogue: list[Item] = field(default_factory=list)

    @property
    def other(self) -> str | None:
        """Return the relation of the person it is for, where that is not the writer."""
        return self.for_whom if self.for_whom not in {None, "self"} else None

    @property
    def last(self) -> Call | None:
        return self.turn[-1] if self.turn else None

    def done(self, name: str) -> bool:
        return any(call.name == name for call in self.turn)


def reference_of(item: Item | None) -> str | None:
    reference = item.get("ref") if item else None
    return reference if isinstance(reference, str) else None


def items_of(value: Any) -> list[Item]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict) and reference_of(item)][:MOST_ITEMS]


def names(value: Any) -> list[str]:
    """Return the strings of a list, or the names of its objects."""
    if not isinstance(value, list):
        return []
    found = [item.get("name") if isinstance(item, dict) else item for item in value]
    return [item for item in found if isinstance(item, str)][:MOST_ITEMS]


def finish(state: State) -> None:
    """Begin afresh after something was done; the writer's own facts stay known."""
    if state.other:
        state.facts, state.recorded = {}, {}
    state.goal, state.service, state.when, state.professional = "", None, None, None
    state.offers, state.chosen, state.shown, state.pending = [], None, False, None
    state.appointments, state.target, state.listed, state.urgent = [], None, False, False
    state.missing, state.held_until, state.changed = None, "", False
    state.for_whom, state.triage = None, None
