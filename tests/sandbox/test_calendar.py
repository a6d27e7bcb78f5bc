"""Google Calendar v3, spoken by google-api-python-client with a service account made here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import google_auth_httplib2
import httplib2
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from dentalogic.sandbox.client import SandboxProcess
from tests.sandbox.conftest import Received, Receiver

ZONE = "America/Argentina/Buenos_Aires"
MONDAY = "2026-11-23"


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def google(sandbox: SandboxProcess, private_key: str) -> Iterator[Any]:
    account = {
        "type": "service_account",
        "project_id": "sandbox",
        "private_key_id": "k",
        "private_key": private_key,
        "client_email": "sandbox@sandbox.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": sandbox.token_url,
    }
    scopes = ["https://www.googleapis.com/auth/calendar"]
    credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        account, scopes=scopes
    )
    http = google_auth_httplib2.AuthorizedHttp(credentials, http=httplib2.Http(timeout=10))
    with build(
        "calendar",
        "v3",
        http=http,
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": sandbox.calendar_url},
    ) as service:
        yield service


@pytest.fixture
def calendar(sandbox: SandboxProcess, patient: str) -> str:
    """A calendar of the test's own."""
    name = f"dra.ruiz.{patient}@example.com"
    sandbox.calendar(name, "Dra. Ruiz")
    return name


def at(hour: str, day: str = MONDAY) -> dict[str, str]:
    return {"dateTime": f"{day}T{hour}:00-03:00", "timeZone": ZONE}


def timed(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"summary": "Ocupado", "start": at(start), "end": at(end)} | more


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        call()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


def test_insert_get_patch_update_delete(google: Any, calendar: str) -> None:
    events = google.events()
    body = timed("10:00", "10:30", id="appt0001", extendedProperties={"private": {"a": "1"}})
    made = events.insert(calendarId=calendar, body=body).execute()
    assert (made["id"], made["status"]) == ("appt0001", "confirmed")
    got = events.get(calendarId=calendar, eventId="appt0001").execute()
    assert got["extendedProperties"] == {"private": {"a": "1"}}
    patch = {"summary": "Movido", "extendedProperties": {"private": {"b": "2"}}}
    patched = events.patch(calendarId=calendar, eventId="appt0001", body=patch).execute()
    assert patched["extendedProperties"] == {"private": {"a": "1", "b": "2"}}
    assert patched["etag"] != made["etag"]
    assert patched["sequence"] == 0
    body = timed("11:00", "11:30")
    updated = events.update(calendarId=calendar, eventId="appt0001", body=body).execute()
    assert "extendedProperties" not in updated
    assert updated["sequence"] == 1
    assert events.delete(calendarId=calendar, eventId="appt0001").execute() == ""
    gone = events.get(calendarId=calendar, eventId="appt0001").execute()
    assert gone["status"] == "cancelled"
    again = events.delete(calendarId=calendar, eventId="appt0001")
    assert refusal(again.execute) == (410, "deleted")
    assert events.list(calendarId=calendar).execute()["items"] == []


def test_refusals(google: Any, sandbox: SandboxProcess, calendar: str) -> None:
    events = google.events()

    def insert(body: dict[str, Any], name: str = calendar) -> tuple[int, str]:
        return refusal(events.insert(calendarId=name, body=body).execute)

    events.insert(calendarId=calendar, body=timed("10:00", "11:00", id="appt0001")).execute()
    assert insert(timed("10:00", "11:00", id="appt0001")) == (409, "duplicate")
    assert insert(timed("10:00", "11:00", id="Appt-xyz")) == (400, "invalid")
    assert insert({"start": at("10:00")}) == (400, "required")
    assert insert(timed("11:00", "10:00")) == (400, "timeRangeEmpty")
    assert insert(timed("10:00", "11:00"), "nobody@example.com") == (404, "notFound")
    assert insert(timed("10:00", "11:00", recurrence=["RRULE:nonsense"])) == (400, "invalid")
    sandbox.calendar(calendar, accessRole="reader")
    assert insert(timed("10:00", "11:00")) == (403, "requiredAccessLevel")
    for parameters in (
        {"timeMin": "2026-11-23T10:00:00"},
        {"orderBy": "startTime"},
        {"pageToken": "unknown"},
    ):
        listing = events.list(calendarId=calendar, **parameters)
        assert refusal(listing.execute) == (400, "invalid")
    window = {"timeMin": "2026-11-24T00:00:00Z", "timeMax": "2026-11-23T00:00:00Z"}
    listing = events.list(calendarId=calendar, **window)
    assert refusal(listing.execute) == (400, "timeRangeEmpty")


