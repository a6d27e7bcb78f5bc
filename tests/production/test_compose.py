"""compose.yaml: what the specification's own schema says of it, and our rules."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from importlib import resources
from importlib.util import find_spec
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from dentalogic.core.health import queues
from scripts import composed
from scripts.dockerfile import stages
from scripts.tools import CHECKOUT
from tests.production.conftest import Secrets

PRODUCT = composed.product_services()
# Read by what stands around the product, and not by its settings.
AROUND = {
    "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX",
    "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "DENTALOGIC_DATABASE_PASSWORD", "REDISCLI_AUTH",
}  # fmt: skip


def seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60}[unit]


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def settings_variables() -> set[str]:
    """Return every variable that the settings read, by their text."""
    found = set()
    tree = ast.parse((CHECKOUT / "dentalogic" / "settings.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id.startswith("env_") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def schema() -> dict[str, Any]:
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    content: dict[str, Any] = json.loads((folder / "compose-spec.json").read_text())
    return content


def test_it_is_a_compose_file_by_the_specification() -> None:
    jsonschema.validate(composed.read(), schema())


@pytest.mark.parametrize("wrong", ["restarts: always", "ports: 8000", "deploy: {limits: {}}"])
def test_the_schema_would_notice(wrong: str) -> None:
    content = composed.read()
    content["services"]["web"] |= yaml.safe_load(wrong)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema())


def test_every_queue_is_heard_by_exactly_one_worker() -> None:
    heard: Counter[str] = Counter()
    for name in PRODUCT:
        words = composed.command(name)
        if "celery" in words:
            assert words[:5] == ["python", "-m", "celery", "-A", "dentalogic"]
            heard.update(option(words, "-Q").split(","))
    assert heard == Counter(queues())


@pytest.mark.parametrize("name", PRODUCT)
def test_every_command_exists(name: str) -> None:
    words = composed.command(name)
    assert words[0] == "python"
    if words[1] == "-m":
        assert find_spec(f"{words[2]}.__main__")
    else:
        assert (words[1], words[2] in get_commands()) == ("manage.py", True)


def test_who_waits_for_whom() -> None:
    for name, service in PRODUCT.items():
        waits = {one: how["condition"] for one, how in service["depends_on"].items()}
        assert waits.pop("postgres") == "service_healthy"
        if name != "evolve":
            assert waits == {
                "redis": "service_healthy",
                "evolve": "service_completed_successfully",
            }
    once = composed.services()["evolve"]
    assert once["restart"] == "no"
    assert once["command"] == ["python", "manage.py", "setup_database"]


def test_nothing_is_published_but_the_web_on_loopback() -> None:
    published = {name: one["ports"] for name, one in composed.services().items() if "ports" in one}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    for name in ("postgres", "redis"):
        assert composed.services()[name]["networks"] == ["inside"]
    assert composed.read()["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", composed.services())
def test_every_service_has_its_limits_and_its_end(name: str) -> None:
    service = composed.services()[name]
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert seconds(service["stop_grace_period"]) >= 10
    assert service["restart"] == ("no" if name == "evolve" else "unless-stopped")
    assert service["logging"]["options"]["max-size"]
    check = service.get("healthcheck", {})
    if name == "evolve":  # it ends
        assert check == {"disable": True}
    elif name != "web":  # which has the image's own
        assert check["test"]


@pytest.mark.parametrize("name", PRODUCT)
def test_the_product_can_change_nothing_around_it(name: str) -> None:
    service = PRODUCT[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert "user" not in service  # the image's own, which is not root
    assert "privileged" not in service


def test_a_stop_waits_longer_than_the_work_it_waits_for() -> None:
    """Killed later than what is under way may take: what each setting says of itself."""
    web = composed.command("web")
    grace = {name: seconds(one["stop_grace_period"]) for name, one in PRODUCT.items()}
    assert grace["web"] > int(option(web, "--timeout-graceful-shutdown")) + 5
    assert grace["worker-agent"] > settings.AGENT_TURN_SECONDS + 5
    for name in ("worker-live", "worker-whatsapp", "worker-rest"):
        assert grace[name] > settings.OUTBOX_LEASE_SECONDS


def test_connections_fit_into_the_server(made: Secrets) -> None:
    """The pools of one of each, the intake's four, and as much again for a rolling start."""
    pools = [
        int(one.get("environment", {}).get("DATABASE_POOL_SIZE", 16)) for one in PRODUCT.values()
    ]
    words = composed.services()["postgres"]["command"]
    most = next(int(word.partition("=")[2]) for word in words if word.startswith("max_connections"))
    assert (sum(pools) + 4) * 2 < most


def test_each_worker_has_a_connection_for_each_thread() -> None:
    for name, service in PRODUCT.items():
        words = composed.command(name)
        if "celery" in words:
            pool = int(service["environment"]["DATABASE_POOL_SIZE"])
            assert pool > int(option(words, "-c")), name


def test_every_variable_is_one_that_somebody_reads(made: Secrets) -> None:
    named = set(stages()[-1].environment)
    for service in composed.services().values():
        named |= set(service.get("environment", {}))
    for file in made.folder.iterdir():
        named |= set(composed.env_file(file))
    assert named - AROUND - settings_variables() == set()


def test_every_env_file_is_one_that_is_made(made: Secrets) -> None:
    wanted = {
        one["path"] for service in composed.services().values() for one in service["env_file"]
    }
    assert wanted == {f"production/{file.name}" for file in made.folder.iterdir()}
    # The vendors' databases know nothing of each other's secrets.
    for name in ("postgres", "redis"):
        paths = [one["path"] for one in composed.services()[name]["env_file"]]
        assert paths == [f"production/{name}.env"]


def test_no_secret_and_no_sandbox_is_written_down() -> None:
    for path in (composed.COMPOSE, *(CHECKOUT / "deploy").iterdir()):
        text = path.read_text()
        assert not re.search(r"(PASSWORD|SECRET|TOKEN|_KEY|AUTH)[\"']?[=:] ?[\"']?\w", text), path
        assert "SANDBOX" not in text
        assert "DEBUG" not in text
    assert "/production/" in (CHECKOUT / ".gitignore").read_text().split()
    for service in composed.services().values():
        for image in (service["image"],):
            assert ":" in image
            assert "latest" not in image
