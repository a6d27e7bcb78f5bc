"""Media: upload, metadata, download."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import random
import struct
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.meta.errors import GraphError
from dentalogic.sandbox.wire import JSON, BadInput, bearer, read_multipart

BYTES_KEPT = 64 * 1024 * 1024
URLS_KEPT = 2000
URL_SECONDS = 300
VOICE = "audio/ogg; codecs=opus"


@dataclass(frozen=True, slots=True)
class Medium:
    """A stored file."""

    id: str
    mime_type: str
    data: bytes
    sha256: str
    filename: str = ""


class MediaStore:
    """Files in memory, the oldest leaving first."""

    def __init__(self) -> None:
        self.items: OrderedDict[str, Medium] = OrderedDict()
        self.urls: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._numbers = itertools.count(int(time.time() * 1000))
        self._bytes = 0

    def keep(self, data: bytes, mime_type: str, filename: str = "") -> Medium:
        """Store a file and return it."""
        if len(data) > 16 * 1024 * 1024:
            raise GraphError(131053, "The file is larger than 16 MB", status=413)
        sha = hashlib.sha256(data).hexdigest()
        medium = Medium(str(next(self._numbers)), mime_type, data, sha, filename)
        self.items[medium.id] = medium
        self._bytes += len(data)
        while self._bytes > BYTES_KEPT:
            _, gone = self.items.popitem(last=False)
            self._bytes -= len(gone.data)
        return medium

    def get(self, media_id: str) -> Medium:
        """Return a stored file or refuse as Graph does."""
        medium = self.items.get(media_id)
        if medium is None:
            raise GraphError(100, f"Media {media_id} does not exist", subcode=33)
        return medium

    def describe(self, medium: Medium, base_url: str) -> dict[str, Any]:
        """Return the metadata with a fresh address that is good for five minutes."""
        token = f"{random.getrandbits(96):024x}"
        self.urls[token] = (medium.id, time.monotonic() + URL_SECONDS)
        while len(self.urls) > URLS_KEPT:
            self.urls.popitem(last=False)
        return {
            "messaging_product": "whatsapp",
            "url": f"{base_url}graph/media/{token}",
            "mime_type": medium.mime_type.split(";")[0],
            "sha256": medium.sha256,
            "file_size": len(medium.data),
            "id": medium.id,
        }


async def upload(request: Request) -> Response:
    """Take a file: ``POST /{phone_number_id}/media``."""
    media: MediaStore = request.app.state.sandbox.media
    try:
        texts, files = await read_multipart(request)
    except BadInput as error:
        raise GraphError(100, str(error)) from None
    if texts.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if "file" not in files:
        raise GraphError(100, "The parameter file is required.")
    part = files["file"]
    kind = texts.get("type") or part.mime_type
    return JSON({"id": media.keep(part.data, kind, part.name).id})


async def download(request: Request) -> Response:
    """Serve the file of an address that is still good."""
    if not bearer(request):
        raise GraphError(190, status=401)
    media: MediaStore = request.app.state.sandbox.media
    media_id, until = media.urls.get(request.path_params["token"], ("", 0.0))
    if not media_id or time.monotonic() > until:
        return Response("URL signature expired", status_code=404, media_type="text/plain")
    medium = media.get(media_id)
    return Response(medium.data, media_type=medium.mime_type)


def decode_file(found: object, *, what: str) -> bytes:
    """Read the base64 of a file in one of our own requests."""
    if not isinstance(found, str):
        raise BadInput(f"{what} must be base64 text")
    try:
        return base64.b64decode(found, validate=True)
    except binascii.Error:
        raise BadInput(f"{what} is not base64") from None


def silent_voice_note(seconds: float = 2.0) -> bytes:
    """Return a real, silent Ogg Opus file; its serial number makes every one different."""
    serial = random.getrandbits(32)
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    count = max(1, min(int(seconds * 50), 250 * 50))
    pages = [_page([head], 2, 0, serial, 0), _page([tags], 0, 0, serial, 1)]
    done, number = 0, 2
    while done < count:
        size = min(200, count - done)
        done += size
        kind = 4 if done >= count else 0
        pages.append(_page([b"\xf8\xff\xfe"] * size, kind, done * 960, serial, number))
        number += 1
    return b"".join(pages)


def _page(packets: list[bytes], kind: int, granule: int, serial: int, number: int) -> bytes:
    head = struct.pack("<4sBBQIIIB", b"OggS", 0, kind, granule, serial, number, 0, len(packets))
    page = bytearray(head + bytes(len(one) for one in packets) + b"".join(packets))
    struct.pack_into("<I", page, 22, _crc(page))
    return bytes(page)


def _crc(page: bytes | bytearray) -> int:
    crc = 0
    for byte in page:
        crc = ((crc << 8) ^ _CRC[(crc >> 24) ^ byte]) & 0xFFFFFFFF
    return crc


def _crc_entry(index: int) -> int:
    value = index << 24
    for _ in range(8):
        value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
    return value & 0xFFFFFFFF


_CRC = [_crc_entry(index) for index in range(256)]
