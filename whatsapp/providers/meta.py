"""Meta's Cloud API: sending text.

Error codes: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes (read 2026-11-22).
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from django.conf import settings

from clinics.tenancy.models import Line
from whatsapp.providers.outcomes import MaybeSent, NotSent, Refused

# Shorter than the sink's lease, so that nobody else takes the message while this waits.
TIMEOUT = httpx.Timeout(10, connect=3)
# A connection that the other side is about to close turns a sent message into a maybe sent one.
LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=2)

# Codes that go away by themselves: limits of rate, and the platform's own troubles. All others are
# for good: a wrong recipient (131026, 131030), a closed window (131047), a token (190), a bad
# parameter (100, 131008, 131009), an account that is locked or not allowed (10, 131031, 368).
PASSING = frozenset(
    {1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 133016}
)


@cache
def _client() -> httpx.Client:
    """Return the process's client. Proxies of the environment are not for vendors' secrets."""
    return httpx.Client(timeout=TIMEOUT, limits=LIMITS, trust_env=False)


def send_text(line: Line, *, to: str, text: str, reference: str) -> str:
    """Send a text and return Meta's id of it. `reference` comes back in every report about it."""
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        # A business-scoped id has a field of its own.
        ("to" if to.isdigit() else "recipient"): to,
        "type": "text",
        "text": {"body": text, "preview_url": False},
        "biz_opaque_callback_data": reference,
    }
    token = line.access_token or settings.WHATSAPP_ACCESS_TOKEN
    url = f"{settings.WHATSAPP_GRAPH_URL.rstrip('/')}/{line.external_id}/messages"
    try:
        answer = _client().post(url, json=body, headers={"Authorization": f"Bearer {token}"})
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        # Never left this machine: a token or an address that HTTP can't carry.
        httpx.LocalProtocolError,
        httpx.UnsupportedProtocol,
    ) as error:
        raise NotSent(type(error).__name__) from None
    except httpx.TransportError as error:
        raise MaybeSent(type(error).__name__) from None
    return _read(answer)


def _read(answer: httpx.Response) -> str:
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    if answer.is_success:
        match found:
            case {"messages": [{"id": str(provider_id)}, *_]} if provider_id:
                return provider_id
        raise MaybeSent("an answer that can't be read")
    match found:
        case {"error": {"code": int(code)}}:
            pass
        case _:
            code = answer.status_code
    if (
        answer.is_server_error
        or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        or code in PASSING
    ):
        raise NotSent(str(code), _retry_after(answer))
    raise Refused(code)


def _retry_after(answer: httpx.Response) -> timedelta | None:
    text = answer.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(text), 3600)) if text.isdecimal() else None
