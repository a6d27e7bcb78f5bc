"""Files of clinical records: kept below the clinic's media folder, under names nobody can guess.

The type is what the bytes say, never what the name or the browser says.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings

from clinics.services.records.errors import AttachmentRefused, AttachmentTooLarge
from dentalogic.core.errors import Invalid
from dentalogic.core.tenancy import current_scope

FOLDER = "records"
LONGEST_NAME = 120
_HEAD = 132
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class KeptFile:
    """A file in the store. It stays only if `referred` is set: its row was committed."""

    name: str
    content_type: str
    size: int
    sha256: str
    stored_as: str
    referred: bool = False


@contextmanager
def kept_file(stream: IO[bytes], name: str) -> Iterator[KeptFile]:
    """Write an upload to the store for the transaction in the block.

    Before the row, so that no row is ever without its file; removed when the block fails or ends
    without `referred`. A process killed in between leaves a file that no row names, and nothing
    else. Refuses what is empty, too large, or of no type that is kept.
    """
    head = stream.read(_HEAD)
    content_type = type_of(head)
    stored_as = f"{FOLDER}/{secrets.token_hex(1)}/{secrets.token_urlsafe(32)}"
    path = path_of(stored_as)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        size, digest = _write(path, head, stream)
        kept = KeptFile(
            name=safe_name(name, content_type),
            content_type=content_type,
            size=size,
            sha256=digest,
            stored_as=stored_as,
        )
        yield kept
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not kept.referred:
        path.unlink(missing_ok=True)


def path_of(stored_as: str) -> Path:
    """Return where a file of the clinic in scope is."""
    return Path(settings.MEDIA_ROOT) / current_scope().schema / PurePosixPath(stored_as)


def digest_of(path: Path) -> tuple[int, str] | None:
    """Return size and SHA-256 of a file, None where there is none."""
    digest, size = hashlib.sha256(), 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        return size, digest.hexdigest()
    return None


def type_of(head: bytes) -> str:
    """Return the media type by the first bytes, or refuse."""
    if not head:
        raise Invalid({"file": ["El archivo está vacío."]})
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[128:132] == b"DICM":
        return "application/dicom"
    raise AttachmentRefused


EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/dicom": ".dcm",
}


def safe_name(name: str, content_type: str) -> str:
    """Return a name to offer at a download: no folders, no control signs, the right extension."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    stem = PurePosixPath(plain).stem.strip(" .") or "archivo"
    extension = EXTENSIONS[content_type]
    return stem[: LONGEST_NAME - len(extension)] + extension


def _write(path: Path, head: bytes, stream: IO[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        chunk = head
        while chunk:
            size += len(chunk)
            if size > settings.RECORD_ATTACHMENT_MAX_BYTES:
                raise AttachmentTooLarge(limit=settings.RECORD_ATTACHMENT_MAX_BYTES)
            digest.update(chunk)
            file.write(chunk)
            chunk = stream.read(_CHUNK)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size, digest.hexdigest()
