"""The secrets of one DENTALOGIC_HOME: made once, kept private, never made anew in silence."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping

from dentalogic.embedded.home import Home, SetupError, write_private

MINIMUM_LENGTH = 32
# What the sandbox is given begins with this, so that nobody takes it for a vendor's own.
SANDBOX_PREFIX = "sandbox-"
HEADER = (
    "# Made by the first start. Keep it with the data: without it, encrypted fields are lost.\n"
)


def _token() -> str:
    return secrets.token_urlsafe(48)


def _encryption_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _sandbox_token() -> str:
    return SANDBOX_PREFIX + _token()


GENERATED: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": _token,
    "JWT_SIGNING_KEY": _token,
    "INTERNAL_API_TOKEN": _token,
    "FIELD_ENCRYPTION_KEY": _encryption_key,
    "WHATSAPP_APP_SECRET": _token,
    "WHATSAPP_VERIFY_TOKEN": _token,
    "YCLOUD_API_KEY": _sandbox_token,
    "YCLOUD_WEBHOOK_SECRET": _token,
}


def ensure(home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the secrets of the file, adding those that neither it nor the environment has.

    What is there is never replaced: a weak value is an error that names it, and so is a missing
    encryption key once there is data that it may have encrypted.
    """
    busy = f"Another process is writing {home.secrets_file}; it takes too long"
    with home.lock("secrets", timeout=30, busy=busy):
        kept = _read(home)
        _refuse_weak(home, kept)
        missing = [name for name in GENERATED if name not in kept and not environ.get(name)]
        if "FIELD_ENCRYPTION_KEY" in missing and (home.postgres_data / "PG_VERSION").exists():
            raise SetupError(
                f"FIELD_ENCRYPTION_KEY is missing from {home.secrets_file}, but the database is "
                "there and may need it: put the file back, set the variable, or begin with "
                "another DENTALOGIC_HOME"
            )
        if missing:
            kept.update({name: GENERATED[name]() for name in missing})
            lines = [f"{name}={value}\n" for name, value in kept.items()]
            write_private(home.secrets_file, HEADER + "".join(lines))
    return kept


def _read(home: Home) -> dict[str, str]:
    try:
        lines = home.secrets_file.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as refusal:
        raise SetupError(f"{home.secrets_file} can't be read ({refusal.strerror})") from refusal
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _refuse_weak(home: Home, kept: Mapping[str, str]) -> None:
    for name in GENERATED:
        if name in kept and len(kept[name]) < MINIMUM_LENGTH:
            raise SetupError(
                f"{name} in {home.secrets_file} is shorter than {MINIMUM_LENGTH} characters: "
                "put a strong value there, or take the line out to have one made"
            )


def google_service_account(home: Home, *, token_uri: str) -> str:
    """Return a service account for the sandbox's Google, with a key made here on the first call."""
    path = home.root / "google-sandbox-key.pem"
    with home.lock("secrets", timeout=30, busy=f"Another process is writing {path}"):
        if not path.exists():
            write_private(path, _rsa_key())
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox",
            "private_key": path.read_text(),
            "client_email": "dentalogic@sandbox.iam.gserviceaccount.com",
            "client_id": "sandbox",
            "token_uri": token_uri,
        }
    )


def _rsa_key() -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- first start only
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
