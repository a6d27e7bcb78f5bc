"""What the robot shows while it works: a bar on a terminal, a line a clinic elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from dentalogic.core.evolution.robot import Outcome, State

WIDTH = 30
CLEAR = "\r\x1b[K"


class Output(Protocol):
    """Django's wrapper of a stream."""

    def write(self, msg: str = "", style_func: None = None, ending: str | None = None) -> None: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class Progress:
    """Called with each outcome, from any thread. Use as a context: it takes the bar away."""

    def __init__(self, out: Output, err: Output, total: int, *, verbosity: int) -> None:
        self.out = out
        self.err = err
        self.total = total
        self.verbosity = verbosity
        self.done = 0
        self.bar = err.isatty() and verbosity > 0
        self.started = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> Progress:
        self._draw("")
        return self

    def __exit__(self, *ended: object) -> None:
        self._clear()

    def __call__(self, outcome: Outcome) -> None:
        with self._lock:
            self.done += 1
            if not outcome.state.fine:
                self._clear()
                for line in lines(outcome):
                    self.err.write(line)
            elif self.verbosity > 1 or (self.verbosity == 1 and not self.bar):
                self._clear()
                for line in lines(outcome):
                    self.out.write(line)
            self._draw(outcome.clinic)

    def _clear(self) -> None:
        if self.bar:
            self.err.write(CLEAR, ending="")
            self.err.flush()

    def _draw(self, clinic: str) -> None:
        if not self.bar:
            return
        share = self.done / self.total if self.total else 1.0
        full = int(share * WIDTH)
        spent = time.monotonic() - self.started
        left = f"{spent / self.done * (self.total - self.done):.0f} s left" if self.done else ""
        drawn = f"[{'#' * full}{'.' * (WIDTH - full)}] {self.done}/{self.total}"
        self.err.write(f"{CLEAR}{drawn}  {left}  {clinic[:20]}", ending="")
        self.err.flush()


def lines(outcome: Outcome) -> list[str]:
    """Say what became of a clinic."""
    said = f"{outcome.clinic}: {outcome.state}"
    if outcome.state is State.DONE:
        labels = ", ".join(step.label for step in outcome.steps)
        return [f"{said}: {labels} ({outcome.seconds:.2f} s)"]
    if not outcome.state.fine:
        said += ", left as it was"
    first, *more = outcome.why or ("",)
    if outcome.state is State.CHANGED:
        return [f"{said}:", *(f"{outcome.clinic}:   {why}" for why in outcome.why)]
    return [f"{said}: {first}" if first else said, *(f"{outcome.clinic}:   {why}" for why in more)]


def summary(outcomes: Iterable[Outcome], *, current: int, seconds: float) -> str:
    """Count what happened, and how long it took."""
    outcomes = list(outcomes)
    counted = Counter(outcome.state for outcome in outcomes)
    parts = [f"{current} were up to date"]
    parts += [f"{counted[state]} {state}" for state in State if counted[state]]
    said = f"{current + len(outcomes)} clinics: {', '.join(parts)}; {seconds:.2f} s"
    worked = sorted((one.seconds, one.clinic) for one in outcomes if one.state is State.DONE)
    if worked:
        middle = worked[len(worked) // 2][0]
        said += f" (a clinic {middle:.2f} s, the slowest {worked[-1][1]} {worked[-1][0]:.2f} s)"
    return said
