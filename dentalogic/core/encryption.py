"""A field whose value is readable with `FIELD_ENCRYPTION_KEY` only."""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import suppress
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"field:{key}".encode()).digest()))
            for key in keys
        ]
    )


def cipher() -> MultiFernet:
    """Return the cipher of the deployment. The first key encrypts, all of them decrypt."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class UnreadableValue(RuntimeError):
    """A stored value was encrypted with a key that this deployment does not have."""


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # no generic at run time
    """Text at rest under AES-CBC with HMAC (Fernet). Can't be searched, and says so."""

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        if value is None:
            return None
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            raise UnreadableValue(f"{self.model._meta.label}.{self.name}") from None

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is encrypted: only isnull can be asked of it")
        return super().get_lookup(lookup_name)


def _short_ciphers() -> list[AESGCM]:
    return [
        AESGCM(hashlib.sha256(f"short:{key}".encode()).digest())
        for key in settings.FIELD_ENCRYPTION_KEYS
    ]


def seal(secret: bytes) -> str:
    """Encrypt a few bytes (AES-GCM) for a column of somebody else's that is too short for Fernet.

    28 bytes longer than the secret, and a third more as text.
    """
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + _short_ciphers()[0].encrypt(nonce, secret, None)).decode()


def unseal(text: str) -> bytes:
    """Return what `seal` encrypted; raise `UnreadableValue` where no key of ours did."""
    for key in _short_ciphers():
        with suppress(InvalidTag, ValueError):
            sealed = base64.b64decode(text, validate=True)
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    raise UnreadableValue("a sealed secret")