def test_a_stale_etag_is_refused(google: Any, calendar: str) -> None:
    events = google.events()
    made = events.insert(calendarId=calendar, body=timed("10:00", "11:00")).execute()
    for method in (events.patch, events.delete):
        more = {} if method == events.delete else {"body": {"summary": "x"}}
        request = method(calendarId=calendar, eventId=made["id"], **more)
        request.headers["If-Match"] = '"1"'
        assert refusal(request.execute) == (412, "conditionNotMet")
    request = events.patch(calendarId=calendar, eventId=made["id"], body={"summary": "y"})
    request.headers["If-Match"] = made["etag"]
    assert request.execute()["summary"] == "y"


def test_windows_are_half_open_and_ordered(google: Any, calendar: str) -> None:
    for start, end in (("12:00", "13:00"), ("09:00", "10:00"), ("10:00", "11:00")):
        body = timed(start, end, summary=start)
        google.events().insert(calendarId=calendar, body=body).execute()
    day = {"summary": "feriado", "start": {"date": MONDAY}, "end": {"date": "2026-11-24"}}
    google.events().insert(calendarId=calendar, body=day).execute()

    def seen(low: str, high: str) -> list[str]:
        window = {"timeMin": f"{MONDAY}T{low}:00-03:00", "timeMax": f"{MONDAY}T{high}:00-03:00"}
        answer = google.events().list(
            calendarId=calendar, singleEvents=True, orderBy="startTime", **window
        )
        return [one["summary"] for one in answer.execute()["items"]]

    assert seen("10:00", "12:00") == ["feriado", "10:00"]
    assert seen("09:59", "12:01") == ["feriado", "09:00", "10:00", "12:00"]


def test_pages_end_with_a_sync_token_and_changes_follow(google: Any, calendar: str) -> None:
    events = google.events()
    for number in range(5):
        events.insert(
            calendarId=calendar, body=timed("10:00", "11:00", id=f"appt{number}")
        ).execute()
    request, pages, found = events.list(calendarId=calendar, maxResults=2), 0, []
    while request is not None:
        answer = request.execute()
        pages += 1
        found += [one["id"] for one in answer["items"]]
        assert ("nextSyncToken" in answer) is (pages == 3)
        request = events.list_next(request, answer)
    assert found == [f"appt{number}" for number in range(5)]
    token = answer["nextSyncToken"]
    events.delete(calendarId=calendar, eventId="appt1").execute()
    events.patch(calendarId=calendar, eventId="appt3", body={"summary": "x"}).execute()
    changes = events.list(calendarId=calendar, syncToken=token).execute()
    assert [(one["id"], one["status"]) for one in changes["items"]] == [
        ("appt1", "cancelled"),
        ("appt3", "confirmed"),
    ]
    later = events.list(calendarId=calendar, syncToken=changes["nextSyncToken"]).execute()
    assert later["items"] == []


def test_an_expired_sync_token_is_410(google: Any, sandbox: SandboxProcess, calendar: str) -> None:
    events = google.events()
    token = events.list(calendarId=calendar).execute()["nextSyncToken"]
    with_window = events.list(
        calendarId=calendar, syncToken=token, timeMin=f"{MONDAY}T00:00:00-03:00"
    )
    assert refusal(with_window.execute) == (400, "invalid")
    sandbox.expire_sync_tokens(calendar)
    for old in (token, "nonsense"):
        listing = events.list(calendarId=calendar, syncToken=old)
        assert refusal(listing.execute) == (410, "fullSyncRequired")


def test_series_are_expanded_with_their_exceptions(google: Any, calendar: str) -> None:
    events = google.events()
    weekly = timed("10:00", "11:00", id="serie1", recurrence=["RRULE:FREQ=WEEKLY;BYDAY=MO,WE"])
    events.insert(calendarId=calendar, body=weekly).execute()
    daily = {
        "id": "dia0001",
        "start": {"date": MONDAY},
        "end": {"date": "2026-11-24"},
        "recurrence": ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261124"],
    }
    events.insert(calendarId=calendar, body=daily).execute()
    window = {"timeMin": f"{MONDAY}T00:00:00-03:00", "timeMax": "2026-11-30T00:00:00-03:00"}

    def seen() -> list[str]:
        answer = events.list(calendarId=calendar, singleEvents=True, orderBy="startTime", **window)
        return [one["id"] for one in answer.execute()["items"]]

    first, second = "serie1_20261123T130000Z", "serie1_20261125T130000Z"
    assert seen() == ["dia0001_20261123", first, "dia0001_20261125", second]
    moved = {"start": at("15:00"), "end": at("16:00")}
    events.patch(calendarId=calendar, eventId=second, body=moved).execute()
    events.delete(calendarId=calendar, eventId=first).execute()
    assert seen() == ["dia0001_20261123", second, "dia0001_20261125"]
    got = events.get(calendarId=calendar, eventId=second).execute()
    assert got["recurringEventId"] == "serie1"
    assert got["originalStartTime"]["dateTime"] == "2026-11-25T10:00:00-03:00"
    unknown = events.get(calendarId=calendar, eventId="serie1_20261124T130000Z")
    assert refusal(unknown.execute) == (404, "notFound")
    whole = events.list(calendarId=calendar, **window).execute()["items"]
    assert {"serie1", "dia0001"} <= {one["id"] for one in whole}


