"""Start the services of compose.yaml from the last stage that `scripts.image` made, and look.

    python -m scripts.image_trial TO [--keep]          (as root)

Each runs as in its container: the image's root mounted read-only, a /tmp in memory, the numeric
user, no capabilities, no new privileges, as process number 1 of its own, in the environment that
deploy/new-secrets.sh, the Dockerfile and compose.yaml give it. PostgreSQL and Redis are the
embedded servers; the role is made by deploy/create-role.sh. Networks, limits and the other images
are not tried.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dentalogic.embedded import servers
from dentalogic.embedded.home import Home
from dentalogic.embedded.postgres import ADMIN, binary, password
from scripts import composed
from scripts.dockerfile import stages
from scripts.image import NAMESPACES, say
from scripts.tools import CHECKOUT

PUBLIC = "https://clinics.example.org"
UID = "10001"
MOUNTS = """
set -e
mount --bind "$ROOT" "$ROOT"; mount -o remount,bind,ro "$ROOT"
mount --rbind /dev "$ROOT/dev"; mount -t proc proc "$ROOT/proc"
mount -t tmpfs tmpfs "$ROOT/tmp"; chmod 1777 "$ROOT/tmp"
mount --bind "$VOLUME" "$ROOT/var/lib/dentalogic"
exec chroot "$ROOT" setpriv --reuid=$ID --regid=$ID --clear-groups --no-new-privs --inh-caps=-all \
    --bounding-set=-all env -i --chdir=/app "$@"
"""


class Container:
    """One service of compose.yaml, started the way its container would be."""

    def __init__(self, name: str, root: Path, place: Path, env: Mapping[str, str]) -> None:
        self.name, self.log = name, place / f"{name}.log"
        self._env = {
            **os.environ,
            "ROOT": str(root),
            "VOLUME": str(place / "home"),
            "ID": UID,
        }
        self._pairs = [f"{key}={value}" for key, value in env.items()]
        self._process: subprocess.Popen[bytes] | None = None
        self.began = time.monotonic()

    def start(self, command: list[str]) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*NAMESPACES, "sh", "-c", MOUNTS, "sh", *self._pairs, *command],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.began = time.monotonic()

    def wait(self, seconds: float = 120) -> int:
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    @property
    def pid(self) -> int:
        """Return the number of the container's first process, as this machine counts."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    def check(self, command: list[str]) -> int:
        """Run a health check inside, as an engine does."""
        words = [
            "nsenter",
            "--target",
            str(self.pid),
            "--mount",
            "--pid",
            f"--root=/proc/{self.pid}/root",
        ]
        done = subprocess.run(
            [
                *words,
                *("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"),
                *("env", "-i", "--chdir=/app", *self._pairs),
                *command,
            ],
            check=False,
            capture_output=True,
        )
        return done.returncode

    def facts(self) -> dict[str, str]:
        """Return who it is and what it may, as the kernel says."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        pairs = (line.partition(":") for line in lines)
        wanted = {"Uid", "Gid", "CapEff", "CapBnd", "NoNewPrivs", "VmRSS"}
        return {key: " ".join(value.split()) for key, _, value in pairs if key in wanted}

    def stop(self) -> tuple[int, float]:
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(), time.monotonic() - began

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_database(place: Path) -> dict[str, str]:
    """Start the servers; secrets and role come from the committed scripts."""
    folder = place / "production"
    subprocess.run(
        ["sh", "deploy/new-secrets.sh", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, "PUBLIC_URL": PUBLIC},
        check=True,
    )
    home = Home.open(place / "servers")
    endpoints = servers.start_servers(home.root, fast=True, bound=True)
    database, redis = urlsplit(endpoints.database_url), endpoints.redis_url
    role = "trial"
    subprocess.run(
        ["sh", "deploy/create-role.sh"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            **composed.env_file(folder / "postgres.env"),
            "PATH": f"{binary('psql').parent}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(database.port),
            "PGPASSWORD": password(home, ADMIN),
            "POSTGRES_USER": ADMIN,
            "DENTALOGIC_ROLE": role,
        },
        check=True,
    )
    env = composed.env_file(folder / "dentalogic.env")
    given = urlsplit(env["DATABASE_URL"])
    env["DATABASE_URL"] = f"postgresql://{role}:{given.password}@127.0.0.1:{database.port}/{role}"
    env["REDIS_URL"] = redis
    return env


def until(what: str, ask: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)
    return answer


def fetch(port: int, path: str) -> bytes:
    """Return what the web answers with 200 under its public name; nothing for anything else."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": urlsplit(PUBLIC).netloc}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body
    except (OSError, urllib.error.URLError):
        return b""


def well(one: Container, check: list[str]) -> bool:
    return one.check(check) == 0


def readyz(port: int) -> dict[str, Any] | None:
    body = fetch(port, "/readyz")
    return json.loads(body) if body else None


def trial(root: Path, place: Path) -> None:
    env = {**stages()[-1].environment, **make_database(place)}
    (place / "home").mkdir()
    os.chown(place / "home", int(UID), int(UID))
    port = free_port()
    env["PORT"] = str(port)
    image_command = stages()[-1].last("CMD").argv
    running: dict[str, Container] = {}
    try:
        for name, service in composed.product_services().items():
            command = [
                str(port) if word == "8000" else word
                for word in service.get("command", image_command)
            ]
            own = {**env, **service.get("environment", {})}
            one = running[name] = Container(name, root, place, own)
            one.start(command)
            if service.get("restart") == "no":
                code = one.wait()
                say(f"{name}: ended with {code} in {time.monotonic() - one.began:.1f} s")
                if code:
                    raise SystemExit(one.log.read_text()[-3000:])
                del running[name]
        state = until("readyz", lambda: (one := readyz(port)) and one["status"] == "ok" and one)
        took = time.monotonic() - running["web"].began
        say(f"readyz 200 {json.dumps(state)}, {took:.1f} s after the web's start")
        for path in ("/login/", "/static/vendor/htmx.min.js", "/static/unfold/css/styles.css"):
            if not fetch(port, path):
                raise SystemExit(f"{path} is not served")
        for name, one in running.items():
            check = composed.health_check(name)
            until(f"{name}: healthy", partial(well, one, check))
            say(f"{name}: healthy; {one.facts()}")
        for name, one in running.items():
            code, took = one.stop()
            say(f"{name}: SIGTERM, ended with {code} in {took:.1f} s")
    except SystemExit:
        for one in running.values():
            say(f"--- {one.name}\n{one.log.read_text()[-2000:]}")
        raise
    finally:
        for one in running.values():
            one.kill()
        servers.stop(place / "servers")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts.image_trial", description="Try the made image.")
    parser.add_argument("to", type=Path, help="what scripts.image made")
    parser.add_argument("--keep", action="store_true", help="leave logs and data where they are")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("chroot needs root")
    place = given.to / "trial"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    place.chmod(0o755)
    trial((given.to / "image").resolve(), place)
    if not given.keep:
        shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
