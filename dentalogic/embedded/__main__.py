"""python -m dentalogic.embedded env|start|stop|status"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from dentalogic.embedded import environment as environment_of
from dentalogic.embedded import load_dotenv, servers
from dentalogic.embedded.home import SetupError, default_home


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def env(home: Path, *, fast: bool) -> int:
    """Start what doesn't run and print the environment as shell lines."""
    servers.start(home, fast=fast)
    for name, value in environment_of(home).items():
        say(f"export {name}={shlex.quote(value)}")
    return 0


def start(home: Path, *, fast: bool) -> int:
    servers.start(home, fast=fast)
    return status(home, fast=fast)


def stop(home: Path, *, fast: bool) -> int:
    servers.stop(home)
    say(f"The servers of {home} are stopped.")
    return 0


def status(home: Path, *, fast: bool) -> int:
    """Print what runs; 1 when something is missing."""
    found = servers.running(home)
    for name, variable in (("postgres", "DATABASE_URL"), ("redis", "REDIS_URL")):
        server = found.get(name)
        if os.environ.get(variable):
            say(f"{name:9} given by {variable}")
        elif server is None:
            say(f"{name:9} not running")
        else:
            mode = ", not durable (tests)" if server.fast else ""
            say(f"{name:9} 127.0.0.1:{server.port}, pid {server.process.pid}{mode}")
    return 0 if servers.discover(home) else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dentalogic.embedded",
        description="The embedded PostgreSQL and Redis of DENTALOGIC_HOME.",
    )
    commands = {"env": env, "start": start, "stop": stop, "status": status}
    parser.add_argument(
        "command",
        choices=commands,
        help="env: start them and print `export` lines; start; stop; status (1 when not running)",
    )
    parser.add_argument("--home", type=Path, help="instead of DENTALOGIC_HOME")
    parser.add_argument(
        "--fast", action="store_true", help="for tests: not durable, the role may create databases"
    )
    given = parser.parse_args()
    load_dotenv()
    home = (given.home or default_home()).absolute()
    try:
        return commands[given.command](home, fast=given.fast)
    except SetupError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
