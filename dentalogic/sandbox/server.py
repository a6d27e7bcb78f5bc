"""Run the app under uvicorn, with a protocol that lets a fault hang up."""

from __future__ import annotations

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dentalogic.sandbox.app import build_app
from dentalogic.sandbox.config import Config


class DroppingProtocol(HttpToolsProtocol):
    """Hand the transport to the app: ASGI itself knows no way to close without an answer."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


def serve(config: Config) -> None:
    """Serve until a signal comes."""
    uvicorn.run(
        build_app(config),
        host=config.host,
        port=config.port,
        http=DroppingProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        # The phone pages hold their streams open for ever.
        timeout_graceful_shutdown=1,
    )
