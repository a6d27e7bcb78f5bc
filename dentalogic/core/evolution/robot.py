"""The maintenance robot: many clinics side by side, each in its own transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.db import DatabaseError, connection

from dentalogic.core.evolution.applying import (
    Busy,
    ChangedByHand,
    Gone,
    PatchFailed,
    Taken,
    evolve_clinic,
)
from dentalogic.core.evolution.drift import Compare
from dentalogic.core.evolution.records import describe
from dentalogic.core.evolution.steps import Step
from dentalogic.core.evolution.survey import Target
from dentalogic.core.tenancy import no_scope


class State(StrEnum):
    """How it ended with one clinic."""

    DONE = "brought up to date"
    NOTHING = "found up to date"
    AHEAD = "ahead of this code"
    DROPPED = "dropped meanwhile"
    ABSENT = "without a schema"
    CHANGED = "changed by hand"
    BUSY = "busy"
    FAILED = "failed"
    LEFT = "not reached"

    @property
    def fine(self) -> bool:
        return self in {State.DONE, State.NOTHING, State.AHEAD, State.DROPPED}


@dataclass(frozen=True)
class Outcome:
    """What became of one clinic, and why."""

    clinic: str
    state: State
    seconds: float = 0.0
    steps: tuple[Step, ...] = ()
    why: tuple[str, ...] = ()


@dataclass
class _Try:
    """A clinic that waits for its turn."""

    target: Target
    busy: int = 0
    since: float = 0.0
    seconds: float = 0.0
    why: str = ""


@dataclass(kw_only=True)
class Robot:
    """Brings clinics up to date with `jobs` threads.

    Threads, because the work is PostgreSQL's: they wait without the interpreter's lock, and share
    one interpreter and one graph of migrations, which processes would load again each.

    A clinic whose tables are in use is let go after `lock_timeout` seconds and tried again after
    each of `pauses`, the others going on meanwhile. A clinic that another robot is at is come back
    to until it is free, for `patience` seconds at most.
    """

    steps: Sequence[Step]
    jobs: int = 1
    lock_timeout: float = 2.0
    pauses: Sequence[float] = (1.0, 2.0, 4.0, 8.0)
    patience: float = 600.0
    look_again: float = 0.2
    report: Callable[[Outcome], None] = lambda outcome: None
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._compare = Compare(self.steps)

    def run(self, targets: Iterable[Target]) -> list[Outcome]:
        """Work through the clinics; what became of each. Set `stop` to end after the current."""
        outcomes: list[Outcome] = []
        waiting = [_Try(target) for target in targets]
        while waiting and not self.stop.is_set():
            queue, later = deque(waiting), list[_Try]()
            self._round(queue, later, outcomes)
            waiting = [*later, *queue]
            if later:
                rounds = [attempt.busy for attempt in later if attempt.busy]
                self.stop.wait(self.pauses[min(rounds) - 1] if rounds else self.look_again)
        outcomes += [
            Outcome(attempt.target.schema_name, State.LEFT, attempt.seconds) for attempt in waiting
        ]
        return outcomes

    def _round(self, queue: deque[_Try], later: list[_Try], outcomes: list[Outcome]) -> None:
        jobs = min(self.jobs, len(queue))
        if jobs == 1:
            self._work(queue, later, outcomes)
            return

        def work() -> None:
            try:
                self._work(queue, later, outcomes)
            finally:
                # A connection belongs to its thread, and the thread ends here.
                connection.close()

        with ThreadPoolExecutor(jobs, thread_name_prefix="evolve") as pool:
            workers = [pool.submit(work) for _ in range(jobs)]
        for worker in workers:
            worker.result()

    def _work(self, queue: deque[_Try], later: list[_Try], outcomes: list[Outcome]) -> None:
        """Take clinics from the queue until it is empty."""
        while queue and not self.stop.is_set():
            try:
                attempt = queue.popleft()
            except IndexError:
                return  # another thread took the last one
            started = time.monotonic()
            ended = self._evolve(attempt, started)
            if not connection.in_atomic_block:
                # The pool replaces connections that remember too many clinics.
                connection.close()
            attempt.seconds += time.monotonic() - started
            if ended is None:
                later.append(attempt)
                continue
            outcome = replace(ended, seconds=attempt.seconds)
            outcomes.append(outcome)
            self.report(outcome)

    def _evolve(self, attempt: _Try, started: float) -> Outcome | None:
        """Try one clinic; None if it is to be come back to."""
        target = attempt.target
        if target.ahead:
            why = f"has {', '.join(target.unknown)}, which is not known here"
            return Outcome(target.schema_name, State.AHEAD, why=(why,))
        try:
            with no_scope():
                steps = evolve_clinic(target, self.steps, lock_timeout=self.lock_timeout)
        except (Taken, Busy) as refusal:
            given_up = self._given_up(attempt, refusal, started)
            return Outcome(target.schema_name, State.BUSY, why=(given_up,)) if given_up else None
        except (Gone, ChangedByHand, PatchFailed, DatabaseError) as refusal:
            return self._refused(target, refusal)
        state = State.DONE if steps else State.NOTHING
        return Outcome(target.schema_name, state, steps=steps)

    def _given_up(self, attempt: _Try, refusal: Taken | Busy, started: float) -> str:
        """Say why a clinic is not come back to any more; nothing if it is."""
        if isinstance(refusal, Busy):
            attempt.busy += 1
            over = attempt.busy > len(self.pauses)
            return f"tried {attempt.busy} times: {refusal}" if over else ""
        attempt.since = attempt.since or started
        over = started - attempt.since >= self.patience
        return "another robot has been at it all the time" if over else ""

    def _refused(self, target: Target, refusal: Exception) -> Outcome:
        why: tuple[str, ...] = (str(refusal),)
        match refusal:
            case Gone():
                state = State.DROPPED if refusal.dropped else State.ABSENT
            case ChangedByHand():
                state, why = State.CHANGED, self._compare.why(target, refusal)
            case PatchFailed():
                state, why = State.FAILED, (str(refusal), *getattr(refusal, "__notes__", ()))
            case _:
                connection.close_if_unusable_or_obsolete()
                state = State.FAILED
                why = (describe(refusal) if isinstance(refusal, DatabaseError) else why[0],)
        return Outcome(target.schema_name, state, why=why)
