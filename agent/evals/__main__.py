"""`make eval`: play a folder of scenarios over the real road and say how many pass, by family.

Starts servers, web, worker, dispatcher and sandbox of its own; nobody's data is looked at. The
model is the sandbox's scripted receptionist unless OPENAI_BASE_URL names another one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import yaml
from django.core.management import call_command

from agent.evals.road import DISPATCHER, WEB, WORKER, NotStarted, Road
from agent.evals.scenarios import FOLDER, read_folder
from dentalogic.embedded import SetupError, environment, load_dotenv, start, stop
from dentalogic.sandbox.client import SandboxProcess, free_port

# The phone and the calendars are the sandbox's, whatever this machine's `.env` says.
VENDORS = (
    "WHATSAPP_GRAPH_URL",
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_APP_SECRET",
    "GOOGLE_CALENDAR_URL",
    "GOOGLE_CREDENTIALS_JSON",
)
# Short, so that a worker that a scenario kills is followed soon.
LEASES = {
    "AGENT_TURN_SECONDS": "20",
    "WHATSAPP_TURN_LEASE_SECONDS": "22",
    "OUTBOX_LEASE_AGENT_SECONDS": "25",
    "OUTBOX_LEASE_SECONDS": "15",
}


def main() -> int:
    given = _arguments()
    load_dotenv()
    try:
        scenarios = read_folder(given.scenarios)
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.stderr.write(f"eval: {error}\n")
        return 2
    if not scenarios:
        sys.stderr.write(f"eval: no scenarios in {given.scenarios}\n")
        return 2
    if given.triage is not None:
        sys.stderr.write("eval: there is no triage to measure yet\n")
        return 2
    real_model = bool(os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY"))
    try:
        with _ground() as (road, sandbox):
            # It needs Django set up.
            from agent.evals.running import play_all, report  # noqa: PLC0415

            results = play_all(
                scenarios, road, sandbox, times=given.k or (None if real_model else 1)
            )
    except (SetupError, NotStarted) as refusal:
        sys.stderr.write(f"eval: {refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    told = report(results)
    if given.json is not None:
        given.json.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return 0 if told["ok"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent.evals", description="Play scenarios and score how they end."
    )
    parser.add_argument("--scenarios", type=Path, default=FOLDER, help="folder of YAML files")
    parser.add_argument("--triage", type=Path, help="file of the triage set")
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("-k", type=int, help="plays of each scenario (1, with a real model its k)")
    return parser.parse_args()


@contextmanager
def _ground() -> Iterator[tuple[Road, SandboxProcess]]:
    """Start everything a play needs, and set Django up on it."""
    with tempfile.TemporaryDirectory(prefix="dentalogic-eval-") as folder:
        home = Path(folder)
        for name in VENDORS:
            os.environ.pop(name, None)
        endpoints = start(home, fast=True)
        try:
            os.environ |= LEASES | {
                "DENTALOGIC_HOME": folder,
                "DATABASE_URL": endpoints.database_url,
                "REDIS_URL": endpoints.redis_url,
                "SANDBOX": "1",
                "SANDBOX_PORT": str(free_port()),
                "LOG_LEVEL": "ERROR",
                "DJANGO_SETTINGS_MODULE": "dentalogic.settings",
            }
            os.environ |= environment(home)
            django.setup()
            call_command("setup_database", verbosity=0)
            with (
                SandboxProcess(
                    webhook_url="http://127.0.0.1:9/",
                    app_secret=os.environ["WHATSAPP_APP_SECRET"],
                    port=int(os.environ["SANDBOX_PORT"]),
                ) as sandbox,
                Road(os.environ, home) as road,
            ):
                road.start(WORKER, DISPATCHER, WEB)
                yield road, sandbox
        finally:
            stop(home)


if __name__ == "__main__":
    sys.exit(main())
