"""The sandbox's own pages: the phone, the calendars, the faults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
)


def _page(request: Request, name: str, **values: Any) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    text = TEMPLATES.get_template(name).render(
        public_url=sandbox.config.public_url, page=name.removesuffix(".html"), **values
    )
    return HTMLResponse(text, headers=HEADERS)


async def phone_page(request: Request) -> Response:
    """Show the phone."""
    sandbox: Sandbox = request.app.state.sandbox
    lines = [line.public() for line in sandbox.chats.lines.values()]
    return _page(request, "phone.html", lines=lines)


async def calendar_page(request: Request) -> Response:
    """Show the calendars."""
    return _page(request, "calendar.html")


async def faults_page(request: Request) -> Response:
    """Show the faults."""
    return _page(request, "faults.html")
