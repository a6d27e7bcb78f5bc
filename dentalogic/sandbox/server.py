"""Run the app under uvicorn, with a protocol that lets a fault hang up."""

from __future__ import annotations

from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dentalogic.sandbox.app import build_app
from dentalogic.sandbox.config import Config
from dentalogic.sandbox.state import Sandbox


class DroppingProtocol(HttpToolsProtocol):
    """Hand the transport to the app: ASGI itself knows no way to close without an answer."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class EndingServer(uvicorn.Server):
    """End the streams of the phone pages first: they would stay open for ever."""

    def __init__(self, config: uvicorn.Config, sandbox: Sandbox) -> None:
        super().__init__(config)
        self.sandbox = sandbox

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the end."""
        self.sandbox.chats.end_streams()
        super().handle_exit(sig, frame)


def serve(config: Config) -> None:
    """Serve until a signal comes."""
    app = build_app(config)
    settings = uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        http=DroppingProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    EndingServer(settings, app.state.sandbox).run()