def test_busy_spans_are_merged_and_transparent_ones_left_out(google: Any, calendar: str) -> None:
    for start, end, more in (
        ("09:00", "10:00", {}),
        ("09:30", "10:30", {}),
        ("12:00", "13:00", {"transparency": "transparent"}),
    ):
        google.events().insert(calendarId=calendar, body=timed(start, end, **more)).execute()
    body = {
        "timeMin": f"{MONDAY}T00:00:00-03:00",
        "timeMax": f"{MONDAY}T23:00:00-03:00",
        "items": [{"id": calendar}, {"id": "nobody@example.com"}],
    }
    answer = google.freebusy().query(body=body).execute()["calendars"]
    assert answer[calendar]["busy"] == [
        {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T13:30:00Z"}
    ]
    assert answer["nobody@example.com"]["errors"][0]["reason"] == "notFound"


def test_a_channel_is_told_of_changes_until_it_is_stopped(
    google: Any, receiver: Receiver, calendar: str
) -> None:
    channel = {"id": f"channel-{calendar}", "type": "web_hook", "token": "secret-token"}
    channel["address"] = receiver.url.replace("whatsapp/meta", "google-calendar")
    watch = google.events().watch(calendarId=calendar, body=channel)
    answer = watch.execute()
    assert refusal(google.events().watch(calendarId=calendar, body=channel).execute) == (
        400,
        "channelIdNotUnique",
    )
    assert int(answer["expiration"]) > 1_700_000_000_000

    def ours(one: Received) -> bool:
        return (
            one.headers.get("X-Goog-Channel-Id", one.headers.get("X-Goog-Channel-ID"))
            == (channel["id"])
        )

    def state() -> tuple[str, str, bytes]:
        got = receiver.next(ours)
        headers = {name.lower(): value for name, value in got.headers.items()}
        assert headers["x-goog-resource-id"] == answer["resourceId"]
        assert headers["x-goog-channel-token"] == "secret-token"
        return headers["x-goog-resource-state"], headers["x-goog-message-number"], got.raw

    assert state() == ("sync", "1", b"")
    google.events().insert(calendarId=calendar, body=timed("10:00", "11:00")).execute()
    assert state() == ("exists", "2", b"")
    stop = {"id": channel["id"], "resourceId": answer["resourceId"]}
    google.channels().stop(body=stop).execute()
    assert refusal(google.channels().stop(body=stop).execute) == (404, "notFound")


def test_calendars_are_listed(google: Any, calendar: str) -> None:
    entries = {one["id"]: one for one in google.calendarList().list().execute()["items"]}
    assert entries[calendar]["summary"] == "Dra. Ruiz"
    assert google.calendars().get(calendarId=calendar).execute()["timeZone"] == ZONE
    assert google.calendarList().get(calendarId=calendar).execute()["accessRole"] == "owner"


def test_tokens(sandbox: SandboxProcess) -> None:
    answer = httpx.post(sandbox.token_url, data={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    answer = httpx.post(sandbox.token_url, data={"grant_type": grant, "assertion": "a.b"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    answer = httpx.get(sandbox.calendar_url + "users/me/calendarList")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (
        401,
        "authError",
    )


def test_faults_hit_the_product_and_spare_the_page(
    google: Any, sandbox: SandboxProcess, calendar: str
) -> None:
    google.events().list(calendarId=calendar).execute()
    sandbox.fault("google", status=403, times=2)
    assert sandbox.events(calendar) == []
    listing = google.events().list(calendarId=calendar)
    assert refusal(listing.execute) == (403, "rateLimitExceeded")
    assert listing.execute(num_retries=1)["items"] == []
    sandbox.fault("google", drop=True, times=3)
    with pytest.raises((OSError, httplib2.error.HttpLib2Error, ConnectionError)):
        google.events().list(calendarId=calendar).execute()


def test_the_clients_levers(sandbox: SandboxProcess, google: Any, calendar: str) -> None:
    event = sandbox.add_event(calendar, "Congreso", "2026-11-26", "2026-11-28")
    sandbox.change_event(calendar, event["id"], transparency="transparent")
    seen = google.events().list(calendarId=calendar).execute()["items"]
    assert [(one["summary"], one["transparency"]) for one in seen] == [("Congreso", "transparent")]
    sandbox.delete_event(calendar, event["id"])
    assert sandbox.events(calendar) == []
