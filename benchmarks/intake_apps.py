"""What the intake is measured against, and the intake without the rest of the web."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

SECRET = os.environ.get("WHATSAPP_APP_SECRET", "").split(",")[0].encode()


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and check its signature: what no server can do without."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    given = dict(scope["headers"]).get(b"x-hub-signature-256", b"")
    digest = b"sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    status = 200 if hmac.compare_digest(digest, given) else 401
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


_ready = False


async def intake(scope: Any, receive: Any, send: Any) -> None:
    """Serve the webhook without the rest of the web."""
    global _ready  # noqa: PLW0603  # one process, set up once
    if not _ready:
        import django

        django.setup()
        _ready = True
    from whatsapp.ingress import meta_webhook

    await meta_webhook(scope, receive, send)
