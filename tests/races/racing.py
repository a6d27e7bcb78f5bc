"""Real threads with real commits on a clinic of their own, let go at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope

RACERS = 20


def race(clinic: Clinic, at: datetime, runners: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once; what each returned, or the error it ended with."""
    line = threading.Barrier(len(runners))

    def run(runner: Callable[[], Any]) -> Any:
        try:
            with clinic_scope(clinic), clock.frozen(at):
                # Connected before the start, so that nobody wins by dialling faster.
                connection.ensure_connection()
                line.wait(timeout=30)
                return runner()
        except Exception as error:  # the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))
