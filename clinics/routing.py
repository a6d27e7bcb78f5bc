"""Sockets of the staff pages."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from django.urls import path

from clinics.consumers import EventsConsumer

websocket_urlpatterns: list[Any] = [
    path("ws/events/", AuthMiddlewareStack(EventsConsumer.as_asgi()))  # type: ignore[arg-type]
]
