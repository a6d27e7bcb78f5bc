"""Refuse to run next to real vendors: it would mean that somebody mixed two environments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
VENDORS = (
    "openai.com",
    "facebook.com",
    "whatsapp.com",
    "googleapis.com",
    "google.com",
    "ycloud.com",
)
SECRET_PREFIXES = {
    "OPENAI_API_KEY": "sk-",
    "OPENAI_FALLBACK_API_KEY": "sk-",
    "WHATSAPP_ACCESS_TOKEN": "EAA",
    "GOOGLE_OAUTH_CLIENT_SECRET": "GOCSPX-",
}
ADDRESSES = (
    "OPENAI_BASE_URL",
    "OPENAI_FALLBACK_BASE_URL",
    "WHATSAPP_GRAPH_URL",
    "YCLOUD_API_URL",
    "GOOGLE_CALENDAR_URL",
)


class Refused(Exception):
    """The sandbox must not run in this environment."""


def is_vendor(address: str) -> bool:
    """Say whether the address belongs to one of the real vendors."""
    host = urlsplit(address).hostname or ""
    return any(host == vendor or host.endswith("." + vendor) for vendor in VENDORS)


def refuse_real_vendors(environment: Mapping[str, str]) -> None:
    """Raise `Refused`, naming the variable and never its value."""
    if environment.get("SANDBOX", "").strip().lower() not in {"1", "true", "yes"}:
        raise Refused("SANDBOX=1 is needed to start the vendor sandbox")
    for name, prefix in SECRET_PREFIXES.items():
        if environment.get(name, "").strip().startswith(prefix):
            raise Refused(f"{name} holds a real credential; unset it or don't start the sandbox")
    for name in ADDRESSES:
        if is_vendor(environment.get(name, "").strip()):
            raise Refused(f"{name} points at a real vendor; unset it or don't start the sandbox")
    _refuse_real_google(environment.get("GOOGLE_CREDENTIALS_JSON", "").strip())


def _refuse_real_google(text: str) -> None:
    if not text:
        return
    try:
        account = json.loads(text)
    except ValueError:
        raise Refused("GOOGLE_CREDENTIALS_JSON is not JSON") from None
    token_uri = str(account.get("token_uri", "")) if isinstance(account, dict) else ""
    # Without a token_uri the client library would go to Google.
    if urlsplit(token_uri).hostname not in LOOPBACK:
        raise Refused("GOOGLE_CREDENTIALS_JSON has a token_uri that is not loopback")
