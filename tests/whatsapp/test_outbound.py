"""Sending to a really started sandbox: in order, once, and with certainty about what happened."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from clinics.services.intake import identify_sender
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock, relay
from dentalogic.core.errors import RetryLater
from dentalogic.core.tenancy import clinic_scope, no_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.whatsapp.conftest import owed
from whatsapp import delivery, threads
from whatsapp.models import Author, Conversation, DeliveryStatus, Message
from whatsapp.outbound import send
from whatsapp.providers import meta


@pytest.fixture(scope="module")
def sandbox_process() -> Iterator[SandboxProcess]:
    # Nobody listens to its webhooks: reports are made by the tests.
    with SandboxProcess(
        webhook_url="http://127.0.0.1:1/", app_secret="s", SANDBOX_RETRY_LIMIT="1"
    ) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Any) -> Iterator[SandboxProcess]:
    settings.WHATSAPP_GRAPH_URL = sandbox_process.graph_url
    yield sandbox_process
    sandbox_process.clear_faults()
    # A connection to this sandbox must not outlive it.
    meta._client().close()
    meta._client.cache_clear()


@pytest.fixture
def conversation(throwaway: Clinic, sandbox: SandboxProcess, sender: str) -> Iterator[Conversation]:
    with no_scope():
        line = Line.objects.get(clinic=throwaway)
    sandbox.line(line.external_id, line.phone)
    sandbox.say(sender, "Hola", to=line.external_id, wait=False)
    with clinic_scope(throwaway):
        with transaction.atomic():
            identity = identify_sender(raw_id=sender, phone=sender, send_to=sender)
            conversation = threads.open_conversation(identity, line.pk)
            conversation.last_inbound_at = clock.real_now()
            conversation.save()
        yield conversation


def queue(conversation: Conversation, *texts: str) -> list[Message]:
    with transaction.atomic():
        locked = Conversation.objects.for_update().get(pk=conversation.pk)
        return [threads.add_outgoing(locked, text, author=Author.AGENT) for text in texts]


def try_to_send(message: Message) -> timedelta | None:
    """Send as the relay does; the pause that was asked for, if any."""
    try:
        send(str(message.pk))
    except RetryLater as later:
        return later.after
    finally:
        message.refresh_from_db()
    return None


def arrived(sandbox: SandboxProcess, conversation: Conversation) -> list[str]:
    line = Line.objects.get(pk=conversation.line_id)
    user = conversation.identity.send_to
    return [one["text"] for one in sandbox.outbox(user, line=line.external_id)]


def report(message: Message, status: str, provider_id: str = "wamid.reported") -> None:
    with transaction.atomic():
        delivery.report(provider_id=provider_id, message_id=str(message.pk), status=status)


def minutes_pass(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(
        attempted_at=clock.real_now() - timedelta(minutes=2)
    )


def test_a_message_is_sent_once_with_its_reference(
    sandbox: SandboxProcess, conversation: Conversation
) -> None:
    [message] = queue(conversation, "Te espero el martes")
    assert try_to_send(message) is None
    assert message.status == DeliveryStatus.SENT
    assert message.provider_id is not None
    assert try_to_send(message) is None
    line = Line.objects.get(pk=conversation.line_id)
    [bubble] = sandbox.outbox(conversation.identity.send_to, line=line.external_id)
    assert (bubble["text"], bubble["id"]) == ("Te espero el martes", message.provider_id)
    assert bubble["callback_data"] == str(message.pk)
    assert message.attempts == 1


def test_messages_go_out_in_their_order(
    throwaway: Clinic, sandbox: SandboxProcess, conversation: Conversation
) -> None:
    first, second = queue(conversation, "uno", "dos")
    assert try_to_send(second) is not None
    assert second.status == DeliveryStatus.QUEUED
    assert arrived(sandbox, conversation) == []
    assert try_to_send(first) is None
    assert try_to_send(second) is None
    assert arrived(sandbox, conversation) == ["uno", "dos"]


def test_the_relay_sends_a_whole_queue(
    throwaway: Clinic, sandbox: SandboxProcess, conversation: Conversation
) -> None:
    queue(conversation, "uno", "dos", "tres")
    relay.drain(sinks=("whatsapp",))
    assert arrived(sandbox, conversation) == ["uno", "dos", "tres"]
    assert owed(throwaway, "message.queued") == 0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_failure_is_tried_again(
    sandbox: SandboxProcess, conversation: Conversation, status: int
) -> None:
    [message] = queue(conversation, "uno")
    sandbox.fault("whatsapp", status=status, times=1, retry_after=7)
    assert try_to_send(message) == timedelta(seconds=7)
    assert message.status == DeliveryStatus.QUEUED
    assert arrived(sandbox, conversation) == []
    assert try_to_send(message) is None
    assert arrived(sandbox, conversation) == ["uno"]


def test_nobody_at_the_other_end_is_tried_again(conversation: Conversation, settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.WHATSAPP_GRAPH_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/graph"
    [message] = queue(conversation, "uno")
    assert try_to_send(message) == timedelta(seconds=1)
    assert message.status == DeliveryStatus.QUEUED
    assert try_to_send(message) == timedelta(seconds=2)


def test_a_rate_limit_of_the_line_passes(
    sandbox: SandboxProcess, conversation: Conversation
) -> None:
    line = Line.objects.get(pk=conversation.line_id)
    sandbox.line(line.external_id, line.phone, messages_per_second=1)
    first, second = queue(conversation, "uno", "dos")
    assert try_to_send(first) is None
    assert try_to_send(second) is not None
    assert second.status == DeliveryStatus.QUEUED


def test_a_bad_token_fails_for_good(
    sandbox: SandboxProcess, conversation: Conversation, settings: Any
) -> None:
    settings.WHATSAPP_ACCESS_TOKEN = "expired"
    [message] = queue(conversation, "uno")
    assert try_to_send(message) is None
    assert (message.status, message.error) == (DeliveryStatus.FAILED, "meta_190")
    assert try_to_send(message) is None
    assert message.attempts == 1


def test_the_line_s_own_token_is_used(
    sandbox: SandboxProcess, conversation: Conversation, settings: Any
) -> None:
    line = Line.objects.get(pk=conversation.line_id)
    sandbox.line(line.external_id, line.phone, access_token="of-the-line")
    line.access_token = "of-the-line"
    line.save()
    [message] = queue(conversation, "uno")
    assert try_to_send(message) is None
    assert message.status == DeliveryStatus.SENT


@pytest.mark.parametrize(
    ("change", "error"),
    [({"reachable": False}, "meta_131030"), ({"window_open": False}, "meta_131047")],
)
def test_what_whatsapp_refuses_fails_with_its_code(
    sandbox: SandboxProcess, conversation: Conversation, change: dict[str, bool], error: str
) -> None:
    line = Line.objects.get(pk=conversation.line_id)
    sandbox.user(conversation.identity.send_to, line=line.external_id, **change)
    first, second = queue(conversation, "uno", "dos")
    assert try_to_send(first) is None
    assert (first.status, first.error) == (DeliveryStatus.FAILED, error)
    # The one behind it waits no longer.
    assert try_to_send(second) is None


def test_an_unknown_line_at_meta_fails(sandbox: SandboxProcess, conversation: Conversation) -> None:
    Line.objects.filter(pk=conversation.line_id).update(external_id=str(uuid.uuid4().int)[:15])
    [message] = queue(conversation, "uno")
    assert try_to_send(message) is None
    assert (message.status, message.error) == (DeliveryStatus.FAILED, "meta_100")


def test_outside_of_the_window_nothing_is_tried(
    sandbox: SandboxProcess, conversation: Conversation
) -> None:
    Conversation.objects.update(last_inbound_at=clock.real_now() - timedelta(hours=24, seconds=1))
    [message] = queue(conversation, "uno")
    assert try_to_send(message) is None
    assert (message.status, message.error) == (DeliveryStatus.FAILED, "outside_window")
    assert arrived(sandbox, conversation) == []


@pytest.mark.parametrize("fault", [{"drop": True, "after": True}, {"garbage": True, "after": True}])
def test_what_was_maybe_sent_is_settled_by_a_report(
    sandbox: SandboxProcess, conversation: Conversation, fault: dict[str, bool]
) -> None:
    first, second = queue(conversation, "uno", "dos")
    sandbox.fault("whatsapp", times=1, path="/messages", **fault)
    assert try_to_send(first) == timedelta(minutes=1)
    assert first.status == DeliveryStatus.MAYBE_SENT
    assert try_to_send(second) is not None
    assert second.status == DeliveryStatus.QUEUED
    assert try_to_send(first) is not None
    assert arrived(sandbox, conversation) == ["uno"]
    report(first, "delivered")
    minutes_pass(first)
    assert try_to_send(first) is None
    assert (first.status, first.provider_id) == (DeliveryStatus.DELIVERED, "wamid.reported")
    assert try_to_send(second) is None
    assert arrived(sandbox, conversation) == ["uno", "dos"]


def test_without_a_report_it_is_repeated_after_a_minute(
    sandbox: SandboxProcess, conversation: Conversation
) -> None:
    [message] = queue(conversation, "uno")
    sandbox.fault("whatsapp", drop=True, times=1)
    assert try_to_send(message) == timedelta(minutes=1)
    assert arrived(sandbox, conversation) == []
    minutes_pass(message)
    assert try_to_send(message) is None
    assert (message.status, message.attempts) == (DeliveryStatus.SENT, 2)
    assert arrived(sandbox, conversation) == ["uno"]


def test_it_is_not_repeated_for_ever(sandbox: SandboxProcess, conversation: Conversation) -> None:
    [message] = queue(conversation, "uno")
    Message.objects.filter(pk=message.pk).update(status="maybe_sent", attempts=5)
    minutes_pass(message)
    assert try_to_send(message) is None
    assert (message.status, message.error) == (DeliveryStatus.FAILED, "no_report")
    assert arrived(sandbox, conversation) == []


def test_a_worker_that_died_while_sending_leaves_a_doubt(
    sandbox: SandboxProcess, conversation: Conversation
) -> None:
    [message] = queue(conversation, "uno")
    Message.objects.filter(pk=message.pk).update(
        status="sending", attempts=1, attempted_at=clock.real_now()
    )
    pause = try_to_send(message)
    assert pause is not None
    assert pause <= timedelta(seconds=25)
    assert message.status == DeliveryStatus.SENDING
    Message.objects.filter(pk=message.pk).update(
        attempted_at=clock.real_now() - timedelta(seconds=30)
    )
    assert try_to_send(message) is not None
    assert message.status == DeliveryStatus.MAYBE_SENT
    assert arrived(sandbox, conversation) == []


def test_a_report_that_is_faster_than_our_record_stands(
    sandbox: SandboxProcess, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message] = queue(conversation, "uno")

    def reported_meanwhile(*_: Any, **__: Any) -> str:
        report(message, "read", "wamid.same")
        return "wamid.same"

    monkeypatch.setattr("whatsapp.providers.meta.send_text", reported_meanwhile)
    assert try_to_send(message) is None
    assert (message.status, message.provider_id) == (DeliveryStatus.READ, "wamid.same")
