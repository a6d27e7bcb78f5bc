"""A real PgBouncer between a test and its database."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from dentalogic.embedded.postgres import account
from scripts import debian

wrapper: Any = connection
START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Bouncer:
    """A running pooler, and the address of this worker's database behind it."""

    port: int

    def address(self) -> dict[str, Any]:
        settings = wrapper.settings_dict
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
        return {**{ours: settings[name] for ours, name in names.items()}, "port": self.port}

    def connect(self) -> psycopg.Connection[Any]:
        """Connect past the application. Prepared statements would meet those of others."""
        return psycopg.connect(**self.address(), autocommit=True, prepare_threshold=None)

    def url(self) -> str:
        given = self.address()
        who = f"{given['user']}:{given['password']}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{given['dbname']}"


@contextmanager
def bouncer(
    folder: Path, mode: str, *, servers: int = 4, reset: str = "DISCARD ALL"
) -> Iterator[Bouncer]:
    """Start PgBouncer in a pool mode, on a port of its own, for this worker's database."""
    found = debian.find("pgbouncer")
    settings = wrapper.settings_dict
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    written = folder / f"{mode}-{port}.ini"
    written.write_text(
        "[databases]\n"
        f"* = host={settings['HOST']} port={settings['PORT']} user={settings['USER']}"
        f" password={settings['PASSWORD']}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {servers}\n"
        f"server_reset_query = {reset}\nmax_client_conn = 200\n"
    )
    log = written.with_suffix(".log")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            account().command(found.program("pgbouncer"), written),
            env={**os.environ, **found.environment},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        started = Bouncer(port)
        try:
            _wait(started, process, log)
            yield started
        finally:
            process.terminate()
            process.wait(timeout=15)


def _wait(started: Bouncer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(**started.address(), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"PgBouncer did not come up:\n{log.read_text()[-2000:]}")


@contextmanager
def through(pooler: Bouncer, declared: str) -> Iterator[None]:
    """Lead the application's connections through the pooler; straight again afterwards."""
    settings = wrapper.settings_dict
    before = settings["HOST"], settings["PORT"], settings["POOLER"]
    _drop_connections()
    settings["HOST"], settings["PORT"], settings["POOLER"] = "127.0.0.1", pooler.port, declared
    try:
        yield
    finally:
        _drop_connections()
        settings["HOST"], settings["PORT"], settings["POOLER"] = before


def _drop_connections() -> None:
    connection.close()
    wrapper.close_pool()
