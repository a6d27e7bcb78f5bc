"""Reading request bodies: whatever cannot be kept or answered is refused here, once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

LARGEST_BODY = 1024 * 1024


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "El pedido es demasiado grande."
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """JSON of a bounded size and depth, whose strings are text (no lone surrogates)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {}).get("request")
        length = request.META.get("CONTENT_LENGTH") if request is not None else None
        if length and length.isdigit() and int(length) > LARGEST_BODY:
            raise TooLarge
        try:
            parsed = super().parse(stream, media_type, dict(parser_context or {}))
            json.dumps(parsed, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("El JSON es demasiado profundo.") from None
        except UnicodeEncodeError:
            raise ParseError("El JSON contiene texto que no es Unicode válido.") from None
        return parsed
