"""Where Redis is: one server, or a master that Sentinel names, as each client library wants it.

`redis://:password@host:port/0` (`rediss://` for TLS), or
`sentinel://:password@host1:26379,host2:26379,host3:26379/mymaster/0`. The password is Redis's;
`?sentinel_password=` is the Sentinels' own, where they have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

SENTINEL_PORT = 26379
# A Sentinel or a master that is gone is noticed after this, not after the kernel's two minutes.
CONNECT_SECONDS = 1.0


class NotAnAddress(ValueError):
    """The text is neither `redis://` nor `sentinel://`; the message never repeats it."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """One Redis. With `master`, whichever server the Sentinels call by that name now."""

    url: str
    master: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()
    password: str | None = None
    sentinel_password: str | None = None
    database: int = 0

    @classmethod
    def parse(cls, text: str) -> RedisAddress:
        """Read an address. Raises `NotAnAddress`."""
        try:
            parts = urlsplit(text)
        except ValueError:
            raise NotAnAddress("not an address") from None
        if parts.scheme in {"redis", "rediss"}:
            if not parts.hostname:
                raise NotAnAddress("not redis://[:password@]host[:port][/0]")
            return cls(text)
        if parts.scheme != "sentinel":
            raise NotAnAddress("neither redis:// nor sentinel://")
        account, _, hosts = parts.netloc.rpartition("@")
        master, _, database = parts.path.strip("/").partition("/")
        sentinels = tuple(_host(host) for host in hosts.split(",") if host)
        if not sentinels or not master or not (database or "0").isdigit():
            raise NotAnAddress("not sentinel://[:password@]host[:port],host[:port]/master[/0]")
        own = parse_qs(parts.query).get("sentinel_password", [None])[0]
        password = unquote(account.partition(":")[2]) or None
        return cls(text, master, sentinels, password, own, int(database or 0))

    def client(self, **options: Any) -> redis.Redis:
        """Return a client for short calls; `options` are the library's."""
        if not self.master:
            return redis.Redis.from_url(self.url, **options)
        return redis.Redis.from_pool(self.pool(**options))

    def async_client(self, **options: Any) -> redis.asyncio.Redis:
        if not self.master:
            return redis.asyncio.Redis.from_url(self.url, **options)
        manager = redis.asyncio.sentinel.Sentinel(
            self.sentinels, sentinel_kwargs=self._asking(options)
        )
        return redis.asyncio.Redis.from_pool(
            _AsyncSentinelPool(self.master, manager, **self._account(), **options)  # type: ignore[no-untyped-call]  # redis-py
        )

    def pool(self, **options: Any) -> redis.ConnectionPool:
        if not self.master:
            return redis.ConnectionPool.from_url(self.url, **options)
        manager = redis.sentinel.Sentinel(self.sentinels, sentinel_kwargs=self._asking(options))
        made: redis.ConnectionPool = _SentinelPool(  # type: ignore[no-untyped-call]  # redis-py
            self.master, manager, **self._account(), **options
        )
        return made

    def channel_host(self) -> str | dict[str, Any]:
        """Return the entry of `hosts` in the channel layer's settings."""
        if not self.master:
            return self.url
        return {
            "master_name": self.master,
            "sentinels": list(self.sentinels),
            "sentinel_kwargs": self._asking({}),
            "socket_connect_timeout": CONNECT_SECONDS,
            **self._account(),
        }

    def broker_url(self) -> str:
        """Return Celery's address; `broker_options` belong to it."""
        if not self.master:
            return self.url
        account = f":{quote(self.password, safe='')}@" if self.password else ""
        return ";".join(
            f"sentinel://{account}{host}:{port}/{self.database}" for host, port in self.sentinels
        )

    def broker_options(self) -> dict[str, Any]:
        if not self.master:
            return {}
        return {"master_name": self.master, "sentinel_kwargs": self._asking({})}

    def _account(self) -> dict[str, Any]:
        return {"password": self.password, "db": self.database}

    def _asking(self, options: dict[str, Any]) -> dict[str, Any]:
        """How the Sentinels are asked: as impatiently as the server itself."""
        patience = options.get("socket_connect_timeout") or CONNECT_SECONDS
        asking: dict[str, Any] = {"socket_connect_timeout": patience, "socket_timeout": patience}
        if self.sentinel_password:
            asking["password"] = self.sentinel_password
        return asking


class CachePool:
    """Django's cache makes its pool by `from_url` of a class; Sentinel needs more than a URL."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        address = RedisAddress.parse(url)
        if address.master:
            # SentinelConnectionPool passes it on to a parser of its own choice.
            options.pop("parser_class", None)
        return address.pool(**options)


class _SentinelPool(redis.sentinel.SentinelConnectionPool):
    """The library's pool, that also closes what it asked the Sentinels on."""

    def disconnect(self, inuse_connections: bool = True) -> None:
        super().disconnect(inuse_connections)
        self.sentinel_manager.close()


class _AsyncSentinelPool(redis.asyncio.sentinel.SentinelConnectionPool):
    async def disconnect(self, inuse_connections: bool = True) -> None:
        await super().disconnect(inuse_connections)
        await self.sentinel_manager.aclose()


def _host(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        if not parts.hostname:
            raise ValueError
        return parts.hostname, parts.port or SENTINEL_PORT
    except ValueError:
        raise NotAnAddress("a Sentinel is not host[:port]") from None
