"""Redis's master dies: every client of ours goes on with the next one, without a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.core.exceptions import ImproperlyConfigured
from redis import RedisError

from dentalogic.core import bell
from dentalogic.core.redis_address import NotAnAddress, RedisAddress
from dentalogic.env import env_redis
from tests.scaling.sentinels import MASTER, Watched, eventually
from whatsapp.seen import Seen


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    servers = Watched(tmp_path)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


async def _heard(layer: RedisPubSubChannelLayer, text: str) -> bool:
    """Say something to the group of the test and hear it again."""
    await layer.group_send("clinic", {"type": "said", "text": text})
    try:
        async with asyncio.timeout(0.5):
            while (await layer.receive(layer.heard_by))["text"] != text:
                continue
    except TimeoutError:
        return False
    return True


def test_every_client_follows_the_master(watched: Watched, settings: Any) -> None:
    address = RedisAddress.parse(watched.url)
    settings.REDIS_URL = watched.url
    bell.client.cache_clear()
    cache = RedisCache([watched.url], {"OPTIONS": caches.settings["default"]["OPTIONS"]})
    broker = Celery(broker=address.broker_url(), broker_transport_options=address.broker_options())
    layer: Any = RedisPubSubChannelLayer(hosts=[address.channel_host()], prefix="t")
    seen = Seen()

    def queued(text: str) -> bool:
        with broker.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
            queue = connection.SimpleQueue("agent")
            queue.put(text)
            message = queue.get(timeout=1)
            message.ack()
            return bool(message.payload == text)

    async def story() -> None:
        layer.heard_by = await layer.new_channel()
        await layer.group_add("clinic", layer.heard_by)
        cache.set("k", "before")
        bell.ring()
        await seen.remember(["wamid.1"])
        assert await _heard(layer, "before")
        assert await asyncio.to_thread(queued, "before")
        assert bell.wait(1)
        old = _master(address)

        watched.kill_master()

        await asyncio.to_thread(eventually, lambda: _master(address) != old, seconds=20)
        # What was written before the master died is there: the replica had it.
        await asyncio.to_thread(eventually, lambda: cache.get("k") == "before", seconds=10)
        async with asyncio.timeout(15):
            while not await _safely(_heard(layer, "after")):
                continue
            while not await _remembers(seen):
                continue
        await asyncio.to_thread(eventually, lambda: queued("after"), seconds=15)
        await asyncio.to_thread(eventually, _rings, seconds=10)
        await seen.close()
        # The layer closes its connections, and leaves those to the Sentinels to the library.
        for shard in layer._get_layer()._shards:
            await shard._redis.connection_pool.sentinel_manager.aclose()
        await layer.flush()

    try:
        asyncio.run(story())
    finally:
        bell.client().close()
        bell.client.cache_clear()
        cache.close()
        broker.close()


async def _remembers(seen: Seen) -> bool:
    """Whether what was noted before the master died is known; the pause is its own after a miss."""
    known = await seen.known(["wamid.1"])
    await asyncio.sleep(0 if known else 0.05)
    return known == {"wamid.1"}


def _rings() -> bool:
    bell.ring()
    return bell.wait(0.5)


async def _safely(heard: Any) -> bool:
    try:
        return bool(await heard)
    except (RedisError, OSError):
        return False


def _master(address: RedisAddress) -> tuple[str, int]:
    pool: Any = address.pool()
    with closing(pool):
        found: tuple[str, int] = pool.sentinel_manager.discover_master(MASTER)
    return found


@pytest.mark.parametrize(
    ("text", "master", "sentinels", "database"),
    [
        ("redis://:p@h:6379/0", "", (), 0),
        ("rediss://h", "", (), 0),
        ("sentinel://a/m", "m", (("a", 26379),), 0),
        ("sentinel://:p%40q@a:1,b:2,[::1]:3/m/4", "m", (("a", 1), ("b", 2), ("::1", 3)), 4),
    ],
)
def test_addresses(
    text: str, master: str, sentinels: tuple[tuple[str, int], ...], database: int
) -> None:
    read = RedisAddress.parse(text)
    assert (read.master, read.sentinels, read.database) == (master, sentinels, database)


def test_each_library_gets_its_own_form() -> None:
    read = RedisAddress.parse("sentinel://:p%40q@a:1,b:2/m/4?sentinel_password=s")
    assert read.password == "p@q"
    assert read.broker_url() == "sentinel://:p%40q@a:1/4;sentinel://:p%40q@b:2/4"
    assert read.broker_options()["master_name"] == "m"
    assert read.broker_options()["sentinel_kwargs"]["password"] == "s"
    host = read.channel_host()
    assert isinstance(host, dict)
    assert (host["master_name"], host["password"], host["db"]) == ("m", "p@q", 4)
    plain = RedisAddress.parse("redis://:p@h:6379/0")
    assert plain.channel_host() == plain.broker_url() == "redis://:p@h:6379/0"
    assert plain.broker_options() == {}


@pytest.mark.parametrize(
    "text",
    ["h:6379", "http://:hush@h", "redis://", "sentinel://:hush@a:1", "sentinel:///m",
     "sentinel://:hush@a:x/m", "sentinel://:hush@a/m/x"],
)  # fmt: skip
def test_no_address(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotAnAddress):
        RedisAddress.parse(text)
    monkeypatch.setenv("REDIS_URL", text)
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL: ") as refused:
        env_redis("REDIS_URL")
    assert "hush" not in str(refused.value)


def test_several_hosts_share_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNEL_REDIS_URLS", "redis://a:1/0 sentinel://b:2/m")
    hosts = [one.channel_host() for one in env_redis("CHANNEL_REDIS_URLS", "redis://c")]
    assert hosts[0] == "redis://a:1/0"
    layer: Any = RedisPubSubChannelLayer(hosts=hosts, prefix="t")

    async def shards() -> set[int]:
        inner = layer._get_layer()
        groups = [f"events.{number}" for number in range(40)]
        return {inner._shards.index(inner._get_shard(group)) for group in groups}

    assert asyncio.run(shards()) == {0, 1}
