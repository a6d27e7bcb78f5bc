"""The app: all routes, in one table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dentalogic.sandbox import clock, faults, pages
from dentalogic.sandbox.config import Config
from dentalogic.sandbox.google import calendars, channels, events, freebusy, token
from dentalogic.sandbox.google.errors import GoogleError, google_refusal
from dentalogic.sandbox.meta import control, graph, media, phone
from dentalogic.sandbox.meta.errors import GraphError, graph_refusal
from dentalogic.sandbox.openai import audio, chat, script
from dentalogic.sandbox.openai.chat import OpenAIError, openai_refusal
from dentalogic.sandbox.state import Sandbox
from dentalogic.sandbox.wire import JSON, BadInput, bad_input

STATIC = Path(__file__).parent / "pages" / "static"


async def healthz(_request: Request) -> Response:
    """Say that the process lives."""
    return JSON({"status": "ok", "sandbox": True})


def calendar_routes() -> list[BaseRoute]:
    """Return the routes of Calendar v3."""
    every = ["GET", "PATCH", "PUT", "DELETE"]
    return [
        Route("/users/me/calendarList", calendars.calendar_list),
        Route("/users/me/calendarList/{calendar}", calendars.calendar_list_entry),
        Route("/calendars", calendars.insert_calendar, methods=["POST"]),
        Route("/calendars/{calendar}", calendars.calendar_resource),
        Route("/calendars/{calendar}/events", events.collection, methods=["GET", "POST"]),
        Route("/calendars/{calendar}/events/watch", channels.watch, methods=["POST"]),
        Route("/calendars/{calendar}/events/{event}", events.single, methods=every),
        Route("/calendars/{calendar}/events/{event}/instances", events.instances_of),
        Route("/freeBusy", freebusy.query, methods=["POST"]),
        Route("/channels/stop", channels.stop, methods=["POST"]),
    ]


def meta_routes() -> list[BaseRoute]:
    """Return the Graph API, the phones and their levers."""
    version = "/graph/{version}"
    return [
        Route("/graph/media/{token}", media.download),
        Route(version + "/{phone_number_id}/messages", graph.post_message, methods=["POST"]),
        Route(version + "/{phone_number_id}/media", media.upload, methods=["POST"]),
        Route(version + "/{object_id}", graph.show_object),
        Route(version + "/{object_id}", graph.delete_object, methods=["DELETE"]),
        Route("/phone/messages", phone.send, methods=["POST"]),
        Route("/phone/messages", phone.history),
        Route("/phone/stream", phone.stream),
        Route("/phone/chats", phone.list_chats),
        Route("/phone/users/", phone.set_user, methods=["POST"]),
        Route("/phone/media/{media_id}", phone.phone_media),
        Route("/lines/", control.add_line, methods=["POST"]),
        Route("/lines/", control.list_lines),
        Route("/meta/inject", control.inject, methods=["POST"]),
        Route("/meta/failures", control.plan_failure, methods=["POST"]),
        Route("/meta/statuses", control.set_statuses, methods=["POST"]),
        Route("/meta/deliveries", control.deliveries),
    ]


def openai_routes() -> list[BaseRoute]:
    """Return the model's endpoints and its levers."""
    return [
        Route("/v1/chat/completions", chat.complete, methods=["POST"]),
        Route("/v1/models", chat.models),
        Route("/v1/audio/transcriptions", audio.transcribe, methods=["POST"]),
        Route("/openai/script", script.add_script, methods=["POST"]),
        Route("/openai/script", script.list_scripts),
        Route("/openai/script", script.clear_scripts, methods=["DELETE"]),
        Route("/openai/barrier", script.add_barrier, methods=["POST"]),
        Route("/openai/barrier", script.show_barrier),
        Route("/openai/barrier/release", script.release_barrier, methods=["POST"]),
        Route("/openai/requests", script.list_requests),
        Route("/openai/requests", script.clear_requests, methods=["DELETE"]),
        Route("/openai/transcripts", audio.register, methods=["POST"]),
    ]


def google_routes() -> list[BaseRoute]:
    """Return Google's endpoints and their levers."""
    return [
        Mount("/calendar/v3", routes=calendar_routes()),
        # The calendar page's own door: faults switched on for the product don't hit it.
        Mount("/google/page", routes=calendar_routes()),
        Route("/token", token.hand_out, methods=["POST"]),
        Route("/google/calendars/", calendars.add_calendar, methods=["POST"]),
        Route("/google/expire-sync-tokens/", calendars.expire_sync_tokens, methods=["POST"]),
        Route("/google/channels/", channels.list_channels),
        Route("/google/channels/mute/", channels.mute, methods=["POST"]),
    ]


def own_routes() -> list[BaseRoute]:
    """Return the pages and the levers that belong to no vendor."""
    return [
        Route("/healthz", healthz),
        Route("/faults/", faults.add_fault, methods=["POST"]),
        Route("/faults/", faults.list_faults),
        Route("/faults/", faults.clear_faults, methods=["DELETE"]),
        Route("/clock/", clock.set_clock, methods=["POST"]),
        Route("/clock/", clock.show_clock),
        Route("/", pages.phone_page),
        Route("/calendar/", pages.calendar_page),
        Route("/faults/page", pages.faults_page),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def build_app(config: Config) -> Starlette:
    """Build the app of one sandbox."""
    sandbox = Sandbox(config)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        saver = asyncio.create_task(sandbox.keep_saving())
        yield
        saver.cancel()
        await sandbox.webhooks.close()
        sandbox.save()

    # The vendors' hot paths first: routes are tried in order.
    routes = [*openai_routes(), *meta_routes(), *google_routes(), *own_routes()]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(faults.FaultMiddleware, faults=sandbox.faults)],
        exception_handlers={
            BadInput: bad_input,
            GraphError: graph_refusal,
            GoogleError: google_refusal,
            OpenAIError: openai_refusal,
        },
        lifespan=lifespan,
        max_body_size=40 * 1024 * 1024,
    )
    app.state.sandbox = sandbox
    return app
