"""A PostgreSQL 15 of our own: the oldest version that a clinic may live on."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from dentalogic.embedded.postgres import (
    EXTENSIONS,
    FAST_SETTINGS,
    FAST_SHUTDOWN,
    NOBODY,
    SETTINGS,
    account,
)
from dentalogic.embedded.processes import LOOPBACK, Process, choose_port, spawn, wait_until
from scripts import debian

PATIENCE = 60.0


@contextmanager
def postgres_15() -> Iterator[psycopg.Connection]:
    """Start the server in a folder of its own and connect as a role that is no superuser."""
    programs = debian.find("postgresql-15")
    env = {**os.environ, **programs.environment, "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory(prefix="dentalogic-pg15-") as name:
        folder = Path(name)
        (folder / "password").write_text(password := secrets.token_urlsafe(16))
        if account().changes_user:
            for path in (folder, folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        initdb: list[str | Path] = [
            programs.bin / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "--no-sync",
        ]
        initdb += ["-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256"]
        subprocess.run(
            account().command(*initdb, f"--pwfile={folder / 'password'}"),
            env=env,
            check=True,
            capture_output=True,
        )
        port = choose_port(None)
        settings = {**SETTINGS, **FAST_SETTINGS, "port": str(port)}
        words: list[str | Path] = [programs.bin / "postgres", "-D", folder / "data"]
        words += [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        pid = spawn(account().leashed(*words), log=folder / "log", env=env)
        server = Process.find(pid)
        assert server is not None
        status = folder / "data" / "postmaster.pid"
        try:
            ready = wait_until(lambda: status.exists() and "ready" in status.read_text(), PATIENCE)
            assert ready, (folder / "log").read_text()
            address: dict[str, Any] = {"host": LOOPBACK, "port": port}
            with psycopg.connect(
                **address, user="postgres", password=password, dbname="postgres", autocommit=True
            ) as admin:
                admin.execute(f"CREATE ROLE owner LOGIN PASSWORD '{password}'")
                admin.execute("CREATE DATABASE clinics OWNER owner")
            with psycopg.connect(
                **address, user="postgres", password=password, dbname="clinics", autocommit=True
            ) as admin:
                admin.execute(
                    "CREATE SCHEMA extensions; GRANT USAGE ON SCHEMA extensions TO PUBLIC"
                )
                for extension in EXTENSIONS:
                    admin.execute(f"CREATE EXTENSION {extension} SCHEMA extensions")
            with psycopg.connect(
                **address, user="owner", password=password, dbname="clinics", autocommit=True
            ) as connection:
                yield connection
        finally:
            server.end(FAST_SHUTDOWN)
