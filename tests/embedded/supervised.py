"""A small stand for the supervisor: the real one, with other programs than the project's.

    python -m tests.embedded.supervised WEB [STEP]

WEB: `ready` answers /readyz, `crash` ends at once, `deaf` ignores the wish to end.
STEP: `fail` fails before any program starts.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta

from dentalogic.embedded.programs import Program, Step
from dentalogic.embedded.run import supervise

READY = """
import http.server, os, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *words):
        pass
print("DATABASE_URL" in os.environ and "REDIS_URL" in os.environ, os.environ["OPENAI_BASE_URL"])
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY
CRASH = "import sys; sys.exit('this is why')"
SLEEP = "import time; time.sleep(600)"


def program(name: str, source: str, stage: int) -> Program:
    return Program(name, (sys.executable, "-c", source), stage, timedelta(seconds=0.5))


def choose(_environ: Mapping[str, str]) -> list[Program]:
    web = {"ready": READY, "crash": CRASH, "deaf": DEAF}[sys.argv[1]]
    return [program("web", web, 1), program("worker", SLEEP, 2)]


def main() -> int:
    code = 1 if "fail" in sys.argv[2:] else 0
    source = f"import sys; print('step says no'); sys.exit({code})"
    return supervise(
        watch_parent="--watch-parent" in sys.argv,
        steps=[Step("setup-database", "schema", (sys.executable, "-c", source))],
        choose=choose,
    )


if __name__ == "__main__":
    sys.exit(main())
