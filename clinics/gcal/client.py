"""Google's own client, one service per thread: httplib2 under it is not thread-safe."""

from __future__ import annotations

import json
import threading
from functools import cache
from importlib import import_module
from time import monotonic
from typing import Any

from django.conf import settings

from dentalogic.core.errors import DomainError

SCOPES = ["https://www.googleapis.com/auth/calendar"]
IDLE_SECONDS = 2
_local = threading.local()


class CalendarNotConnected(DomainError):
    code = "calendar_not_connected"
    message = "La clínica no tiene credenciales de Google Calendar."


@cache
def _credentials_info(text: str) -> dict[str, Any]:
    try:
        info = json.loads(text)
    except ValueError:
        raise CalendarNotConnected from None
    if not isinstance(info, dict):
        raise CalendarNotConnected
    return info


def service(timeout: float) -> Any:
    """Return this thread's Calendar v3 service; requests give up after `timeout` seconds.

    Raises `CalendarNotConnected` when the deployment has no readable service account.
    """
    key = (settings.GOOGLE_CALENDAR_URL, settings.GOOGLE_CREDENTIALS_JSON)
    if not settings.GOOGLE_CREDENTIALS_JSON:
        raise CalendarNotConnected
    if getattr(_local, "key", None) != key:
        _local.service = _build(timeout)
        _local.key = key
    elif monotonic() - _local.used > IDLE_SECONDS:
        # The other side may have closed it meanwhile, and httplib2 would fail over that.
        _close(_local.service._http.http)
    _local.used = monotonic()
    _local.service._http.http.timeout = timeout  # the only place it can be set
    return _local.service


def _close(http: Any) -> None:
    for connection in http.connections.values():
        connection.close()
    http.connections.clear()


def _build(timeout: float) -> Any:
    # Heavy imports: only processes that talk to Google pay for them.
    google_auth_httplib2: Any = import_module("google_auth_httplib2")
    httplib2: Any = import_module("httplib2")
    service_account: Any = import_module("google.oauth2.service_account")
    from googleapiclient.discovery import build  # noqa: PLC0415

    credentials = service_account.Credentials.from_service_account_info(
        _credentials_info(settings.GOOGLE_CREDENTIALS_JSON), scopes=SCOPES
    )
    http = google_auth_httplib2.AuthorizedHttp(credentials, http=httplib2.Http(timeout=timeout))
    return build(
        "calendar",
        "v3",
        http=http,
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": f"{settings.GOOGLE_CALENDAR_URL}/calendar/v3/"},
    )


def calendar_errors() -> tuple[type[Exception], ...]:
    """Return what a call to Google may raise: its answers, its credentials, the network."""
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from googleapiclient.errors import Error  # noqa: PLC0415

    httplib2: Any = import_module("httplib2")
    # A truncated or foreign body surfaces as ValueError from the JSON reader.
    return (
        Error,
        GoogleAuthError,
        httplib2.HttpLib2Error,
        OSError,
        ValueError,
        CalendarNotConnected,
    )
