"""Typed readers for the process environment: a wrong value is one clear line, and no start."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from dentalogic.core.redis_address import NotAnAddress, RedisAddress

# Values that stand in tutorials and example files; whoever deploys one has no secret at all.
KNOWN_EXAMPLES = (
    "changeme",
    "change-me",
    "secret",
    "insecure",
    "example",
    "password",
    "0123456789",
)
SECRET_MIN_BYTES = 32
SECRET_MIN_DISTINCT = 12


def env_str(name: str, default: str | None = None) -> str:
    """Return the variable, or `default`; a missing or empty variable without default is fatal."""
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def env_bool(name: str, *, default: bool) -> bool:
    """Accept exactly `1` and `0`, so that a typo such as `ture` is never read as false."""
    match os.environ.get(name) or str(int(default)):
        case "1":
            return True
        case "0":
            return False
        case other:
            raise ImproperlyConfigured(f"{name}={other!r}: use 1 or 0")


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Accept one of a few words."""
    value = os.environ.get(name) or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: use {' or '.join(choices)}")
    return value


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    """Read a whole number inside `[minimum, maximum]`."""
    return int(env_float(name, default, minimum=minimum, maximum=maximum, whole=True))


def env_float(
    name: str, default: float, *, minimum: float, maximum: float, whole: bool = False
) -> float:
    """Read a number inside `[minimum, maximum]`."""
    text = os.environ.get(name) or str(default)
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise ImproperlyConfigured(f"{name}={text!r} is not {kind}") from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"{name}={text!r} is not between {minimum} and {maximum}")
    return value


def env_list(name: str, default: str) -> list[str]:
    """Read a comma-separated list, blanks dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_secret(name: str) -> str:
    """Return a secret of at least 32 bytes that is no known example and no repeated pattern."""
    value = env_str(name)
    check_secret(name, value)
    return value


def check_secret(name: str, value: str) -> None:
    """Refuse a weak secret; the message names the variable and never the value."""
    if len(value.encode()) < SECRET_MIN_BYTES:
        raise ImproperlyConfigured(f"{name} is too short: at least {SECRET_MIN_BYTES} bytes")
    lowered = value.lower()
    if len(set(value)) < SECRET_MIN_DISTINCT or any(word in lowered for word in KNOWN_EXAMPLES):
        raise ImproperlyConfigured(f"{name} is weak or a known example: generate a random one")


def check_order(**values: float) -> None:
    """Refuse numbers that don't grow from one variable to the next."""
    names = list(values)
    for lower, higher in pairwise(names):
        if values[lower] >= values[higher]:
            raise ImproperlyConfigured(
                f"{lower}={values[lower]:g} is not less than {higher}={values[higher]:g}"
            )


def require_settings() -> None:
    """Read the settings now: a wrong value is one line, and the end of the process."""
    from django.conf import settings  # noqa: PLC0415  # they import this module

    try:
        settings.SECRET_KEY  # noqa: B018  # the first one that is asked for reads them all
    except ImproperlyConfigured as error:
        sys.exit(f"dentalogic: {error}")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The parts of `postgresql://user:password@host:port/name`."""

    name: str
    user: str
    password: str
    host: str
    port: int

    def as_django(self) -> Mapping[str, str]:
        return {
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port),
        }


def env_database(name: str) -> DatabaseUrl:
    """Read a PostgreSQL address."""
    text = env_str(name)
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address") from None
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} is not postgresql://user:password@host:port/name")
    return DatabaseUrl(
        name=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=parts.hostname or "localhost",
        port=port,
    )


def env_redis(name: str, default: str | None = None) -> list[RedisAddress]:
    """Read one Redis or several: addresses separated by blanks."""
    try:
        return [RedisAddress.parse(text) for text in env_str(name, default).split()]
    except NotAnAddress as error:
        # The address may hold a password: the message says what is wrong, not what it reads.
        raise ImproperlyConfigured(f"{name}: {error}") from None


@dataclass(frozen=True, slots=True)
class MailUrl:
    """The parts of `smtp://user:password@host:port`; `smtps` is TLS from the first byte."""

    backend: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    ssl: bool = False


def env_mail(name: str, text: str) -> MailUrl:
    """Read where mail goes: `console://`, `smtp://`, `smtp+tls://` or `smtps://`."""
    backends = "django.core.mail.backends"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address") from None
    if parts.scheme == "console":
        return MailUrl(f"{backends}.console.EmailBackend")
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ImproperlyConfigured(f"{name} is not smtp[+tls]://user:password@host:port")
    return MailUrl(
        backend=f"{backends}.smtp.EmailBackend",
        host=parts.hostname,
        port=port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+tls",
        ssl=parts.scheme == "smtps",
    )
