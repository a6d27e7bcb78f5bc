"""The environment of the project's processes: what the user left open gets a value here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from dentalogic.embedded import secrets, servers
from dentalogic.embedded.home import CHECKOUT, Home, SetupError, read_json
from dentalogic.embedded.processes import Process

LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
DEFAULT_PORT, DEFAULT_SANDBOX_PORT = "8000", "8001"


def load_dotenv() -> None:
    """Fill the gaps of this process's environment from the checkout's `.env`, if there is one."""
    for name, value in dotenv_values(CHECKOUT / ".env").items():
        if value is not None:
            os.environ.setdefault(name, value)


def environment(home: Path) -> dict[str, str]:
    """Return defaults for what the environment doesn't say: secrets, addresses, the sandbox.

    For `os.environ.setdefault`: a variable that is set is never in the result, and the embedded
    servers' addresses only while they run. Starts nothing.
    """
    place = Home.open(home)
    given = os.environ
    running = supervisor(home)
    values = {"DENTALOGIC_HOME": str(place.root)}
    values["PORT"] = given.get("PORT") or str(running.get("port", DEFAULT_PORT))
    values["SANDBOX_PORT"] = given.get("SANDBOX_PORT") or str(
        running.get("sandbox_port", DEFAULT_SANDBOX_PORT)
    )
    endpoints = servers.discover(home)
    if endpoints is not None:
        values["DATABASE_URL"] = endpoints.database_url
        values["REDIS_URL"] = endpoints.redis_url
    values.update(secrets.ensure(place))
    values["SANDBOX"] = given.get("SANDBOX") or ("0" if real_credentials(given) else "1")
    if values["SANDBOX"] == "1":
        values.update(_sandbox(place, int(values["SANDBOX_PORT"]), int(values["PORT"])))
    return {name: value for name, value in values.items() if not given.get(name)}


def _sandbox(place: Home, sandbox_port: int, port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{sandbox_port}"
    return {
        "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/whatsapp/meta/",
        "WHATSAPP_GRAPH_URL": f"{base}/graph/v23.0",
        "WHATSAPP_ACCESS_TOKEN": f"{secrets.SANDBOX_PREFIX}graph",
        "YCLOUD_API_URL": f"{base}/ycloud/v2",
        "GOOGLE_CALENDAR_URL": base,
        "GOOGLE_CREDENTIALS_JSON": secrets.google_service_account(place, token_uri=f"{base}/token"),
        "OPENAI_API_KEY": f"{secrets.SANDBOX_PREFIX}key-{place.root.name.strip('.')}",
        "OPENAI_BASE_URL": f"{base}/v1",
        "OPENAI_MODEL": "scripted-receptionist",
        "OPENAI_TRANSCRIPTION_MODEL": "sandbox-transcription",
    }


def real_credentials(given: Mapping[str, str]) -> list[str]:
    """Return the variables that hold a vendor's own credential, by which the sandbox is refused."""
    found = []
    for name, address in (
        ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_GRAPH_URL"),
        ("YCLOUD_API_KEY", "YCLOUD_API_URL"),
    ):
        local = urlsplit(given.get(address, "")).hostname in LOOPBACK_NAMES
        if given.get(name) and not given[name].startswith(secrets.SANDBOX_PREFIX) and not local:
            found.append(name)
    account = given.get("GOOGLE_CREDENTIALS_JSON", "")
    if account:
        try:
            token_uri = str(json.loads(account)["token_uri"])
        except (ValueError, KeyError, TypeError) as broken:
            raise SetupError(
                "GOOGLE_CREDENTIALS_JSON is not the JSON of a service account (no token_uri)"
            ) from broken
        if urlsplit(token_uri).hostname not in LOOPBACK_NAMES:
            found.append("GOOGLE_CREDENTIALS_JSON")
    return found


def supervisor(home: Path) -> dict[str, int]:
    """Return pid and ports of the `make run` that uses this home now; empty when there is none."""
    noted = read_json(Home.at(home).run_file)
    try:
        numbers = {key: int(noted[key]) for key in ("pid", "started", "port", "sandbox_port")}
    except (KeyError, TypeError, ValueError):
        return {}
    return numbers if Process(numbers["pid"], numbers["started"]).alive else {}
