"""What the sandbox reads from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_LINE = {
    "phone_number_id": "100000000000001",
    "display_phone_number": "+5491150001234",
    "name": "Clínica Dental Sonrisas",
}

# The calendars of the demo clinic's professionals.
DEFAULT_CALENDARS = [
    {"id": "ruiz@sonrisas.example", "summary": "Dra. María Elena Ruiz"},
    {"id": "gomez@sonrisas.example", "summary": "Dr. Julián Gómez Peña"},
]


class WrongConfiguration(Exception):
    """A variable can't be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one sandbox process."""

    host: str = "127.0.0.1"
    port: int = 8001
    public_url: str = "http://127.0.0.1:8000"
    webhook_url: str = "http://127.0.0.1:8000/webhooks/whatsapp/meta/"
    app_secret: str = "sandbox"  # noqa: S105 - fits nothing but a sandbox
    retry_seconds: float = 0.5
    retry_limit: int = 6
    status_seconds: float = 0.15
    state_file: Path | None = None
    lines: list[dict[str, Any]] = field(default_factory=lambda: [dict(DEFAULT_LINE)])
    calendars: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, host: str, port: int | None
    ) -> Config:
        """Read the variables; raise `WrongConfiguration` for the first unreadable one."""
        web_port = _whole(environment, "PORT", 8000)
        public_url = environment.get("PUBLIC_URL", "") or f"http://127.0.0.1:{web_port}"
        home = environment.get("DENTALOGIC_HOME", "").strip()
        default_state = str(Path(home) / "sandbox.json") if home else ""
        state = environment.get("SANDBOX_STATE", default_state).strip()
        secrets = [part.strip() for part in environment.get("WHATSAPP_APP_SECRET", "").split(",")]
        return cls(
            host=host,
            port=_whole(environment, "SANDBOX_PORT", 8001) if port is None else port,
            public_url=public_url.rstrip("/"),
            webhook_url=environment.get("SANDBOX_WEBHOOK_URL", "")
            or f"http://127.0.0.1:{web_port}/webhooks/whatsapp/meta/",
            app_secret=secrets[0] or "sandbox",
            retry_seconds=_number(environment, "SANDBOX_RETRY_SECONDS", 0.5),
            retry_limit=_whole(environment, "SANDBOX_RETRY_LIMIT", 6),
            status_seconds=_number(environment, "SANDBOX_STATUS_SECONDS", 0.15),
            state_file=Path(state) if state else None,
            lines=_objects(environment, "SANDBOX_LINES") or [dict(DEFAULT_LINE)],
            calendars=_objects(environment, "SANDBOX_CALENDARS")
            or [dict(calendar) for calendar in DEFAULT_CALENDARS],
        )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        raise WrongConfiguration(f"{name} is not a number") from None
    if value < 0:
        raise WrongConfiguration(f"{name} is negative")
    return value


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    return int(_number(environment, name, default))


def _objects(environment: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    text = environment.get(name, "").strip()
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        raise WrongConfiguration(f"{name} is not JSON") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise WrongConfiguration(f"{name} is not a list of objects")
    return found
