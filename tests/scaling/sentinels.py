"""A Redis master, its replica, and three Sentinels that watch them, as real processes."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import redis

from dentalogic.embedded import redis_server

MASTER = "clinicas"
PASSWORD = "una-clave-de-prueba"  # of servers that live for one test
DOWN_AFTER_MS = 300
# The library's own limit for a vote is minutes; nothing here takes longer than a second.
FAILOVER_MS = 2000


@dataclass
class Watched:
    """The running servers; `kill_master` is a power cut."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    servers: list[int] = field(default_factory=list)
    sentinels: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"sentinel://:{PASSWORD}@{hosts}/{MASTER}/0"

    def start(self) -> None:
        self.servers = [self._server(), self._server()]
        master, replica = self.servers
        with redis_at(master) as first, redis_at(replica) as second:
            self._wait(first.ping)
            self._wait(second.ping)
            second.replicaof("127.0.0.1", str(master))
            self._wait(lambda: second.info("replication")["master_link_status"] == "up")
        self.sentinels = [self._sentinel(master) for _ in range(3)]
        # A Sentinel that does not know the others and the replica yet can't replace the master.
        self._wait(lambda: all(map(self._complete, self.sentinels)))

    def kill_master(self) -> None:
        self.processes[0].kill()
        self.processes[0].wait()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def _complete(self, port: int) -> bool:
        with redis.Redis(port=port, socket_timeout=1) as asked:
            state = asked.sentinel_master(MASTER)
        return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1)

    def _server(self) -> int:
        port = free_port()
        self._run(
            port,
            [
                *(f"requirepass {PASSWORD}", f"masterauth {PASSWORD}"),
                *('save ""', "repl-diskless-sync yes", "repl-diskless-sync-delay 0"),
            ],
        )
        return port

    def _sentinel(self, master: int) -> int:
        port = free_port()
        self._run(
            port,
            [
                f"sentinel monitor {MASTER} 127.0.0.1 {master} 2",
                f"sentinel auth-pass {MASTER} {PASSWORD}",
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {MASTER} {FAILOVER_MS}",
            ],
            "--sentinel",
        )
        return port

    def _run(self, port: int, lines: list[str], *words: str) -> None:
        configuration = self.folder / f"{port}.conf"
        common = ["bind 127.0.0.1", f"port {port}", f'dir "{self.folder}"']
        configuration.write_text("\n".join([*common, *lines]) + "\n")
        with (self.folder / f"{port}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(redis_server.binary()), str(configuration), *words],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )

    def _wait(self, condition: Callable[[], object]) -> None:
        eventually(condition, seconds=20)


def redis_at(port: int) -> redis.Redis:
    return redis.Redis(port=port, password=PASSWORD, socket_timeout=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def eventually(condition: Callable[[], object], *, seconds: float) -> None:
    """Ask until it holds; a Redis that is away meanwhile is no answer."""
    until = monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (redis.RedisError, OSError) as error:
            last: object = error
        else:
            last = "it does not hold"
        if monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {last}")
        sleep(0.05)
