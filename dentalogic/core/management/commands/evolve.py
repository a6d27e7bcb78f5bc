"""The maintenance robot: applies what is missing to every clinic, and names those that failed."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from dentalogic.core.evolution import NotAPatch, Step, survey, tenant_steps
from dentalogic.core.evolution.drift import Compare, changed_clinics
from dentalogic.core.evolution.progress import Progress, lines, summary
from dentalogic.core.evolution.records import describe
from dentalogic.core.evolution.robot import Outcome, Robot, State
from dentalogic.core.evolution.shared import can_look, evolve_shared, missing_shared
from dentalogic.core.tenancy import no_scope

FINDING, WRONG_USE, INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = (
        "Apply missing patches to every clinic. 0: fine; 1: something is missing, failed, busy, or"
        " changed by hand; 2: wrong use; 130: Ctrl-C."
    )
    # They import every view; nothing here asks for one, and a start costs seconds.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; 1 = missing")
        parser.add_argument(
            "--expand-only",
            action="store_true",
            help="hold contract patches, and what follows them, until no older code runs any more",
        )
        parser.add_argument("--clinic", metavar="SCHEMA", help="this clinic alone")
        parser.add_argument(
            "--jobs", type=int, default=2, metavar="N", help="clinics at a time (2)"
        )
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=2.0,
            metavar="SECONDS",
            help="how long a patch may make a clinic's traffic wait, each time it is tried (2)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._refuse_wrong_use(options["jobs"], options["lock_timeout"])
        try:
            with no_scope():
                found = self._check(options) if options["check"] else self._evolve(options)
        except (NotAPatch, FileNotFoundError) as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        except DatabaseError as error:
            raise CommandError(f"the database did not go along: {describe(error)}") from error
        if found:
            raise SystemExit(found)

    def _refuse_wrong_use(self, jobs: int, lock_timeout: float) -> None:
        database: Any = settings.DATABASES["default"]
        pool = database["OPTIONS"].get("pool", {}).get("max_size", 1000)
        # The first connection stays with the command itself.
        if not 1 <= jobs < max(pool, 2):
            raise CommandError(
                f"--jobs takes 1 to {max(pool - 1, 1)} (DATABASE_POOL_SIZE is {pool})",
                returncode=WRONG_USE,
            )
        if not 0 < lock_timeout <= 60:  # noqa: PLR2004  # longer is an outage, not patience
            raise CommandError("--lock-timeout takes up to 60 seconds", returncode=WRONG_USE)

    def _refuse_strangers(self, cursor: Any, clinic: str | None) -> None:
        cursor.execute("SELECT 1 FROM public.clinics WHERE schema_name = %s", [clinic])
        if clinic is not None and cursor.fetchone() is None:
            raise CommandError("there is no such clinic", returncode=WRONG_USE)

    def _refuse_edited(self, cursor: Any) -> bool:
        edited = survey.edited(cursor, tenant_steps())
        for one in edited:
            self.stderr.write(f"{one.step.label}: {one}")
        return bool(edited)

    def _evolve(self, options: dict[str, Any]) -> int:
        started, steps, clinic = time.monotonic(), tenant_steps(), options["clinic"]
        with connection.cursor() as cursor:
            if can_look(cursor):
                self._refuse_strangers(cursor, clinic)
                if self._refuse_edited(cursor):
                    return FINDING
        for label in evolve_shared(expand_only=options["expand_only"]):
            if options["verbosity"]:
                self.stdout.write(f"public: {label} applied")
        with connection.cursor() as cursor:
            self._refuse_strangers(cursor, clinic)
            if options["expand_only"]:
                steps = self._hold_contracts(cursor, steps)
            targets = survey.behind(cursor, steps, clinic)
            total = 1 if clinic else survey.count_clinics(cursor)
        progress = Progress(self.stdout, self.stderr, len(targets), verbosity=options["verbosity"])
        robot = Robot(
            steps=steps,
            jobs=options["jobs"],
            lock_timeout=options["lock_timeout"],
            report=progress,
        )
        database: Any = connection
        replacing = database.pool.once_each() if database.pool else nullcontext()
        with until_told(robot.stop) as told, progress, replacing:
            outcomes = robot.run(targets)
        return self._end(options, outcomes, total - len(targets), started, told)

    def _end(
        self,
        options: dict[str, Any],
        outcomes: list[Outcome],
        current: int,
        started: float,
        told: list[int],
    ) -> int:
        left = [outcome.clinic for outcome in outcomes if outcome.state is State.LEFT]
        if left:
            self.stderr.write(f"stopped; not reached: {', '.join(left)}. Run it again to go on.")
        if options["verbosity"]:
            seconds = time.monotonic() - started
            self.stdout.write(summary(outcomes, current=current, seconds=seconds))
        if left and signal.SIGINT in told:
            return INTERRUPTED
        return 0 if all(outcome.state.fine for outcome in outcomes) else FINDING

    def _hold_contracts(self, cursor: Any, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        kept = survey.without_contracts(cursor, steps)
        if held := steps[len(kept) :]:
            names = ", ".join(step.label for step in held)
            self.stdout.write(f"held until `evolve` runs without --expand-only: {names}")
        return kept

    def _check(self, options: dict[str, Any]) -> int:
        """Look, in a transaction that can't write; what differs is looked into afterwards."""
        steps, clinic, findings = tenant_steps(), options["clinic"], 0
        for label in missing_shared(expand_only=options["expand_only"]):
            findings += 1
            self.stdout.write(f"public: {label} is missing")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            if not can_look(cursor):
                self.stdout.write("the clinics can't be looked at before: run setup_database")
                return FINDING
            self._refuse_strangers(cursor, clinic)
            findings += self._refuse_edited(cursor)
            if options["expand_only"]:
                steps = self._hold_contracts(cursor, steps)
            targets = survey.everyone(cursor, steps, clinic)
            unfinished = survey.unfinished(cursor, clinic) if options["verbosity"] > 1 else []
            changed = list(changed_clinics(targets))
        for target in targets:
            findings += self._check_one(target)
        compare = Compare(steps)
        for target, how in changed:
            findings += 1
            why = compare.why(target, how)
            for line in lines(Outcome(target.schema_name, State.CHANGED, why=why)):
                self.stdout.write(line)
        for attempt in unfinished:
            self.stdout.write(str(attempt))
        return FINDING if findings else 0

    def _check_one(self, target: survey.Target) -> bool:
        name = target.schema_name
        if not target.exists:
            self.stdout.write(f"{name}: its schema is missing though its row exists")
            return True
        for step in target.missing:
            self.stdout.write(f"{name}: {step.label} is missing")
        if target.ahead:
            self.stdout.write(f"{name}: ahead of this code by {', '.join(target.unknown)}")
        return bool(target.missing)


@contextmanager
def until_told(stop: threading.Event) -> Iterator[list[int]]:
    """Set `stop` on SIGTERM or Ctrl-C, and list what came. A second one ends the process at once:

    PostgreSQL then takes the open transactions back, and the records show them as interrupted.
    """
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return

    def tell(number: int, frame: Any) -> None:
        told.append(number)
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {one: signal.signal(one, tell) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
