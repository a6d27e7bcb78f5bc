"""Files over REST: uploads of a bounded size in, downloads out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from dentalogic.core.parsers import TooLarge

# What a form takes beside its file: the other fields and the boundaries.
_FORM = 64 * 1024


class BoundedMultiPartParser(MultiPartParser):
    """Forms with a file, refused by their length before they are read."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {}).get("request")
        length = request.META.get("CONTENT_LENGTH") if request is not None else None
        most = settings.RECORD_ATTACHMENT_MAX_BYTES + _FORM
        if length and length.isdigit() and int(length) > most:
            raise TooLarge
        return super().parse(stream, media_type, dict(parser_context or {}))


class AnyAccepted:
    """For views that answer with one thing: an `Accept` that names something else gets it too."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        parent: Any = super()
        return parent.perform_content_negotiation(request, force=True)


def download(body: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Answer a file to be saved: never shown inline, never sniffed, never kept by a cache."""
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response
