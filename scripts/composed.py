"""Reading compose.yaml as an engine does: merged, with the image's own words where it says none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from scripts.dockerfile import stages
from scripts.tools import CHECKOUT

COMPOSE = CHECKOUT / "compose.yaml"


def read() -> dict[str, Any]:
    """Return the file with YAML's anchors and merges resolved."""
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return content


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read()["services"]
    return found


def product_services() -> dict[str, dict[str, Any]]:
    """Return the services that run our image; the one that the others wait for is first."""
    ours = {name: one for name, one in services().items() if "build" in one}
    return dict(sorted(ours.items(), key=lambda pair: pair[1].get("restart") != "no"))


def command(name: str) -> list[str]:
    """Return the words that a service runs: its own, or the image's."""
    words: list[str] = services()[name].get("command") or stages()[-1].last("CMD").argv
    return words


def health_check(name: str) -> list[str]:
    """Return the words of a service's health check, its own or the image's."""
    test = services()[name].get("healthcheck", {}).get("test")
    if test is None:
        test = ["CMD", *_words(stages()[-1].last("HEALTHCHECK").text)]
    assert test[0] == "CMD"
    return [str(word) for word in test[1:]]


def _words(text: str) -> list[str]:
    found: list[str] = yaml.safe_load(text.partition("CMD ")[2])
    return found


def env_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines; a value may stand in quotes."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, _, value in pairs}
