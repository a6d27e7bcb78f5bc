"""The chain of a patient's entries: what is hashed, and how the end of it is sealed. No queries.

The hash of an entry is SHA-256 over the canonical JSON of all its columns but the hash itself:
keys sorted, no spaces, UTF-8, moments in UTC with microseconds, ids as lower-case text. It covers
`previous_hash`, and so all entries before. Attachments are covered by their digests in `content`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from clinics.models import ClinicalRecord, RecordHead

# Part of what is hashed: another form of the JSON is another version.
VERSION = 1
LEFT_OUT = frozenset({"hash"})


def canonical(entry: ClinicalRecord, *, position: int | None = None) -> bytes:
    """Return the bytes that are hashed; with `position`, as if the entry stood there."""
    values: dict[str, Any] = {
        field.attname: _plain(getattr(entry, field.attname))
        for field in ClinicalRecord._meta.concrete_fields
        if field.attname not in LEFT_OUT
    }
    if position is not None:
        values["position"] = position
    whole = {"version": VERSION, **values}
    return json.dumps(
        whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def entry_hash(entry: ClinicalRecord, *, position: int | None = None) -> str:
    return hashlib.sha256(canonical(entry, position=position)).hexdigest()


def seal_of(head: RecordHead) -> str:
    """Seal a head with the key that encrypts; the database never sees it."""
    return _seals(head)[0]


def is_sealed(head: RecordHead) -> bool:
    """Whether one of the deployment's keys made the seal."""
    return any(hmac.compare_digest(seal, head.seal) for seal in _seals(head))


def _seals(head: RecordHead) -> list[str]:
    text = f"{head.tenant_id}:{head.patient_id}:{head.entries}:{head.last_hash}".encode()
    return [
        hmac.new(f"record-head:{key}".encode(), text, hashlib.sha256).hexdigest()
        for key in settings.FIELD_ENCRYPTION_KEYS
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
