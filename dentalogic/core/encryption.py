"""A field whose value is readable with `FIELD_ENCRYPTION_KEY` only."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


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
