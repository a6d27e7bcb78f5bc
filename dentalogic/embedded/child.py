"""One supervised process: its start, its crashes and the pauses between them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from dentalogic.embedded.home import CHECKOUT
from dentalogic.embedded.processes import leashed, rotate, tail
from dentalogic.embedded.programs import Program

# Who lives shorter than this crashed quickly; who lives longer begins with a clean sheet.
QUICK = 30.0
MOST_QUICK_CRASHES = 5
FIRST_PAUSE = 0.5


class Child:
    """Keep one program running. Ends with this process, however it ends."""

    def __init__(self, program: Program, *, logs: Path, env: dict[str, str]) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self.quick_crashes = 0
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restart_at: float | None = None
        rotate(self.log)

    def start(self) -> None:
        """Start it in a session of its own: the terminal's Ctrl-C is for the supervisor alone."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                leashed(self.program.command, signal.SIGTERM),
                cwd=CHECKOUT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self._restart_at = None

    @property
    def code(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.poll() if self._process is not None else None

    @property
    def hopeless(self) -> bool:
        return self.quick_crashes > MOST_QUICK_CRASHES

    def tend(self) -> str | None:
        """Restart it when it crashed and its pause is over; return a line when there is news."""
        if self._process is None or self.code is None:
            return None
        now = time.monotonic()
        if self._restart_at is None:
            quick = now - self._started_at < QUICK
            self.quick_crashes = self.quick_crashes + 1 if quick else 1
            pause = FIRST_PAUSE * 2 ** (self.quick_crashes - 1)
            self._restart_at = now + pause
            if self.hopeless:
                return None
            return f"{self.program.name} ended ({self._how()}); again in {pause:g} s: {self.log}"
        if now >= self._restart_at and not self.hopeless:
            self.start()
        return None

    def _how(self) -> str:
        code = self.code or 0
        return f"code {code}" if code >= 0 else signal.Signals(-code).name

    def ask_to_end(self) -> None:
        if self._process is not None and self.code is None:
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Wait for the end that was asked for; then take the whole group down."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            self._process.wait()

    def last_words(self) -> str:
        return tail(self.log, 15)
