"""What may come in, and that a refusal leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connection

from clinics.tenancy.models import Clinic, Line
from dentalogic.core.tenancy import no_scope
from tests.whatsapp.conftest import (
    OLD_SECRET,
    PATH,
    change,
    headers,
    items,
    number_of,
    owed,
    post,
    post_one,
    quarantined,
    serve,
    text_message,
    webhook,
)
from whatsapp import counters, keeping, seen
from whatsapp.ingress import meta_webhook

THREE_MB = 3 * 1024 * 1024

pytestmark = pytest.mark.usefixtures("no_quarantine")


def nothing_written(clinic: Clinic) -> bool:
    return not items(clinic) and not owed(clinic, "inbox.received") and not quarantined()


def test_a_message_is_stored_and_owed_once(throwaway: Clinic) -> None:
    message = text_message("Buenas")
    answer = post_one(webhook(change(number_of(throwaway), message)))
    assert (answer.status_code, answer.content) == (200, b"")
    [item] = items(throwaway)
    assert (item.kind, item.item_id, item.provider) == ("message", message["id"], "meta")
    assert item.body["message"] == message
    assert item.body["contact"]["profile"] == {"name": "Ana"}
    assert owed(throwaway, "inbox.received") == 1
    assert quarantined() == []


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        "md5",
        "sha256=" + "g" * 64,
        "sha256=é",
    ],
)
def test_a_wrong_signature_writes_nothing(throwaway: Clinic, signature: str | None) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))
    given = {} if signature is None else {b"X-Hub-Signature-256": signature.encode()}
    [answer] = [serve(lambda client: client.post(PATH, content=raw, headers=given))]
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:dentalogic:problem:bad-signature"
    assert nothing_written(throwaway)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_an_unsigned_unreadable_body_writes_nothing(throwaway: Clinic, raw: bytes) -> None:
    assert post_one(raw, secret="somebody-else").status_code == 401
    assert nothing_written(throwaway)


def test_the_body_that_was_signed_is_the_one_that_counts(throwaway: Clinic) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))
    answer = serve(lambda client: client.post(PATH, content=raw + b" ", headers=headers(raw)))
    assert answer.status_code == 401
    assert nothing_written(throwaway)


def test_both_secrets_hold_during_a_rotation(throwaway: Clinic, settings: Any) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))
    assert post_one(raw, secret=OLD_SECRET).status_code == 200
    settings.WHATSAPP_APP_SECRETS = settings.WHATSAPP_APP_SECRETS[:1]
    late = webhook(change(number_of(throwaway), text_message()))
    assert post_one(late, secret=OLD_SECRET).status_code == 401
    assert len(items(throwaway)) == 1


def test_a_line_with_a_secret_of_its_own_takes_no_other(throwaway: Clinic) -> None:
    with no_scope():
        line = Line.objects.get(clinic=throwaway)
        line.app_secret = "a-secret-of-the-line"
        line.save()
    raw = webhook(change(line.external_id, text_message()))
    assert post_one(raw).status_code == 401
    assert nothing_written(throwaway)
    assert post_one(raw, secret="a-secret-of-the-line").status_code == 200
    assert len(items(throwaway)) == 1


def test_a_line_s_secret_vouches_for_that_line_alone(new_clinic: Callable[..., Clinic]) -> None:
    own, other = new_clinic(), new_clinic()
    with no_scope():
        line = Line.objects.get(clinic=own)
        line.app_secret = "a-secret-of-the-line"
        line.save()
    raw = webhook(
        change(line.external_id, text_message()),
        change(number_of(other), text_message()),
        change("999000000000000", text_message()),
    )
    before = counters.counted["refused_item"]
    assert post_one(raw, secret="a-secret-of-the-line").status_code == 200
    assert len(items(own)) == 1
    assert nothing_written(other)
    assert counters.counted["refused_item"] - before == 2
    # And the deployment's secret stores the others, not that line's.
    assert post_one(raw).status_code == 200
    assert (len(items(own)), len(items(other))) == (1, 1)
    assert [one.reason for one in quarantined()] == ["unknown_number"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "not_json"),
        (b"", "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"{}", "unknown_shape"),
        (b'{"object":"page","entry":[{}]}', "unknown_shape"),
        (b'{"object":"whatsapp_business_account","entry":{}}', "unknown_shape"),
        (b'{"object":"whatsapp_business_account","entry":[7]}', "unknown_shape"),
        (b'{"object":"whatsapp_business_account","entry":[{"changes":[null]}]}', "unknown_shape"),
        (
            b'{"object":"whatsapp_business_account","entry":[{"changes":[{"value":'
            b'{"metadata":{"phone_number_id":"1"},"messages":"x"}}]}]}',
            "unknown_shape",
        ),
    ],
)
def test_signed_but_unreadable_is_kept_apart_once(
    throwaway: Clinic, raw: bytes, reason: str
) -> None:
    assert [answer.status_code for answer in post(raw, times=3)] == [200, 200, 200]
    [kept] = quarantined()
    assert kept.reason == reason
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM quarantine WHERE id = %s", [kept.pk])
        stored = cursor.fetchone()[0]
    assert stored != kept.body
    assert stored.startswith("gAAAA")
    assert items(throwaway) == []


def test_a_number_nobody_owns_is_quarantined_and_counted(
    throwaway: Clinic, capfd: pytest.CaptureFixture[str]
) -> None:
    before = counters.counted["unknown_number"]
    raw = webhook(change("999000000000001", text_message("secreto", sender="5491169998888")))
    assert post_one(raw).status_code == 200
    [kept] = quarantined()
    assert (kept.reason, kept.external_id) == ("unknown_number", "999000000000001")
    assert json.loads(kept.body)["body"]["message"]["text"] == {"body": "secreto"}
    assert counters.counted["unknown_number"] - before == 1
    logged = "".join(capfd.readouterr())
    assert "secreto" not in logged
    assert "5491169998888" not in logged
    assert items(throwaway) == []


def test_a_switched_off_line_is_nobody_s(throwaway: Clinic) -> None:
    with no_scope():
        Line.objects.filter(clinic=throwaway).update(is_active=False)
    assert post_one(webhook(change(number_of(throwaway), text_message()))).status_code == 200
    assert items(throwaway) == []
    assert [one.reason for one in quarantined()] == ["unknown_number"]


def test_a_body_is_refused_by_its_announced_length_before_it_is_read() -> None:
    async def receive() -> Any:
        raise AssertionError("the body was read")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": PATH}
    asyncio.run(
        meta_webhook(
            scope | {"headers": [(b"content-length", b"%d" % (THREE_MB + 1))]}, receive, send
        )
    )
    assert sent[0]["status"] == 413


def test_a_body_of_unknown_length_is_refused_while_it_streams(throwaway: Clinic) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(64):
            read += 1
            yield b"x" * 65_536

    given = headers(b"x")
    answer = serve(lambda client: client.post(PATH, content=body(), headers=given))
    assert answer.status_code == 413
    assert nothing_written(throwaway)


def test_three_megabytes_exactly_are_taken(throwaway: Clinic) -> None:
    message = text_message()
    size = len(webhook(change(number_of(throwaway), message)))
    message["text"]["body"] = "Hola" + "x" * (THREE_MB - size)
    raw = webhook(change(number_of(throwaway), message))
    assert len(raw) == THREE_MB
    assert post_one(raw).status_code == 200
    assert len(items(throwaway)) == 1


def test_a_repeat_costs_no_database(throwaway: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = webhook(change(number_of(throwaway), text_message(), text_message()))

    async def talk(client: httpx.AsyncClient) -> list[int]:
        first = await client.post(PATH, content=raw, headers=headers(raw))
        return [first.status_code]

    assert serve(talk) == [200]  # closing waits for the cache to be written

    async def forbidden(*_: Any) -> None:
        raise AssertionError("a duplicate reached the database")

    monkeypatch.setattr(keeping.Lane, "_insert", forbidden)
    assert [answer.status_code for answer in post(raw, times=2)] == [200, 200]
    assert len(items(throwaway)) == 2


def test_without_the_cache_the_unique_key_holds(throwaway: Clinic, settings: Any) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))
    assert post_one(raw).status_code == 200
    settings.REDIS_PREFIX = f"{settings.REDIS_PREFIX}-flushed"
    assert post_one(raw).status_code == 200
    assert len(items(throwaway)) == 1


def test_the_same_webhook_many_times_at_once_is_one_item(throwaway: Clinic) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))
    assert {answer.status_code for answer in post(raw, times=20)} == {200}
    assert len(items(throwaway)) == 1


def test_the_cache_is_written_only_after_the_commit(
    throwaway: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = webhook(change(number_of(throwaway), text_message()))

    async def away(*_: Any) -> None:
        raise psycopg.OperationalError("the server went away")

    with monkeypatch.context() as broken:
        broken.setattr(keeping.Lane, "_insert", away)
        answer = post_one(raw)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert nothing_written(throwaway)
    assert post_one(raw).status_code == 200
    assert len(items(throwaway)) == 1


def test_without_redis_nothing_is_lost_and_little_time(throwaway: Clinic, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    number = number_of(throwaway)

    async def talk(client: httpx.AsyncClient) -> float:
        began = asyncio.get_running_loop().time()
        for _ in range(20):
            raw = webhook(change(number, text_message()))
            answer = await client.post(PATH, content=raw, headers=headers(raw))
            assert answer.status_code == 200
        return asyncio.get_running_loop().time() - began

    assert serve(talk) < 3 * seen.TIMEOUT_SECONDS + 2
    assert len(items(throwaway)) == 20


def test_several_clinics_share_a_webhook(new_clinic: Callable[..., Clinic]) -> None:
    first, second = new_clinic(), new_clinic()
    raw = webhook(
        change(number_of(first), text_message("uno"), text_message("dos")),
        change(number_of(second), text_message("tres")),
        change(number_of(first), statuses=[{"id": "wamid.1", "status": "sent"}]),
    )
    assert post_one(raw).status_code == 200
    assert [one.kind for one in items(first)] == ["message", "message", "status"]
    assert [one.body["message"]["text"]["body"] for one in items(first)[:2]] == ["uno", "dos"]
    assert [one.body["message"]["text"]["body"] for one in items(second)] == ["tres"]
    assert (owed(first, "inbox.received"), owed(second, "inbox.received")) == (1, 1)


def test_a_poisoned_item_leaves_its_neighbours_alone(throwaway: Clinic) -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    raw = webhook(
        change(
            number_of(throwaway),
            text_message("antes"),
            text_message("nul\0o"),
            17,
            None,
            {"type": "text"},
            text_message(id="x" * 500),
            text_message(context=deep),
            text_message("después"),
        ),
        "no change",
    )
    assert post_one(raw).status_code == 200
    kept = items(throwaway)
    assert [one.kind for one in kept] == [
        "message", "message", "unknown", "unknown", "unknown", "message", "message",
    ]  # fmt: skip
    assert kept[1].body["message"]["text"]["body"] == "nulo"
    assert kept[5].item_id.startswith("sha256:")
    assert {one.reason for one in quarantined()} == {"too_deep", "unknown_shape"}


def test_what_the_database_can_t_store_goes_to_the_quarantine_alone(
    throwaway: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    # U+0000 let through on purpose: the one value known to be JSON and not jsonb.
    monkeypatch.setattr("whatsapp.envelope._without_nul", lambda value: value)
    raw = webhook(
        change(number_of(throwaway), text_message("a"), text_message("\0"), text_message("b"))
    )
    assert post_one(raw).status_code == 200
    assert [one.body["message"]["text"]["body"] for one in items(throwaway)] == ["a", "b"]
    assert [one.reason for one in quarantined()] == ["unstorable"]


def test_meta_s_question_is_answered_to_who_knows_the_token() -> None:
    def ask(**query: str) -> httpx.Response:
        answer: httpx.Response = serve(lambda client: client.get(PATH, params=query))
        return answer

    good = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "118"}
    answer = ask(**good)
    assert (answer.status_code, answer.text) == (200, "118")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "no"}, {"hub.mode": "x"}, {"hub.challenge": ""}):
        assert ask(**(good | wrong)).status_code == 403
    assert ask().status_code == 403


def test_without_a_token_nobody_knows_it(settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = ""
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert serve(lambda client: client.get(PATH, params=query)).status_code == 403


def test_other_methods_are_refused() -> None:
    answer = serve(lambda client: client.put(PATH, content=b"x"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
