"""Start, find and stop the pair of servers that belongs to one DENTALOGIC_HOME."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dentalogic.embedded import postgres, redis_server, secrets
from dentalogic.embedded.home import Home, SetupError, read_json, write_private
from dentalogic.embedded.processes import Process

LOCK_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Say where the servers are. The admin address is for setting up, never for the product."""

    database_url: str
    admin_database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Server:
    """Remember one running server; `owner` is the process that it ends with, if there is one."""

    process: Process
    port: int
    fast: bool
    owner: Process | None

    @classmethod
    def read(cls, noted: Mapping[str, Any]) -> Server | None:
        """Return the noted server while it runs, whoever its owner is."""
        try:
            process = Process(**noted["process"])
            owner = Process(**noted["owner"]) if noted["owner"] else None
            server = cls(process, int(noted["port"]), bool(noted["fast"]), owner)
        except (KeyError, TypeError, ValueError):
            return None
        return server if process.alive else None

    @property
    def abandoned(self) -> bool:
        """Tell whether its owner died: then it is on its way down."""
        return self.owner is not None and not self.owner.alive


def start(home: Path, *, fast: bool = False) -> Endpoints:
    """Start what does not run yet and return the addresses; the servers stay when we end.

    DATABASE_URL and REDIS_URL in the environment each replace a server, which then isn't started.
    `fast` is for tests: no durability, and the role may create databases.
    """
    return start_servers(home, fast=fast, bound=False)


def start_servers(path: Path, *, fast: bool, bound: bool) -> Endpoints:
    """Do what `start` does; `bound` servers end with this process, however it ends."""
    home = Home.open(path)
    busy = f"Another process is starting or stopping the servers of {home.root}; it takes too long"
    with home.lock("servers", timeout=LOCK_TIMEOUT, busy=busy):
        if not os.environ.get("DATABASE_URL"):
            _start_postgres(home, fast=fast, bound=bound)
        if not os.environ.get("REDIS_URL"):
            _start_redis(home, bound=bound)
    endpoints = discover(path)
    if endpoints is None:
        raise SetupError(f"The servers of {home.root} ended right after their start")
    return endpoints


def _start_postgres(home: Home, *, fast: bool, bound: bool) -> None:
    noted = _noted(home, "postgres")
    running = Server.read(noted)
    # A server that forgets on a power cut must not serve who expects it to remember.
    if running is not None and not running.abandoned and (fast or not running.fast):
        if fast and not running.fast:
            # A durable server serves tests too; what they lack is leave to create databases.
            postgres.provision(home, port=running.port, fast=True)
        return
    stranger = postgres.orphan(home)
    if stranger is not None and not stranger.end(postgres.FAST_SHUTDOWN):
        raise SetupError(f"A PostgreSQL left over on {home.root} (pid {stranger.pid}) won't end")
    if not (home.postgres_data / "PG_VERSION").exists():
        # Before there is data: a key that is lost later must be missed, not made anew.
        secrets.ensure(home)
    postgres.initialise(home, fast=fast)
    process, port = postgres.launch(home, remembered_port=noted.get("port"), fast=fast, bound=bound)
    postgres.provision(home, port=port, fast=fast)
    _note(home, "postgres", Server(process, port, fast, _owner(bound=bound)))


def _start_redis(home: Home, *, bound: bool) -> None:
    noted = _noted(home, "redis")
    running = Server.read(noted)
    if running is not None and not running.abandoned:
        return
    stranger = redis_server.orphan(home) or (running.process if running else None)
    if stranger is not None and not stranger.end(redis_server.SHUTDOWN):
        raise SetupError(f"A Redis left over on {home.root} (pid {stranger.pid}) won't end")
    process, port = redis_server.launch(home, remembered_port=noted.get("port"), bound=bound)
    _note(home, "redis", Server(process, port, fast=False, owner=_owner(bound=bound)))


def _owner(*, bound: bool) -> Process | None:
    return Process.find(os.getpid()) if bound else None


def stop(home: Path, *, only_own: bool = False) -> None:
    """Stop the servers of this home, also those left over; data stays. Nothing runs: no error.

    `only_own` leaves servers alone that this process does not own.
    """
    place = Home.at(home)
    if not place.root.is_dir():
        return
    busy = f"Another process is starting or stopping the servers of {place.root}"
    me = Process.find(os.getpid())
    with place.lock("servers", timeout=LOCK_TIMEOUT, busy=busy):
        for name, orphan, steps in (
            ("redis", redis_server.orphan, redis_server.SHUTDOWN),
            ("postgres", postgres.orphan, postgres.FAST_SHUTDOWN),
        ):
            server = Server.read(_noted(place, name))
            if only_own and (server is None or server.owner != me):
                continue
            process = server.process if server else orphan(place)
            if process is not None and not process.end(steps):
                raise SetupError(f"{name} of {place.root} (pid {process.pid}) won't end")


def discover(home: Path) -> Endpoints | None:
    """Return the addresses while both servers can be had, else None. Starts nothing.

    An address given by the environment counts as there; nobody is asked.
    """
    place = Home.at(home)
    database_url = os.environ.get("DATABASE_URL", "")
    admin_database_url = os.environ.get("ADMIN_DATABASE_URL", "") or database_url
    redis_url = os.environ.get("REDIS_URL", "")
    if not database_url:
        server = Server.read(_noted(place, "postgres"))
        if server is None:
            return None
        database_url = postgres.url(
            place, port=server.port, role=postgres.OWNER, database=postgres.DATABASE
        )
        admin_database_url = postgres.url(
            place, port=server.port, role=postgres.ADMIN, database="postgres"
        )
    if not redis_url:
        server = Server.read(_noted(place, "redis"))
        if server is None:
            return None
        redis_url = redis_server.url(place, port=server.port)
    return Endpoints(database_url, admin_database_url, redis_url)


def running(home: Path) -> dict[str, Server]:
    """Return the embedded servers of this home that run now, by name."""
    place = Home.at(home)
    found = {name: Server.read(_noted(place, name)) for name in ("postgres", "redis")}
    return {name: server for name, server in found.items() if server is not None}


def _noted(home: Home, name: str) -> dict[str, Any]:
    noted = read_json(home.servers_file).get(name)
    return noted if isinstance(noted, dict) else {}


def _note(home: Home, name: str, server: Server) -> None:
    everything = {**read_json(home.servers_file), name: asdict(server)}
    write_private(home.servers_file, json.dumps(everything, indent=2) + "\n")
