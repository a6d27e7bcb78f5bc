"""The language of an answer of the API: what the reader asks for, of those that we have."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def reader_language(request: HttpRequest) -> str:
    """Return the language of `Accept-Language`; our pages, which are Spanish, get Spanish.

    A browser names its own language with every request of a page, whatever the page speaks.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES and "Authorization" not in request.headers:
        return settings.LANGUAGE_CODE
    for asked, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if asked == "*":
            break
        try:
            return get_supported_language_variant(asked)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
