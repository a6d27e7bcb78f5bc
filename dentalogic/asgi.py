"""The web process: provider webhooks on a lean road, sockets to Channels, the rest to Django."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dentalogic.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application

from dentalogic.env import require_settings

require_settings()
# WhiteNoise wants the folder, also where the finders serve everything.
settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
django_application: Any = get_asgi_application()

from asgiref.sync import sync_to_async
from channels.routing import URLRouter

from clinics.routing import websocket_urlpatterns
from dentalogic.core.backend.pooler import UnsafePooler
from dentalogic.core.backend.starting import refuse_unsafe_pooler
from whatsapp.ingress import close_ingress, meta_webhook, open_ingress

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]

META_WEBHOOK = "/webhooks/whatsapp/meta/"

sockets: Any = URLRouter(websocket_urlpatterns)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection. Webhooks skip Django: verify, keep, acknowledge is all they need."""
    match scope["type"]:
        case "http" if scope["path"] == META_WEBHOOK:
            await meta_webhook(scope, receive, send)
        case "http":
            await django_application(scope, receive, send)
        case "websocket":
            await sockets(scope, receive, send)
        case "lifespan":
            await lifespan(receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    """Make the intake ready; on the way out let the intake write what it has accepted."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await sync_to_async(refuse_unsafe_pooler)()
            except UnsafePooler as error:
                await send({"type": "lifespan.startup.failed", "message": f"dentalogic: {error}"})
                return
            await open_ingress()
            await send({"type": "lifespan.startup.complete"})
        else:
            await close_ingress()
            await send({"type": "lifespan.shutdown.complete"})
            return
