"""Is the process beside me well? For container health checks; standard library, so it is quick.

    python -m dentalogic.healthcheck web     asks /healthz
    python -m dentalogic.healthcheck beat    looks at the age of HEARTBEAT_FILE

Asks about this process alone: a database that is away is no reason to restart it.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 3.0
# A dispatcher with nothing to do looks up every 15 seconds.
OLDEST = 60.0
OK = 200


def web() -> str | None:
    """Return what is wrong with the web process, or None."""
    # Under its public name: it refuses to answer to any other.
    host = urlsplit(os.environ.get("PUBLIC_URL", "")).netloc or "127.0.0.1"
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
    request = urllib.request.Request(address, headers={"Host": host})
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(request, timeout=TIMEOUT) as answer:
            return None if answer.status == OK else f"healthz answers {answer.status}"
    except (OSError, urllib.error.URLError) as error:
        return f"healthz does not answer: {error}"


def beat() -> str | None:
    """Return what is wrong with a worker or the dispatcher, or None."""
    path = os.environ.get("HEARTBEAT_FILE", "")
    try:
        age = time.time() - Path(path).stat().st_mtime
    except OSError:
        return f"HEARTBEAT_FILE={path}: no sign of life yet"
    return None if age <= OLDEST else f"the last sign of life is {age:.0f} s old"


CHECKS = {"web": web, "beat": beat}


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:  # noqa: PLR2004
        sys.stderr.write(f"usage: python -m dentalogic.healthcheck {{{','.join(CHECKS)}}}\n")
        return 2
    wrong = CHECKS[sys.argv[1]]()
    if wrong is None:
        return 0
    sys.stderr.write(f"dentalogic: {wrong}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
